//! The names and labels by which clients find the objects of an application: those that the operator gives them.

pub(crate) use hearth_operator::names::{
    APP_NAME_LABEL, DRIVER_CONTAINER, EXECUTOR_CONTAINER, EXECUTOR_ID_LABEL, ROLE_LABEL,
};

/// Label of an application: the queue of Kueue that lets it go.
pub(crate) const QUEUE_LABEL: &str = "kueue.x-k8s.io/queue-name";
