//! An action that runs while the test does something else.

use std::sync::mpsc::{Receiver, channel};

use super::{Events, PATIENCE};

/// An action on a thread of its own. It ends when its application does, so a test that fails leaves nothing behind.
#[derive(Debug)]
pub struct Job<T> {
    result: Receiver<T>,
    events: Events,
}

impl<T: Send + 'static> Job<T> {
    pub(super) fn start(events: Events, action: impl FnOnce() -> T + Send + 'static) -> Self {
        let (done, result) = channel();
        // An error says that the test has failed and waits no more.
        std::thread::spawn(move || drop(done.send(action())));
        Self { result, events }
    }

    /// Waits for the result.
    pub fn result(self) -> T {
        self.result
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|error| panic!("no result: {error}; heard {:#?}", self.events.heard()))
    }
}
