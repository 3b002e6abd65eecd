//! Requests to the API server, and what their failures mean.

use std::fmt::Debug;
use std::time::Duration;

use hearth_crd::{FailureCause, SparkApplication};
use kube::api::{DeleteParams, ObjectMeta, Patch, PatchParams, PostParams, Preconditions};
use kube::core::Status;
use kube::{Api, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::application::decision::SubmitFailure;
use crate::key::Key;
use crate::managed_fields::as_applied;
use crate::names::FIELD_MANAGER;

/// How long a request may take in all, its wait for a permit included.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server refused, or did not answer.
    #[error("{action}")]
    Request {
        /// What was asked for, as in `create pods pi-driver`.
        action: String,
        /// Its answer.
        source: Box<kube::Error>,
    },
    /// There was no answer in time.
    #[error("{action}: no answer within {} s", TIMEOUT.as_secs())]
    Timeout {
        /// What was asked for.
        action: String,
    },
    /// An object of this name is on its way out; its place will be free soon.
    #[error("{object} of an earlier application or submission is still being deleted")]
    BeingDeleted {
        /// Which.
        object: String,
    },
    /// An object of this name belongs to somebody else.
    #[error("{object} already exists, and does not belong to this application")]
    Foreign {
        /// Which.
        object: String,
    },
    /// The object changed since it was read.
    #[error("{object} has changed meanwhile")]
    Conflict {
        /// Which.
        object: String,
    },
    /// No certificates could be made.
    #[error("make the certificates")]
    Certificates(#[from] hearth_rpc::CertificateError),
    /// The cache holds something that does not parse.
    #[error("read the cache")]
    Cache(#[from] crate::cache::ParseError),
}

/// The result of a request.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Why the application cannot be submitted, if trying again soon does not help.
    pub fn refusal(&self) -> Option<SubmitFailure> {
        let message = || hearth_types::error_chain(self);
        match self {
            Self::Request { source, action } => {
                let kube::Error::Api(status) = &**source else { return None };
                let is_final = matches!(status.code, 400 | 403 | 404 | 405 | 413 | 422);
                let is_quota = status.code == 403 && status.message.contains("exceeded quota");
                let cause = if is_quota { FailureCause::QuotaExceeded } else { FailureCause::Submission };
                is_final.then(|| SubmitFailure { cause, message: format!("{action}: {}", status.message) })
            }
            Self::Foreign { .. } => {
                Some(SubmitFailure { cause: FailureCause::Submission, message: message() })
            }
            Self::Timeout { .. }
            | Self::BeingDeleted { .. }
            | Self::Conflict { .. }
            | Self::Certificates(_) => None,
            Self::Cache(_) => None,
        }
    }

    /// Whether a service account is not there; in a new namespace it may come in a moment.
    pub fn is_missing_account(&self) -> bool {
        self.answer().is_some_and(|status| {
            status.code == 403
                && status.message.contains("error looking up service account")
                && status.message.contains("not found")
        })
    }

    /// Whether waiting a moment is all that is needed; it is no news for anybody then.
    pub fn is_expected(&self) -> bool {
        matches!(self, Self::BeingDeleted { .. } | Self::Conflict { .. }) || self.is_missing_account()
    }

    /// What the API server said.
    fn answer(&self) -> Option<&Status> {
        let Self::Request { source, .. } = self else { return None };
        let kube::Error::Api(status) = &**source else { return None };
        Some(status)
    }

    fn code(&self) -> Option<u16> {
        self.answer().map(|status| status.code)
    }

    /// Whether there is no such object.
    pub fn is_not_found(&self) -> bool {
        self.code() == Some(404)
    }

    /// Whether an object of this name exists, or another version of it than was read.
    pub fn is_conflict(&self) -> bool {
        self.code() == Some(409) || matches!(self, Self::Conflict { .. })
    }
}

/// Sends a request. `action` says what it is about.
pub async fn request<T>(
    action: impl Fn() -> String,
    request: impl Future<Output = kube::Result<T>>,
) -> Result<T> {
    match tokio::time::timeout(TIMEOUT, request).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(source)) => Err(Error::Request { action: action(), source: Box::new(source) }),
        Err(_) => Err(Error::Timeout { action: action() }),
    }
}

/// Who made an object, and for what.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The kind of the owner.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its identity.
    pub uid: &'a str,
}

/// Whose an object is that has the name of one that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The owner's.
    Ours,
    /// Of an owner of the same name that is gone: the garbage collector will take it, or it is being deleted.
    Leaving,
    /// Somebody else's.
    Foreign,
}

impl<'a> Owner<'a> {
    /// An application.
    pub fn of_application(key: &'a Key, application: &'a SparkApplication) -> Self {
        let uid = application.metadata.uid.as_deref().unwrap_or_default();
        Self { kind: hearth_crd::KIND, name: key.name(), uid }
    }
}

