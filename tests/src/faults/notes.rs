//! What tasks and their test tell each other through files: a file outlives the process that made it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hearth::TaskContext;
use serde::{Deserialize, Serialize};

use super::PATIENCE;

/// A directory for notes and gates. Travels to tasks as the state of a closure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notes {
    directory: PathBuf,
}

/// That a task got somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The partition that it computes.
    pub partition: u32,
    /// Where it runs.
    pub executor: hearth_types::ExecutorId,
    /// Its number.
    pub task: u64,
}

impl Notes {
    /// In a directory, which is made if need be.
    pub fn new(directory: PathBuf) -> Self {
        fs::create_dir_all(&directory).unwrap();
        Self { directory }
    }

    /// In a task: notes that it got here, and tells its partition. Twice by one task are two notes.
    pub fn write(&self, label: &str) -> u32 {
        let task = TaskContext::get().unwrap();
        let partition = task.partition_id();
        let name = format!("{label}.{partition}.{}.{}", task.executor_id().0, task.task_attempt_id());
        (0..).map(|copy| format!("{name}.{copy}")).find(|name| self.once(name)).unwrap();
        partition
    }

    /// In a task: notes that it got here, and waits until `count` have.
    pub fn meet(&self, label: &str, count: usize) {
        self.write(label);
        self.look_for("the others", || (self.read(label).len() >= count).then_some(()));
    }

    /// In a task: waits until the test opens the gate.
    pub fn wait_at(&self, gate: &str) {
        self.look_for(&format!("the gate {gate:?}"), || self.is_open(gate).then_some(()));
    }

    /// In a task: whether the test has opened the gate.
    pub fn is_open(&self, gate: &str) -> bool {
        self.directory.join(gate).exists()
    }

    /// Whether nobody has asked for this name before.
    pub fn once(&self, name: &str) -> bool {
        File::create_new(self.directory.join(name)).is_ok()
    }

    /// In the test: lets the tasks pass that wait at the gate.
    pub fn open(&self, gate: &str) {
        assert!(self.once(gate), "{gate:?} is open already");
    }

    /// In the test: the notes with this label, by partition and task.
    pub fn read(&self, label: &str) -> Vec<Note> {
        let names = fs::read_dir(&self.directory).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        let mut notes: Vec<Note> = names.filter_map(|name| parse(&name, label)).collect();
        notes.sort();
        notes
    }

    /// In the test: how many notes with this label there are, by partition.
    pub fn count(&self, label: &str) -> BTreeMap<u32, usize> {
        let mut counts = BTreeMap::new();
        for note in self.read(label) {
            *counts.entry(note.partition).or_default() += 1;
        }
        counts
    }

    pub(super) fn look_for<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(start.elapsed() < PATIENCE, "{what} did not come");
            std::thread::sleep(Duration::from_millis(2)); // waits for: a file of another process
        }
    }
}

fn parse(name: &str, label: &str) -> Option<Note> {
    let mut parts = name.strip_prefix(label)?.strip_prefix('.')?.split('.');
    let partition = parts.next()?.parse().ok()?;
    let executor = hearth_types::ExecutorId(parts.next()?.parse().ok()?);
    let task = parts.next()?.parse().ok()?;
    Some(Note { partition, executor, task })
}
