//! What the operator says of executors that ended. Spark: `ExecutorPodsLifecycleManager`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use hearth_types::pod::ExecutorReport;
use hearth_types::{ExecutorId, ExecutorLossReason};

use super::told::Told;

/// The file of reports, and which executors have been reported: an executor ends once.
#[derive(Debug)]
pub(super) struct Reports {
    file: Told,
    executors: BTreeSet<ExecutorId>,
}

impl Reports {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { file: Told::new(path), executors: BTreeSet::new() }
    }

    /// Executors that are reported for the first time.
    pub(super) fn news(&mut self) -> Vec<(ExecutorId, ExecutorLossReason)> {
        let reports: Vec<ExecutorReport> = self.file.news().unwrap_or_default();
        let new = reports.into_iter().filter(|report| self.executors.insert(report.executor));
        new.map(|report| (report.executor, reason(report))).collect()
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
    use std::fs;

    use super::*;

    const OUT_OF_MEMORY: &str =
        r#"{"executor": 1, "exitCode": 137, "causedByApp": true, "message": "OOMKilled: the limit is 1Gi"}"#;
    const EVICTED: &str =
        r#"{"executor": 2, "causedByApp": false, "message": "Evicted: the node has no memory"}"#;
    const CRASHED: &str = r#"{"executor": 3, "exitCode": 134, "causedByApp": true, "message": ""}"#;

    #[test]
    fn each_executor_is_reported_once_whatever_the_list_repeats() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("executors");
        let mut reports = Reports::new(path.clone());
        let mut news = |list: &[&str]| {
            let new = dir.path().join("new");
            fs::write(&new, format!("[{}]", list.join(", "))).unwrap();
            fs::rename(&new, &path).unwrap();
            reports.news()
        };
        assert_eq!(news(&[]), []);
        let failed = ExecutorLossReason::Failed("OOMKilled: the limit is 1Gi".to_owned());
        assert_eq!(news(&[OUT_OF_MEMORY]), [(ExecutorId(1), failed)]);
        let evicted = ExecutorLossReason::NotByApp("Evicted: the node has no memory".to_owned());
        let crashed = ExecutorLossReason::Exited { code: 134 };
        assert_eq!(
            news(&[OUT_OF_MEMORY, EVICTED, CRASHED]),
            [(ExecutorId(2), evicted), (ExecutorId(3), crashed)]
        );
        assert_eq!(news(&[CRASHED]), []);
    }
}
