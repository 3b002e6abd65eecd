//! What a user implements to hear what happens. Spark: `SparkListener`.
//!
//! One method over a closed enum replaces Spark's thirty callbacks: a listener matches what it wants.

use hearth_types::ListenerEvent;

/// Hears every event of the application, in order, on the listener thread.
///
/// A listener of a user that is too slow misses events (`spark.scheduler.listenerbus.eventqueue.capacity`), and never slows
/// the application down.
/// A panic in it is logged and the next event delivered.
pub trait Listener: Send {
    /// Called for each event.
    fn on_event(&mut self, event: &ListenerEvent);
}

/// A closure is a listener.
impl<F: FnMut(&ListenerEvent) + Send> Listener for F {
    fn on_event(&mut self, event: &ListenerEvent) {
        self(event);
    }
}
