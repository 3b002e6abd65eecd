//! Pods that ended: how, and if they failed, why.

use hearth_crd::FailureCause;

use super::loss::loss_of;
use super::text::{after_colon, shorten, signal_name};
use super::{Failure, Role};
use crate::pod_view::{Phase, PodView, TerminatedView};

/// The most bytes of a program's own words.
const LONGEST_MESSAGE: usize = 2000;

/// How a pod ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Its container ended with 0, whatever became of its sidecars.
    Succeeded,
    /// It failed.
    Failed(Failure),
}

/// How a pod ended, if it did.
pub fn end_of(pod: &PodView, role: Role) -> Option<End> {
    if let Some(terminated) = pod.terminated() {
        if terminated.exit_code == 0 {
            return Some(End::Succeeded);
        }
        return Some(End::Failed(of_container(pod, terminated, role)));
    }
    match pod.phase() {
        Phase::Succeeded => Some(End::Succeeded),
        Phase::Failed => Some(End::Failed(of_pod(pod, role))),
        Phase::Pending | Phase::Running | Phase::Unknown => None,
    }
}

fn of_container(pod: &PodView, terminated: &TerminatedView, role: Role) -> Failure {
    let reason = terminated.reason.as_deref().unwrap_or("Error");
    let code = terminated.exit_code;
    let failure =
        |cause, message| Failure { cause, exit_code: Some(code), reason: reason.to_owned(), message };
    let told = terminated.message.as_deref().map(str::trim).filter(|message| !message.is_empty());
    if reason == "OOMKilled" {
        return failure(FailureCause::OutOfMemory, out_of_memory(pod, role));
    }
    if let Some(loss) = loss_of(pod, role) {
        return loss;
    }
    let role = role.as_str();
    if matches!(reason, "StartError" | "ContainerCannotRun") {
        let advice = "check spec.mainApplicationFile and the image";
        let message =
            format!("the program of the {role} could not be started{}; {advice}", after_colon(told));
        return failure(FailureCause::ContainerConfig, message);
    }
    if reason == "DeadlineExceeded" || pod.status.reason.as_deref() == Some("DeadlineExceeded") {
        let message = format!("the {role} ran longer than activeDeadlineSeconds of its template allows");
        return failure(FailureCause::DeadlineExceeded, message);
    }
    // Without a message of the program, Kubernetes gives the last lines of its log, after a signal too.
    let signal = terminated.signal.filter(|signal| *signal > 0);
    if let Some(signal) = signal.or_else(|| (129..=192).contains(&code).then(|| code - 128)) {
        return failure(FailureCause::Signal, format!("{}{}", by_signal(signal, role), after_colon(told)));
    }
    match told {
        Some(told) => failure(FailureCause::ApplicationError, shorten(told, LONGEST_MESSAGE)),
        None => failure(FailureCause::ExitCode, by_exit_code(code, role)),
    }
}

/// A pod that failed without a word about its container.
fn of_pod(pod: &PodView, role: Role) -> Failure {
    if let Some(failure) = loss_of(pod, role).or_else(|| of_init_container(pod, role)) {
        return failure;
    }
    let reason = pod.status.reason.as_deref().unwrap_or("Unknown");
    let told = after_colon(pod.status.message.as_deref());
    let cause =
        if reason == "DeadlineExceeded" { FailureCause::DeadlineExceeded } else { FailureCause::ExitCode };
    let role = role.as_str();
    let message = format!("{role} container status missing: its node ended the pod ({reason}){told}");
    Failure { cause, exit_code: None, reason: reason.to_owned(), message }
}

fn of_init_container(pod: &PodView, role: Role) -> Option<Failure> {
    let (container, terminated) = pod.status.init_container_statuses.iter().find_map(|container| {
        let terminated = container.state.terminated.as_deref()?;
        (terminated.exit_code != 0).then_some((container, terminated))
    })?;
    let code = terminated.exit_code;
    let told = after_colon(terminated.message.as_deref());
    let (role, name) = (role.as_str(), &container.name);
    Some(Failure {
        cause: FailureCause::ExitCode,
        exit_code: Some(code),
        reason: terminated.reason.as_deref().unwrap_or("Error").to_owned(),
        message: format!("init container {name} of the {role} ended with exit code {code}{told}"),
    })
}

fn out_of_memory(pod: &PodView, role: Role) -> String {
    let limit = pod.memory_limit().map(|limit| format!(" of {limit}")).unwrap_or_default();
    let role = role.as_str();
    format!(
        "the {role} used more memory than its limit{limit}; raise spec.{role}.memory, or spec.{role}.memoryOverhead for \
         what lives outside of it"
    )
}

fn by_signal(signal: i32, role: &str) -> String {
    let name = signal_name(signal);
    let hint = match signal {
        9 => "; its node may have run out of memory, or it did not end in time when it was asked to",
        11 | 7 | 4 => "; native code that the program uses is at fault",
        6 => "; the program gave itself up, its log says why",
        15 => "; something asked it to end",
        _ => "",
    };
    format!("{name} ended the {role}{hint}")
}

fn by_exit_code(code: i32, role: &str) -> String {
    let hint = match code {
        101 => "; it panicked, its log says where",
        126 => "; its file is not executable",
        127 => "; its file was not found in the image",
        _ => "; its log may say why",
    };
    format!("the {role} ended with exit code {code} and left no message{hint}")
}
