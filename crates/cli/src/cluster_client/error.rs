//! Why the cluster did not do what was asked, and the way out.

use kube::core::Status;

/// Why the cluster did not do what was asked. Each message is a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error(
        "no cluster is configured: there is no ~/.kube/config, KUBECONFIG is not set, and this is not a pod; name a \
         file with --kubeconfig FILE"
    )]
    NoCluster,
    #[error("{file}: not a kubeconfig that can be used: {problem}; name another with --kubeconfig FILE")]
    Kubeconfig { file: String, problem: String },
    #[error("the kubeconfig has no current context; choose one with --context: {}", list(contexts))]
    NoContext { contexts: Vec<String> },
    #[error("the kubeconfig has no context {context:?}; it has {}", list(contexts))]
    Context { context: String, contexts: Vec<String> },
    #[error("connect to {server}: {problem}")]
    Client { server: String, problem: String },
    #[error(
        "{what}: {server} does not answer: {problem}; is the cluster up, and is it the right context of the kubeconfig?"
    )]
    Unreachable { what: String, server: String, problem: String },
    #[error("{what}: {server} does not accept your credentials; log in to the cluster again")]
    Unauthorized { what: String, server: String },
    #[error(
        "{what}: not allowed: {problem}; ask the administrators of the cluster for a role with this right"
    )]
    Forbidden { what: String, problem: String },
    #[error(
        "{what}: the cluster does not know the kind SparkApplication; install Hearth: helm install hearth charts/hearth \
         --namespace hearth --create-namespace"
    )]
    NotInstalled { what: String },
    #[error("{what}: no application {name:?} in namespace {namespace:?}{}", hint(nearest.as_deref()))]
    NoApplication { what: String, name: String, namespace: String, nearest: Option<String> },
    #[error("{what}: no namespace {namespace:?}; create it: kubectl create namespace {namespace}")]
    NoNamespace { what: String, namespace: String },
    #[error("{what}: {problem}; take the fields over with --force-conflicts")]
    Conflict { what: String, problem: String },
    #[error("{what}: the cluster refuses: {problem}")]
    Refused { what: String, problem: String },
    #[error("{what}: {problem}")]
    Answer { what: String, problem: String },
}

impl Error {
    /// What an error of the client means. `what` is what was tried, as in `read application pi`.
    pub(super) fn of(source: &kube::Error, what: &str, server: &str, namespace: &str) -> Self {
        let (what, server) = (what.to_owned(), server.to_owned());
        match source {
            kube::Error::Api(status) => Self::of_status(status, what, server, namespace),
            kube::Error::Service(_) | kube::Error::HyperError(_) => {
                Self::Unreachable { what, server, problem: innermost(source) }
            }
            kube::Error::Auth(_) => {
                Self::Client { server, problem: format!("no credentials: {}", innermost(source)) }
            }
            other => Self::Answer { what, problem: innermost(other) },
        }
    }

    fn of_status(status: &Status, what: String, server: String, namespace: &str) -> Self {
        let problem = status.message.trim_end_matches('.').to_owned();
        let kind = status.details.as_ref().map(|details| details.kind.as_str()).unwrap_or_default();
        match status.code {
            401 => Self::Unauthorized { what, server },
            // Policies and quotas refuse with 403 too; their words say so.
            403 if problem.contains(" cannot ") => Self::Forbidden { what, problem },
            404 if kind == "namespaces" => Self::NoNamespace { what, namespace: namespace.to_owned() },
            // The path is unknown, not the object.
            404 if kind.is_empty() => Self::NotInstalled { what },
            409 if problem.starts_with("Apply failed") => {
                Self::Conflict { what, problem: one_line(&problem) }
            }
            400..=499 => Self::Refused { what, problem: one_line(&problem) },
            _ => Self::Answer { what, problem: one_line(&problem) },
        }
    }

    /// Whether the user gave something wrong, so that the exit status is 2.
    pub(crate) fn is_usage(&self) -> bool {
        match self {
            Self::NoCluster | Self::Kubeconfig { .. } | Self::NoContext { .. } | Self::Context { .. } => true,
            Self::Client { .. }
            | Self::Unreachable { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NotInstalled { .. }
            | Self::NoApplication { .. }
            | Self::NoNamespace { .. }
            | Self::Conflict { .. }
            | Self::Refused { .. }
            | Self::Answer { .. } => false,
        }
    }

    /// Whether the object that was asked for is not there.
    pub(super) fn is_absence(source: &kube::Error) -> bool {
        matches!(source, kube::Error::Api(status)
            if status.code == 404 && status.details.as_ref().is_some_and(|details| !details.name.is_empty()))
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn hint(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean {nearest}?"),
        None => "; hearth list -A shows those of all namespaces".to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// The words of the first cause: what is around it only repeats it.
fn innermost(error: &kube::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use kube::core::response::StatusDetails;

    use super::*;

    fn sentence(code: u16, message: &str, kind: &str) -> String {
        let details = StatusDetails {
            name: String::new(),
            group: String::new(),
            kind: kind.to_owned(),
            uid: String::new(),
            causes: Vec::new(),
            retry_after_seconds: 0,
        };
        let status = Status {
            status: None,
            code,
            message: message.to_owned(),
            metadata: None,
            reason: String::new(),
            details: Some(details),
        };
        let error = kube::Error::Api(Box::new(status));
        Error::of(&error, "submit application pi", "https://kube:6443", "jobs").to_string()
    }

    #[test]
    fn each_refusal_names_the_way_out() {
        assert_eq!(
            sentence(404, "the server could not find the requested resource", ""),
            "submit application pi: the cluster does not know the kind SparkApplication; install Hearth: helm \
             install hearth charts/hearth --namespace hearth --create-namespace"
        );
        assert_eq!(
            sentence(404, "namespaces \"jobs\" not found", "namespaces"),
            "submit application pi: no namespace \"jobs\"; create it: kubectl create namespace jobs"
        );
        assert_eq!(
            sentence(401, "Unauthorized", ""),
            "submit application pi: https://kube:6443 does not accept your credentials; log in to the cluster again"
        );
        let forbidden =
            "sparkapplications.sparkoperator.k8s.io \"pi\" is forbidden: User \"eve\" cannot patch resource";
        assert!(sentence(403, forbidden, "sparkapplications").contains(": not allowed: sparkapplications."));
        let conflict = "Apply failed with 1 conflict: conflict with \"kueue\":\n- .spec.suspend";
        assert_eq!(
            sentence(409, conflict, ""),
            "submit application pi: Apply failed with 1 conflict: conflict with \"kueue\": - .spec.suspend; take the \
             fields over with --force-conflicts"
        );
        assert!(
            sentence(422, "spec.executor.cores: Invalid value", "").contains("the cluster refuses: spec.")
        );
        assert_eq!(sentence(500, "etcd is gone", ""), "submit application pi: etcd is gone");
    }
}
