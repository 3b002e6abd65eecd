//! One try to run an application: what its objects are labelled and named with.

use uuid::Uuid;

/// What tells the objects of one submission from those of another. Deterministic, so that an operator that starts again finds
/// what it had begun, and never starts a second driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Which submission of this application, from 1: `status.submissionAttempts` once it is made.
    pub attempt: u32,
    /// The generation of its driver, from 1.
    pub driver_epoch: u32,
    /// A UUID made of the application's `uid` and the attempt that began with driver epoch 1.
    pub id: String,
    /// Spark's id of the application, as in `spark-0123…`.
    pub spark_application_id: String,
}

impl Submission {
    /// Submission `attempt` of the application with this `uid`, with its first driver.
    pub fn first(uid: &str, attempt: u32) -> Self {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{uid}/{attempt}").as_bytes());
        Self {
            attempt,
            driver_epoch: 1,
            id: id.to_string(),
            spark_application_id: format!("spark-{}", id.simple()),
        }
    }

    /// The same submission with its next driver.
    #[must_use]
    pub fn next_driver(mut self) -> Self {
        self.driver_epoch += 1;
        self
    }
}
