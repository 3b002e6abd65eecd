//! The executors of an application.

use crate::pod::pod_spec;

pod_spec! {
    /// The executors: the pods that run the tasks.
    pub struct ExecutorSpec {
        /// How many executors; with dynamic allocation, how many at the start.
        #[schemars(range(min = 0))]
        pub instances: Option<i32>,
        /// Whether the pods of executors that ended are deleted; true if absent.
        pub delete_on_termination: Option<bool>,
    }
}
