//! The way to the API server of a cluster: which one, as whom, in which namespace.
//!
//! Spark: the client of `spark-submit --master k8s://…`.
//! Ours finds the cluster as kubectl does: a kubeconfig file and its contexts, or the service account of a pod.

mod connect;
mod error;
mod names;
mod objects;
mod pods;
mod watches;

use std::path::PathBuf;

use clap::Args as ClapArgs;

pub(crate) use self::connect::namespace_of_context;
pub(crate) use self::error::Error;
pub(crate) use self::names::{
    APP_NAME_LABEL, DRIVER_CONTAINER, EXECUTOR_CONTAINER, EXECUTOR_ID_LABEL, QUEUE_LABEL, ROLE_LABEL,
};
pub(crate) use self::objects::{Cluster, FIELD_MANAGER, event_time};
pub(crate) use self::pods::{
    Wait, WaitReason, container_exit_code, has_started, is_ended, is_running, last_words, wait,
};
pub(crate) use self::watches::{Watch, refusal};

/// Which cluster, and which namespace of it.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct ClusterArgs {
    /// The namespace; that of the context if absent.
    #[arg(short = 'n', long, value_name = "NAMESPACE", help_heading = "Cluster")]
    pub(crate) namespace: Option<String>,

    /// The context of the kubeconfig; its current one if absent.
    #[arg(long, value_name = "CONTEXT", help_heading = "Cluster")]
    pub(crate) context: Option<String>,

    /// The kubeconfig file; KUBECONFIG or ~/.kube/config if absent.
    #[arg(long, value_name = "FILE", help_heading = "Cluster")]
    pub(crate) kubeconfig: Option<PathBuf>,
}
