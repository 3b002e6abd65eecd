//! Contexts for tests, what they hear from listeners, and seeded random data.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use hearth::ListenerEvent;
use hearth::prelude::*;

/// How long a test waits for something that always happens.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// In this process, with two slots.
pub(crate) fn local() -> SparkContext {
    with_conf("local[2]", &[])
}

/// Two executor processes of one slot each.
pub(crate) fn cluster() -> SparkContext {
    with_conf("local-cluster[2,1,512]", &[])
}

/// A context with more settings.
pub(crate) fn with_conf(master: &str, settings: &[(&str, &str)]) -> SparkContext {
    let mut conf = SparkConf::new().with("spark.master", master);
    for (key, value) in settings {
        conf.set(*key, *value);
    }
    SparkContext::new(conf).unwrap()
}

/// Waits until a directory is empty: executors that take longer to end than `stop` waits delete their files later.
pub(crate) fn wait_until_empty(directory: &str) {
    let start = Instant::now();
    while std::fs::read_dir(directory).unwrap().next().is_some() {
        assert!(start.elapsed() < PATIENCE, "{directory} is not empty");
        std::thread::yield_now();
    }
}

/// Runs a test in one process, and then on executor processes.
pub(crate) fn on_both(test: impl Fn(&SparkContext)) {
    for sc in [local(), cluster()] {
        test(&sc);
        sc.stop();
    }
}

pub(crate) fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items
}

/// An error and its causes in one line.
pub(crate) fn message(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

/// A directory for files, and a path in it as text.
pub(crate) fn scratch(name: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name).display().to_string();
    (dir, path)
}

/// What a listener hears.
pub(crate) struct Events(Receiver<ListenerEvent>);

impl Events {
    pub(crate) fn of(sc: &SparkContext) -> Self {
        let (to, from) = channel();
        sc.add_spark_listener(Box::new(move |event: &ListenerEvent| drop(to.send(event.clone()))));
        Self(from)
    }

    /// The first thing that `find` finds in the coming events.
    pub(crate) fn wait<T>(&self, find: impl Fn(&ListenerEvent) -> Option<T>) -> T {
        loop {
            if let Some(found) = find(&self.0.recv_timeout(PATIENCE).unwrap()) {
                return found;
            }
        }
    }

    /// All events up to and with the first that ends it.
    pub(crate) fn until(&self, end: impl Fn(&ListenerEvent) -> bool) -> Vec<ListenerEvent> {
        let mut events = Vec::new();
        loop {
            events.push(self.0.recv_timeout(PATIENCE).unwrap());
            if events.last().is_some_and(&end) {
                return events;
            }
        }
    }
}

/// Numbers that look random and are the same for the same seed (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Keys of which nine in ten are the same, with values.
    pub(crate) fn skewed_pairs(&mut self, count: usize, keys: u64) -> Vec<(u64, i64)> {
        (0..count)
            .map(|_| {
                let key = if self.below(10) == 0 { self.below(keys) } else { 0 };
                (key, self.below(2_000) as i64 - 1_000)
            })
            .collect()
    }

    pub(crate) fn pairs(&mut self, count: usize, keys: u64) -> Vec<(u64, i64)> {
        (0..count).map(|_| (self.below(keys), self.below(2_000) as i64 - 1_000)).collect()
    }

    /// A word of up to `longest` letters, sometimes empty, sometimes not ASCII.
    pub(crate) fn word(&mut self, longest: u64) -> String {
        let letters = ['a', 'b', 'c', 'é', '😀', 'Z', '0'];
        (0..self.below(longest + 1)).map(|_| letters[self.below(letters.len() as u64) as usize]).collect()
    }
}
