//! Makes the objects of a submission.
//!
//! First what pods refer to, all at once; then the driver. Executors follow through the pool, without waiting for the driver.
//! Everything has a deterministic name and is made with POST, so that a second try finds what the first had made.

use std::fmt::Debug;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt, try_join_all};
use hearth_crd::{ExecutorPool, SparkApplication};
use jiff::Timestamp;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{Secret, Service};
use kube::api::{DeleteParams, DynamicObject, ObjectMeta, Preconditions};
use kube::{Api, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::build::{ApplicationObjects, Certificates, application_objects, port_of_ui};
use super::certificates;
use super::decide::{patience_left, settling};
use super::decision::{Note, SubmitFailure, WAITING};
use super::dereference;
use super::leftovers::{self, resource_of};
use super::submission::Submission;
use crate::api::{self, Ensured, Error, Owner, Ownership, Result, ensure, ensure_as, request};
use crate::cache::Watched;
use crate::context::Context;
use crate::key::Key;
use crate::names::{Names, SUBMISSION_ID_LABEL};
use crate::pods;

/// How long the service account of a new namespace may be missing.
const ACCOUNT_PATIENCE: Duration = Duration::from_secs(10);

/// The name of the UI's service, its address and its port.
pub type UiService = (String, String, i32);

/// What a submission came to.
#[derive(Debug)]
pub enum Submitted {
    /// The objects are there.
    Made {
        /// The service of the web UI, if there is one.
        ui_service: Option<UiService>,
        /// The name of its ingress and its address.
        ui_ingress: Option<(String, String)>,
    },
    /// They cannot be made.
    Failed(SubmitFailure),
}

/// Makes what is not there. An error means that it is to be tried again.
pub async fn submit(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    submission: &Submission,
) -> Result<Submitted> {
    match try_submit(ctx, key, application, submission).boxed().await {
        Ok((ui_service, ui_ingress)) => Ok(Submitted::Made { ui_service, ui_ingress }),
        Err(error) if error.is_missing_account() && may_lack_account(&application.metadata) => Err(error),
        Err(error) => match error.refusal() {
            Some(failure) => Ok(Submitted::Failed(failure)),
            None => {
                tell_what_is_in_the_way(ctx, key, application, &error);
                Err(error)
            }
        },
    }
}

/// What an earlier application or submission left may be held by a finalizer, or by a node that is gone.
fn tell_what_is_in_the_way(ctx: &Context, key: &Key, application: &SparkApplication, error: &Error) {
    if let Error::BeingDeleted { object } = error
        && patience_left(Timestamp::now(), application).is_none()
    {
        let message = format!("waiting until {object} of an earlier application or submission is gone");
        ctx.events.publish(key, &application.object_ref(&()), vec![Note::warning(WAITING, message)]);
    }
}

/// Whether an object is so young that the accounts of its namespace may still be to come.
pub fn may_lack_account(metadata: &ObjectMeta) -> bool {
    let created = metadata.creation_timestamp.as_ref();
    created.is_some_and(|created| settling(Timestamp::now(), created.0, ACCOUNT_PATIENCE).is_some())
}

async fn try_submit(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    submission: &Submission,
) -> Result<(Option<UiService>, Option<(String, String)>)> {
    let owner = Owner::of_application(key, application);
    let certificates = certificates_for(ctx, key, submission).await?;
    let is_reissued = matches!(certificates, Issued::Again(_));
    let pool = pool_of(ctx, key, application, submission)?;
    let settings = pool.as_ref().map(|pool| ctx.settings.build.of_submission(pool));
    let settings = settings.as_deref().unwrap_or(&ctx.settings.build);
    let objects = application_objects(application, submission, certificates.get(), settings);
    let making = Making { ctx, key, owner, submission };
    if is_edited(application, submission) {
        leftovers::delete_unwanted(ctx, key, application, &objects).await?;
    }
    let services = making.all(&objects, is_reissued).await?;
    making.driver(&objects).await?;
    Ok((ui_service(key, &services), ui_ingress(key, &objects)))
}

/// The pool of this submission, if an earlier try or an earlier driver has made it.
fn pool_of(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    submission: &Submission,
) -> Result<Option<ExecutorPool>> {
    let pool = dereference::pool(application, &ctx.cache.get(key))?;
    Ok(pool.filter(|pool| is_of_submission(pool, submission)))
}

fn is_of_submission(pool: &ExecutorPool, submission: &Submission) -> bool {
    let labels = pool.metadata.labels.as_ref();
    labels.and_then(|labels| labels.get(SUBMISSION_ID_LABEL)) == Some(&submission.id)
}

/// Whether this is the first run under a spec that has been edited after others.
fn is_edited(application: &SparkApplication, submission: &Submission) -> bool {
    let attempts = application.status.as_ref().and_then(|status| status.attempts.as_ref());
    submission.attempt == 1
        && submission.driver_epoch == 1
        && attempts.is_some_and(|attempts| !attempts.is_empty())
}

/// Certificates, and whether they are to replace those that are there.
enum Issued {
    First(Certificates),
    Again(Certificates),
}

impl Issued {
    fn get(&self) -> &Certificates {
        match self {
            Self::First(certificates) | Self::Again(certificates) => certificates,
        }
    }
}

/// The first driver of a submission has a new authority; those that follow find the secret.
async fn certificates_for(ctx: &Context, key: &Key, submission: &Submission) -> Result<Issued> {
    if submission.driver_epoch > 1 {
        let api: Api<Secret> = Api::namespaced(ctx.client.clone(), key.namespace());
        let name = Names::of(key.name()).secret();
        let secret = request(|| format!("get secret {name}"), api.get_opt(&name)).await?;
        if let Some(secret) = secret
            && let Some(certificates) = certificates::next_driver(submission, &secret)?
        {
            return Ok(Issued::Again(certificates));
        }
    }
    Ok(Issued::First(certificates::fresh(submission)?))
}

/// Makes objects for one submission.
#[derive(Clone, Copy)]
struct Making<'a> {
    ctx: &'a Context,
    key: &'a Key,
    owner: Owner<'a>,
    submission: &'a Submission,
}

