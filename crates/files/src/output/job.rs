//! One save: made by the driver, sent to the executors, ended by the driver.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{SUCCESS_FILE, names};
use crate::codec::Codec;
use crate::error::{Error, Result};
use crate::store::{Location, Status};

/// One save of one RDD, as the driver sends it to the executors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputJob {
    dir: String,
    id: String,
    codec: Option<Codec>,
}

impl OutputJob {
    /// Makes the output directory and the job's working directory in it. On the driver, before the stage.
    ///
    /// # Errors
    /// `OutputExists` when the directory is there, empty or not, and those of the store.
    pub fn setup(dir: &str, codec: Option<Codec>) -> Result<Self> {
        let location = Location::parse(dir)?;
        let dir = location.uri();
        if !location.create_new_directory()? {
            return Err(Error::OutputExists { path: dir });
        }
        let id = new_id();
        if let Err(error) = names::open_marker(&location, &id).put(Bytes::new()) {
            location.delete_empty_directory();
            return Err(error);
        }
        Ok(Self { dir, id, codec })
    }

    /// The output directory, absolute and with its scheme.
    pub fn dir(&self) -> &str {
        &self.dir
    }

    /// The job's id, unique among the saves into this directory.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The compression of its parts.
    pub fn codec(&self) -> Option<Codec> {
        self.codec
    }

    /// The file name of a partition: `part-00000`, with the codec's extension.
    pub fn part_name(&self, partition: u32) -> String {
        names::part(partition, self.codec.map_or("", Codec::extension))
    }

    /// Moves every committed part into place, writes `_SUCCESS` and removes the working directory.
    /// On the driver, after every task has ended well.
    /// May be repeated after a crash: it goes on where it stopped, and does nothing when it had finished.
    ///
    /// # Errors
    /// `MissingPart` when one of the `partitions` was not committed (no `_SUCCESS` is written then), `JobNotOpen`
    /// after an abort, and those of the store.
    pub fn commit(&self, partitions: u32) -> Result<()> {
        let dir = Location::parse(&self.dir)?;
        if !self.is_open(&dir)? {
            if dir.child(SUCCESS_FILE).status()?.is_some() {
                return Ok(());
            }
            return Err(self.not_open());
        }
        let committed = entry_names(&names::job_attempt(&dir))?;
        let moved = entry_names(&dir)?;
        let waits = |partition: u32| committed.contains(&names::task_name(&self.id, partition));
        let missing = |name: String| Error::MissingPart { path: self.dir.clone(), name };
        for partition in 0..partitions {
            let name = self.part_name(partition);
            if !waits(partition) && !moved.contains(&name) {
                return Err(missing(name));
            }
        }
        for partition in (0..partitions).filter(|partition| waits(*partition)) {
            let name = self.part_name(partition);
            names::committed_task(&dir, &self.id, partition).rename_file(&dir.child(&name))?;
        }
        dir.child(SUCCESS_FILE).put(Bytes::new())?;
        self.close(&dir)
    }

    /// Removes what the tasks wrote, and the output directory if nothing else is in it.
    /// Does nothing to a job that was committed, and may be repeated.
    ///
    /// # Errors
    /// Those of the store.
    pub fn abort(&self) -> Result<()> {
        let dir = Location::parse(&self.dir)?;
        let entries = dir.list()?.unwrap_or_default();
        if entries.iter().any(|entry| entry.location.name() == SUCCESS_FILE) {
            return if self.is_open(&dir)? { self.close(&dir) } else { Ok(()) };
        }
        if self.is_open(&dir)? {
            // A commit that failed half-way has moved some.
            for entry in entries.iter().filter(|entry| matches!(entry.status, Status::File { .. })) {
                if entry.location.name().starts_with("part-") {
                    entry.location.delete_file()?;
                }
            }
            self.close(&dir)?;
        }
        dir.delete_empty_directory();
        Ok(())
    }

    /// Whether the job was neither committed nor aborted.
    pub(super) fn is_open(&self, dir: &Location) -> Result<bool> {
        Ok(names::open_marker(dir, &self.id).status()?.is_some())
    }

    pub(super) fn not_open(&self) -> Error {
        Error::JobNotOpen { path: self.dir.clone(), id: self.id.clone() }
    }

    /// Removes the directories that a late attempt made again. What anything is in stays.
    pub(super) fn remove_empty(dir: &Location) {
        for directory in [&names::task_attempts(dir), &names::job_attempt(dir), &names::working(dir), dir] {
            directory.delete_empty_directory();
        }
    }

    /// The marker goes first, so that late attempts see that they are late.
    fn close(&self, dir: &Location) -> Result<()> {
        names::open_marker(dir, &self.id).delete_file()?;
        names::working(dir).delete_tree()
    }
}

fn entry_names(directory: &Location) -> Result<BTreeSet<String>> {
    let entries = directory.list()?.unwrap_or_default();
    Ok(entries.iter().map(|entry| entry.location.name().to_string()).collect())
}

/// The time of the save and its number in this process, as YARN's job ids are built.
fn new_id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
    format!("{millis}_{:04}", NEXT.fetch_add(1, Ordering::Relaxed))
}
