//! From the options and the environment to a client.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use super::{Cluster, ClusterArgs, Error};

/// How long the API server may take to take a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Cluster {
    /// Finds the cluster. `wanted` is a namespace that wins over that of the context, as a manifest's does; the
    /// option wins over both.
    ///
    /// # Errors
    ///
    /// No kubeconfig, one that cannot be read, or no such context in it. The API server is not asked yet.
    pub(crate) async fn connect(args: &ClusterArgs, wanted: Option<&str>) -> Result<Self, Error> {
        let mut config = config(args).await?;
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let namespace = args.namespace.as_deref().or(wanted).unwrap_or(&config.default_namespace).to_owned();
        let client = Client::try_from(config)
            .map_err(|source| Error::Client { server: server.clone(), problem: source.to_string() })?;
        Ok(Self { client, server, namespace })
    }
}

/// The namespace of the context, where there is one to be found; for output that needs no cluster.
pub(crate) async fn namespace_of_context(args: &ClusterArgs) -> Option<String> {
    config(args).await.ok().map(|config| config.default_namespace)
}

async fn config(args: &ClusterArgs) -> Result<Config, Error> {
    let Some(kubeconfig) = kubeconfig(args)? else {
        return match (&args.context, Config::incluster()) {
            (None, Ok(config)) => Ok(config),
            (_, _) => Err(Error::NoCluster),
        };
    };
    let contexts: Vec<String> = kubeconfig.contexts.iter().map(|context| context.name.clone()).collect();
    let context = args.context.clone().or_else(|| kubeconfig.current_context.clone());
    match context.filter(|context| !context.is_empty()) {
        None => return Err(Error::NoContext { contexts }),
        Some(context) if !contexts.contains(&context) => return Err(Error::Context { context, contexts }),
        Some(_) => {}
    }
    let options = KubeConfigOptions { context: args.context.clone(), ..KubeConfigOptions::default() };
    Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|source| Error::Kubeconfig { file: shown(args), problem: source.to_string() })
}

/// The kubeconfig, if there is one: a file that is named must be there, the default one need not.
fn kubeconfig(args: &ClusterArgs) -> Result<Option<Kubeconfig>, Error> {
    let read = match &args.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None if has_variable() || default_file().is_some_and(|file| file.exists()) => Kubeconfig::read(),
        None => return Ok(None),
    };
    read.map(Some).map_err(|source| {
        let problem = match &source {
            KubeconfigError::ReadConfig(cause, path) => return missing(cause, path),
            other => other.to_string(),
        };
        Error::Kubeconfig { file: shown(args), problem }
    })
}

fn missing(cause: &std::io::Error, path: &Path) -> Error {
    let problem = match cause.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        _ => cause.to_string(),
    };
    Error::Kubeconfig { file: path.display().to_string(), problem }
}

fn has_variable() -> bool {
    std::env::var_os("KUBECONFIG").is_some_and(|files| !files.is_empty())
}

fn default_file() -> Option<PathBuf> {
    std::env::var_os("HOME").map(|home| Path::new(&home).join(".kube/config"))
}

fn shown(args: &ClusterArgs) -> String {
    match &args.kubeconfig {
        Some(path) => path.display().to_string(),
        None if has_variable() => std::env::var("KUBECONFIG").unwrap_or_default(),
        None => "~/.kube/config".to_owned(),
    }
}