impl<'a> Making<'a> {
    /// Everything but the driver. Answers with the services as they are.
    async fn all(self, objects: &'a ApplicationObjects, is_reissued: bool) -> Result<Vec<Service>> {
        let mut rest: Vec<BoxFuture<'a, Result<()>>> = Vec::new();
        if is_reissued {
            rest.push(async move { api::apply(&self.api(), &objects.secret, &()).await.map(drop) }.boxed());
        } else {
            rest.push(self.secret(&objects.secret).boxed());
        }
        rest.push(self.pool(&objects.pool).boxed());
        rest.extend(objects.ingresses.iter().map(|ingress| self.make(ingress)));
        rest.extend(objects.config_maps.iter().map(|config_map| self.make(config_map)));
        rest.extend(objects.account.iter().map(|account| self.make(account)));
        rest.push(self.rights(objects).boxed());
        rest.extend(objects.network_policy.iter().map(|policy| self.make(policy)));
        rest.extend(objects.disruption_budget.iter().map(|budget| self.make(budget)));
        rest.extend(objects.pod_groups.iter().map(|group| self.pod_group(group).boxed()));
        let services = objects.services.iter().map(|service| self.service(service));
        let (services, _) = futures::try_join!(try_join_all(services), try_join_all(rest))?;
        Ok(services)
    }