impl Owner<'_> {
    /// Whose an object is.
    pub fn of(&self, metadata: &ObjectMeta) -> Ownership {
        if metadata.deletion_timestamp.is_some() {
            return Ownership::Leaving;
        }
        let owners = || metadata.owner_references.iter().flatten();
        if owners().any(|owner| owner.uid == self.uid) {
            Ownership::Ours
        } else if owners().any(|owner| owner.kind == self.kind && owner.name == self.name) {
            Ownership::Leaving
        } else {
            Ownership::Foreign
        }
    }

    /// Lets what is ours pass, and says why not otherwise.
    pub fn check(&self, metadata: &ObjectMeta, object: impl Fn() -> String) -> Result<()> {
        match self.of(metadata) {
            Ownership::Ours => Ok(()),
            Ownership::Leaving => Err(Error::BeingDeleted { object: object() }),
            Ownership::Foreign => Err(Error::Foreign { object: object() }),
        }
    }
}

/// What [`ensure`] found.
#[derive(Debug)]
pub enum Ensured<K> {
    /// It was not there and has been made.
    Made(K),
    /// It was there, as another try or an earlier submission had made it.
    Found(K),
}

impl<K> Ensured<K> {
    /// The object.
    pub fn into_inner(self) -> K {
        match self {
            Self::Made(object) | Self::Found(object) => object,
        }
    }
}

/// Makes an object, or finds the one of the same owner. One request if it is not there, which is nearly always so.
pub async fn ensure<K>(
    api: &Api<K>,
    wanted: &K,
    owner: Owner<'_>,
    dynamic: &K::DynamicType,
) -> Result<Ensured<K>>
where
    K: Resource + Clone + Debug + Serialize + DeserializeOwned,
{
    let name = wanted.meta().name.as_deref().unwrap_or_default();
    let plural = K::plural(dynamic);
    let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
    match request(|| format!("create {plural} {name}"), api.create(&params, wanted)).await {
        Ok(made) => Ok(Ensured::Made(made)),
        Err(error) if error.is_conflict() => {
            let object = || format!("{plural} {name}");
            let found = request(|| format!("get {plural} {name}"), api.get_opt(name)).await?;
            // Gone since: the garbage collector has just taken what an application of this name had left.
            let Some(found) = found else { return Err(Error::BeingDeleted { object: object() }) };
            owner.check(found.meta(), object)?;
            Ok(Ensured::Found(found))
        }
        Err(error) => Err(error),
    }
}

/// Makes an object, or brings the one of the same owner into this form.
pub async fn ensure_as<K>(api: &Api<K>, wanted: &K, owner: Owner<'_>, dynamic: &K::DynamicType) -> Result<K>
where
    K: Resource + Clone + Debug + Serialize + DeserializeOwned,
{
    match ensure(api, wanted, owner, dynamic).await? {
        Ensured::Made(made) => Ok(made),
        Ensured::Found(found) => {
            own_fields(api, &found, dynamic).await?;
            apply(api, wanted, dynamic).await
        }
    }
}

/// Lets the next apply take away what was set when the object was made.
async fn own_fields<K>(api: &Api<K>, found: &K, dynamic: &K::DynamicType) -> Result<()>
where
    K: Resource + Clone + Debug + DeserializeOwned,
{
    let metadata = found.meta();
    let Some(fields) = as_applied(metadata) else { return Ok(()) };
    let name = metadata.name.as_deref().unwrap_or_default();
    let object = || format!("{} {name}", K::plural(dynamic));
    let patch =
        json!({ "metadata": { "resourceVersion": metadata.resource_version, "managedFields": fields } });
    let patch = Patch::Merge(&patch);
    match request(|| format!("patch {}", object()), api.patch(name, &PatchParams::default(), &patch)).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_conflict() => Err(Error::Conflict { object: object() }),
        Err(error) if error.is_not_found() => Err(Error::BeingDeleted { object: object() }),
        Err(error) => Err(error),
    }
}

/// Brings an object into this form, whoever set its fields before.
pub async fn apply<K>(api: &Api<K>, wanted: &K, dynamic: &K::DynamicType) -> Result<K>
where
    K: Resource + Clone + Debug + Serialize + DeserializeOwned,
{
    let name = wanted.meta().name.as_deref().unwrap_or_default();
    let params = PatchParams::apply(FIELD_MANAGER).force();
    let patch = Patch::Apply(wanted);
    request(|| format!("apply {} {name}", K::plural(dynamic)), api.patch(name, &params, &patch)).await
}

/// Deletes an object, if there is one of this name and it is the owner's.
pub async fn remove<K>(api: &Api<K>, name: &str, owner: Owner<'_>, dynamic: &K::DynamicType) -> Result<()>
where
    K: Resource + Clone + Debug + DeserializeOwned,
{
    let plural = K::plural(dynamic);
    let found = request(|| format!("get {plural} {name}"), api.get_metadata_opt(name)).await?;
    let Some(found) = found.filter(|found| owner.of(&found.metadata) == Ownership::Ours) else {
        return Ok(());
    };
    let params = DeleteParams {
        preconditions: Some(Preconditions { uid: found.metadata.uid, resource_version: None }),
        ..DeleteParams::background()
    };
    match request(|| format!("delete {plural} {name}"), api.delete(name, &params)).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_not_found() || error.is_conflict() => Ok(()),
        Err(error) => Err(error),
    }
}

/// A change of some fields.
pub async fn merge<K>(api: &Api<K>, name: &str, patch: &serde_json::Value) -> Result<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    request(|| format!("patch {} {name}", K::plural(&())), api.patch(name, &params, &Patch::Merge(patch)))
        .await
}
