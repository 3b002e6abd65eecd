//! Between the messages that components mean and the protobuf that travels.
//!
//! Into protobuf nothing can fail. Out of protobuf everything is checked, because the other side may be anybody who holds
//! a certificate: what does not make sense is `Malformed`, never a panic.

mod from_executor;
mod ids;
mod launch;
mod map_outputs;
mod metrics;
mod outcome;
mod to_executor;

#[cfg(test)]
mod tests;

/// Why bytes that are protobuf are still not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A field that every such message has.
    #[error("{message} without {field}")]
    Missing {
        /// The protobuf message.
        message: &'static str,
        /// Its field.
        field: &'static str,
    },
    /// A number that stands for nothing, or is out of its range.
    #[error("{message} with {field} {value}")]
    OutOfRange {
        /// The protobuf message.
        message: &'static str,
        /// Its field.
        field: &'static str,
        /// What it holds.
        value: i64,
    },
}

/// The value of a field that must be there.
fn required<T>(value: Option<T>, message: &'static str, field: &'static str) -> Result<T, Malformed> {
    value.ok_or(Malformed::Missing { message, field })
}

/// Converts every element, and stops at the first malformed one.
fn all<A, B: TryFrom<A, Error = Malformed>>(items: Vec<A>) -> Result<Vec<B>, Malformed> {
    items.into_iter().map(B::try_from).collect()
}