    fn api<K>(self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.ctx.client.clone(), self.key.namespace())
    }

    fn make<K>(self, wanted: &'a K) -> BoxFuture<'a, Result<()>>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + Serialize
            + DeserializeOwned
            + Send
            + Sync,
    {
        async move { ensure_as(&self.api(), wanted, self.owner, &()).await.map(drop) }.boxed()
    }

    /// One after the other: who is no administrator may bind a role only if it is there and gives nothing that they do not have.
    async fn rights(self, objects: &'a ApplicationObjects) -> Result<()> {
        if let Some(role) = &objects.role {
            self.make(role).await?;
        }
        if let Some(binding) = &objects.role_binding {
            self.make(binding).await?;
        }
        Ok(())
    }

    async fn service(self, wanted: &Service) -> Result<Service> {
        ensure_as(&self.api(), wanted, self.owner, &()).await
    }

    /// One that was made for this submission stays: its pods may have been started with it.
    async fn secret(self, wanted: &Secret) -> Result<()> {
        let api: Api<Secret> = self.api();
        match ensure(&api, wanted, self.owner, &()).await? {
            Ensured::Found(found) if !certificates::is_of(&found, self.submission) => {
                api::apply(&api, wanted, &()).await.map(drop)
            }
            Ensured::Found(_) | Ensured::Made(_) => Ok(()),
        }
    }

    /// One that was made for this submission stays: the driver may have scaled it.
    async fn pool(self, wanted: &ExecutorPool) -> Result<()> {
        let api: Api<ExecutorPool> = self.api();
        let pool = match ensure(&api, wanted, self.owner, &()).await? {
            Ensured::Made(pool) => pool,
            Ensured::Found(pool) => {
                if !is_of_submission(&pool, self.submission) {
                    delete_pool(self.ctx, self.key, &pool).await?;
                    return Err(Error::BeingDeleted { object: format!("executorpool {}", self.key.name()) });
                }
                pool
            }
        };
        self.ctx.cache.wrote_pool(Watched::of(&pool)?);
        Ok(())
    }

    async fn pod_group(self, wanted: &DynamicObject) -> Result<()> {
        let Some(resource) = wanted.types.as_ref().and_then(resource_of) else { return Ok(()) };
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.ctx.client.clone(), self.key.namespace(), &resource);
        ensure_as(&api, wanted, self.owner, &resource).await.map(drop)
    }

    /// The driver's pod, made at most once.
    async fn driver(self, objects: &ApplicationObjects) -> Result<()> {
        let Self { ctx, key, owner, submission } = self;
        let name = objects.driver.metadata.name.as_deref().unwrap_or_default();
        if pods::create(ctx, key, &objects.driver).await?.is_some() {
            return Ok(());
        }
        let Some(found) = pods::get(ctx, key, name).await? else { return Err(pods::being_deleted(name)) };
        let is_this = found.label(SUBMISSION_ID_LABEL) == Some(submission.id.as_str())
            && found.driver_epoch() == submission.driver_epoch;
        match owner.of(&found.metadata) {
            Ownership::Ours if is_this => {
                ctx.cache.wrote_pod(found);
                Ok(())
            }
            // That of an earlier submission or epoch, or of an application that had the same name.
            Ownership::Ours | Ownership::Leaving => Err(pods::being_deleted(name)),
            Ownership::Foreign => {
                Err(Error::Foreign { object: format!("driver pod already exist: pod {name}") })
            }
        }
    }
}

/// Deletes a pool; its pods go with it.
pub async fn delete_pool(ctx: &Context, key: &Key, pool: &ExecutorPool) -> Result<()> {
    let api: Api<ExecutorPool> = Api::namespaced(ctx.client.clone(), key.namespace());
    let uid = pool.metadata.uid.clone().unwrap_or_default();
    let params = DeleteParams {
        preconditions: Some(Preconditions { uid: Some(uid.clone()), resource_version: None }),
        ..DeleteParams::background()
    };
    let name = pool.metadata.name.as_deref().unwrap_or_default();
    match request(|| format!("delete executorpool {name}"), api.delete(name, &params)).await {
        Ok(_) => {}
        Err(error) if error.is_not_found() || error.is_conflict() => {}
        Err(error) => return Err(error),
    }
    ctx.cache.pool_is_gone(key, &uid);
    Ok(())
}

/// What the status tells about the service of the web UI.
fn ui_service(key: &Key, services: &[Service]) -> Option<UiService> {
    let names = Names::of(key.name());
    let (service, port) =
        services.iter().find_map(|service| Some((service, port_of_ui(service, &names)?)))?;
    let host = service.spec.as_ref()?.cluster_ip.as_deref().unwrap_or_default();
    Some((service.metadata.name.clone()?, format!("{host}:{port}"), port))
}

/// What the status tells about the ingress of the web UI.
fn ui_ingress(key: &Key, objects: &ApplicationObjects) -> Option<(String, String)> {
    let name = Names::of(key.name()).ui_ingress();
    let ingress = objects.ingresses.iter().find(|ingress| ingress.metadata.name.as_ref() == Some(&name))?;
    let spec = ingress.spec.as_ref()?;
    let host = spec.rules.as_ref()?.first()?.host.clone()?;
    let scheme = if spec.tls.as_ref().is_some_and(|tls| !tls.is_empty()) { "https" } else { "http" };
    Some((name, format!("{scheme}://{host}")))
}
