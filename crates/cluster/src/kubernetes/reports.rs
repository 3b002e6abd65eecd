//! What the operator says of executors that ended. Spark: `ExecutorPodsLifecycleManager`.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use hearth_types::pod::ExecutorReport;
use hearth_types::{ExecutorId, ExecutorLossReason};

/// The file of reports, read when it has changed. The kubelet replaces it as a whole, by another file behind a link.
#[derive(Debug)]
pub(super) struct Reports {
    path: PathBuf,
    version: Option<Version>,
    told: Told,
}

/// Device, file and time of change.
type Version = (u64, u64, i64, i64);

impl Reports {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, version: None, told: Told::default() }
    }

    /// Executors that are reported for the first time. That there is no file says nothing.
    pub(super) fn news(&mut self) -> Vec<(ExecutorId, ExecutorLossReason)> {
        let Some(version) = fs::metadata(&self.path).ok().map(|metadata| version(&metadata)) else {
            return Vec::new();
        };
        if self.version == Some(version) {
            return Vec::new();
        }
        let Ok(text) = fs::read_to_string(&self.path) else { return Vec::new() };
        // Of the text or of an older one, so nothing is missed.
        self.version = Some(version);
        match self.told.news(&text) {
            Ok(news) => news,
            Err(error) => {
                tracing::warn!("{} is not a list of executors that ended: {error}", self.path.display());
                Vec::new()
            }
        }
    }
}

fn version(metadata: &Metadata) -> Version {
    (metadata.dev(), metadata.ino(), metadata.mtime(), metadata.mtime_nsec())
}

/// Which executors have been reported. An executor ends once.
#[derive(Debug, Default)]
struct Told {
    executors: BTreeSet<ExecutorId>,
}

impl Told {
    fn news(&mut self, text: &str) -> Result<Vec<(ExecutorId, ExecutorLossReason)>, serde_json::Error> {
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let reports: Vec<ExecutorReport> = serde_json::from_str(text)?;
        let new = reports.into_iter().filter(|report| self.executors.insert(report.executor));
        Ok(new.map(|report| (report.executor, reason(report))).collect())
    }
}

fn reason(report: ExecutorReport) -> ExecutorLossReason {
    match report.exit_code {
        _ if !report.caused_by_app => ExecutorLossReason::NotByApp(report.message),
        Some(code) if report.message.is_empty() => ExecutorLossReason::Exited { code },
        Some(_) | None => ExecutorLossReason::Failed(report.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUT_OF_MEMORY: &str =
        r#"{"executor": 1, "exitCode": 137, "causedByApp": true, "message": "OOMKilled: the limit is 1Gi"}"#;
    const EVICTED: &str =
        r#"{"executor": 2, "causedByApp": false, "message": "Evicted: the node has no memory"}"#;
    const CRASHED: &str = r#"{"executor": 3, "exitCode": 134, "causedByApp": true, "message": ""}"#;

    #[test]
    fn each_executor_is_reported_once_whatever_the_list_repeats() {
        let mut told = Told::default();
        let first = told.news(&format!("[{OUT_OF_MEMORY}]")).unwrap();
        let failed = ExecutorLossReason::Failed("OOMKilled: the limit is 1Gi".to_owned());
        assert_eq!(first, [(ExecutorId(1), failed)]);
        let second = told.news(&format!("[{OUT_OF_MEMORY}, {EVICTED}, {CRASHED}]")).unwrap();
        let evicted = ExecutorLossReason::NotByApp("Evicted: the node has no memory".to_owned());
        let crashed = ExecutorLossReason::Exited { code: 134 };
        assert_eq!(second, [(ExecutorId(2), evicted), (ExecutorId(3), crashed)]);
        assert_eq!(told.news(&format!("[{CRASHED}]")).unwrap(), []);
    }

    #[test]
    fn a_missing_annotation_is_an_empty_file_and_garbage_is_an_error() {
        let mut told = Told::default();
        assert_eq!(told.news(" \n").unwrap(), []);
        assert_eq!(told.news("[]").unwrap(), []);
        told.news("[{}]").unwrap_err();
    }

    #[test]
    fn the_file_is_read_when_it_appears_and_when_another_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("executors");
        let mut reports = Reports::new(path.clone());
        assert_eq!(reports.news(), []);
        let replace = |text: String| {
            let new = dir.path().join("new");
            fs::write(&new, text).unwrap();
            fs::rename(&new, &path).unwrap();
        };
        replace(format!("[{OUT_OF_MEMORY}]"));
        assert_eq!(reports.news().len(), 1);
        assert_eq!(reports.news(), []);
        replace("garbage".to_owned());
        assert_eq!(reports.news(), []);
        replace(format!("[{OUT_OF_MEMORY}, {EVICTED}]"));
        assert_eq!(reports.news().len(), 1);
    }
}
