//! How an application ended, and with which exit status a command that waited for it ends. Values only.

use hearth_crd::{ApplicationStateType, AttemptOutcome, SparkApplication};
use k8s_openapi::api::core::v1::Pod;

use crate::cluster_client::{DRIVER_CONTAINER, container_exit_code};

/// What was known of an application when somebody began to wait for it, so that its past is not taken for its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Baseline {
    /// The generation of the spec whose end is awaited.
    pub(crate) generation: Option<i64>,
    /// The submission that there was before the spec was changed.
    pub(crate) submission: Option<String>,
}

/// How an application ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Completed,
    /// With the cause in a sentence and the exit status of the program, 1 where it has none.
    Failed {
        cause: String,
        status: u8,
    },
    /// It had ended before, and the change of its spec does not run it again.
    NothingRan {
        state: ApplicationStateType,
    },
}

/// Whether nothing happens any more: a terminal state, or a submission that failed and is not tried again, which the
/// condition `Failed` tells.
pub(crate) fn has_ended(application: &SparkApplication) -> bool {
    let Some(status) = &application.status else { return false };
    let state = status.application_state.as_ref().map_or(ApplicationStateType::New, |state| state.state);
    let conditions = status.conditions.as_deref().unwrap_or_default();
    let is_given_up = conditions.iter().any(|one| one.type_ == "Failed" && one.status == "True");
    state.is_terminal() || (state == ApplicationStateType::SubmissionFailed && is_given_up)
}

/// How the application ended; none while it has not.
pub(crate) fn end(application: &SparkApplication, driver: Option<&Pod>, baseline: &Baseline) -> Option<End> {
    if !has_ended(application) {
        return None;
    }
    let status = application.status.as_ref()?;
    let state = status.application_state.as_ref()?;
    let is_new = status.submission_id.is_none() || status.submission_id != baseline.submission;
    if let Some(generation) = baseline.generation
        && status.observed_generation.is_none_or(|observed| observed < generation)
        && !is_new
    {
        // The operator has not seen the change yet.
        return None;
    }
    if baseline.submission.is_some() && !is_new {
        return Some(End::NothingRan { state: state.state });
    }
    if state.state == ApplicationStateType::Completed {
        return Some(End::Completed);
    }
    let attempt = status.attempts.iter().flatten().next_back();
    let failed = attempt.filter(|attempt| attempt.outcome == AttemptOutcome::Failed);
    let code = failed.and_then(|attempt| attempt.exit_code);
    let code = code.or_else(|| driver.and_then(|pod| container_exit_code(pod, DRIVER_CONTAINER)));
    let cause = state.error_message.as_deref().map(str::trim).filter(|message| !message.is_empty());
    let cause = cause.or_else(|| failed.and_then(|attempt| attempt.message.as_deref()));
    Some(End::Failed {
        cause: cause.unwrap_or("the operator gives no cause").to_owned(),
        status: code.and_then(|code| u8::try_from(code).ok()).filter(|code| *code != 0).unwrap_or(1),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn application(status: Value) -> SparkApplication {
        let mut application = crate::testing::application("pi");
        application.status = serde_json::from_value(status).unwrap();
        application
    }

    fn ended(state: &str) -> Value {
        json!({"driverInfo": {}, "applicationState": {"state": state}, "submissionID": "new"})
    }

    #[test]
    fn only_the_terminal_states_are_ends() {
        for state in ApplicationStateType::ALL {
            let text = serde_json::to_value(state).unwrap();
            let found = end(&application(ended(text.as_str().unwrap())), None, &Baseline::default());
            assert_eq!(found.is_some(), state.is_terminal(), "{state:?}");
        }
        assert_eq!(end(&crate::testing::application("pi"), None, &Baseline::default()), None);
    }

    #[test]
    fn a_submission_that_is_not_tried_again_is_an_end() {
        let mut status = ended("SUBMISSION_FAILED");
        status["applicationState"]["errorMessage"] = "type Java is not supported yet".into();
        let condition = |value: &str| {
            json!([{"type": "Failed", "status": value, "reason": "", "message": "",
                "lastTransitionTime": "2026-01-01T00:00:00Z"}])
        };
        status["conditions"] = condition("False");
        assert_eq!(end(&application(status.clone()), None, &Baseline::default()), None);
        status["conditions"] = condition("True");
        let cause = "type Java is not supported yet".to_owned();
        let expected = End::Failed { cause, status: 1 };
        assert_eq!(end(&application(status), None, &Baseline::default()), Some(expected));
    }

    #[test]
    fn the_exit_status_is_that_of_the_last_attempt_or_of_the_pod_or_1() {
        let mut status = ended("FAILED");
        let failed = |application: &SparkApplication, pod: Option<&Pod>| match end(
            application,
            pod,
            &Baseline::default(),
        ) {
            Some(End::Failed { cause, status }) => (cause, status),
            other => panic!("{other:?}"),
        };
        assert_eq!(failed(&application(status.clone()), None), ("the operator gives no cause".to_owned(), 1));

        let container = json!({"name": DRIVER_CONTAINER, "image": "", "imageID": "", "ready": false,
            "restartCount": 0, "state": {"terminated": {"exitCode": 7}}});
        let pod: Pod =
            serde_json::from_value(json!({"metadata": {}, "status": {"containerStatuses": [container]}}))
                .unwrap();
        assert_eq!(failed(&application(status.clone()), Some(&pod)).1, 7);

        let attempt = json!({"number": 1, "endTime": "2026-01-01T00:00:00Z", "outcome": "Failed", "exitCode": 3,
            "message": "it says 3"});
        status["attempts"] = json!([attempt]);
        assert_eq!(failed(&application(status.clone()), Some(&pod)), ("it says 3".to_owned(), 3));

        status["applicationState"]["errorMessage"] = "driver container failed with ExitCode: 3".into();
        assert_eq!(failed(&application(status), None).0, "driver container failed with ExitCode: 3");
    }

    #[test]
    fn the_end_of_the_run_before_a_change_is_not_the_end_of_the_run_after_it() {
        let baseline = Baseline { generation: Some(2), submission: Some("old".to_owned()) };
        let mut status = ended("COMPLETED");
        status["submissionID"] = "old".into();
        status["observedGeneration"] = 1.into();
        assert_eq!(end(&application(status.clone()), None, &baseline), None);
        status["observedGeneration"] = 2.into();
        let state = ApplicationStateType::Completed;
        assert_eq!(end(&application(status.clone()), None, &baseline), Some(End::NothingRan { state }));
        status["submissionID"] = "new".into();
        assert_eq!(end(&application(status), None, &baseline), Some(End::Completed));
    }
}
