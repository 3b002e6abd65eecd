//! Random walks: whatever happens, in whatever order, the rules of the life cycle hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use hearth_crd::ApplicationStateType as State;
use hearth_crd::{FailureCause, FieldError, FieldPath};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::World;
use super::world::{exited, running, unschedulable, waiting};
use crate::application::decide::{submission_failed, submitted};
use crate::application::decision::{Action, Decision, SubmitFailure};
use crate::application::submission::Submission;

/// From which state which may follow: the table of Kubeflow's operator, and what it comes to where nothing is waited for.
fn may_follow(from: State, to: State) -> bool {
    use State::*;
    let ended: &[State] = &[Failing, Failed, PendingRerun];
    let run: &[State] =
        &[Submitted, Running, Unknown, Succeeding, Completed, Invalidating, Suspending, Suspended];
    match from {
        New => matches!(to, Submitted | SubmissionFailed | Failed | Suspending | Suspended),
        Submitted | Running | Unknown => run.contains(&to) || ended.contains(&to),
        Succeeding => matches!(to, Completed | PendingRerun | Invalidating | Suspending),
        Failing => matches!(to, Failed | PendingRerun | Invalidating | Suspending | Suspended),
        SubmissionFailed => {
            matches!(to, Submitted | Failed | Invalidating | PendingRerun | Suspending | Suspended)
        }
        PendingRerun => {
            matches!(to, Submitted | SubmissionFailed | Failed | Invalidating | Suspending | Suspended)
        }
        Invalidating => matches!(to, PendingRerun | Failed | Suspending | Suspended),
        Suspending => matches!(to, Suspended | Invalidating | Resuming | PendingRerun | Failed),
        Suspended => matches!(to, Resuming | Invalidating | PendingRerun | Failed),
        Resuming => {
            matches!(to, Submitted | SubmissionFailed | Failed | Invalidating | Suspending | Suspended)
        }
        Completed | Failed => matches!(to, Invalidating | PendingRerun | Suspending),
    }
}

/// Randomness from a seed: a linear congruential generator.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.roll(all.len() as u64)).unwrap()]
    }
}

struct Walk {
    world: World,
    dice: Dice,
    /// The drivers whose submission is written down.
    begun: BTreeSet<(String, u32)>,
    log: Vec<String>,
}

impl Walk {
    fn new(seed: u64) -> Self {
        Self { world: World::new(), dice: Dice(seed), begun: BTreeSet::new(), log: Vec::new() }
    }

    /// One look of the operator, which may be killed in the middle of it.
    fn look(&mut self, is_calm: bool) -> Decision {
        let before = self.world.state();
        let decision = self.world.decide();
        let state = decision.status.as_ref().map(|status| &status.application_state);
        self.log.push(format!("{before:?}: {:?} {state:?}", decision.actions));
        assert!(decision.look_again.is_none_or(|wait| !wait.is_zero()), "an empty wait");
        let submits: Vec<&Submission> = decision
            .actions
            .iter()
            .filter_map(
                |action| if let Action::Submit(submission) = action { Some(submission) } else { None },
            )
            .collect();
        assert!(submits.len() <= 1);
        assert!(submits.is_empty() || decision.status.is_none(), "a submission and another status");

        let is_killed = !is_calm && self.dice.roll(6) == 0;
        let mut status = decision.status.clone();
        let (mut endings, actions): (Vec<Action>, Vec<Action>) =
            decision.actions.iter().cloned().partition(Action::ends_run);
        for action in &actions {
            if is_killed && self.dice.roll(2) == 0 {
                return decision;
            }
            if let Action::Submit(submission) = action {
                let next = if !is_calm && self.dice.roll(8) == 0 {
                    let failure =
                        SubmitFailure { cause: FailureCause::QuotaExceeded, message: "quota".to_owned() };
                    submission_failed(self.world.now, &self.world.application, submission, &failure)
                } else {
                    self.make(submission);
                    submitted(self.world.now, &self.world.application, submission, None)
                };
                endings.extend(next.actions);
                status = next.status;
            } else {
                self.perform(action);
            }
        }
        if is_killed && self.dice.roll(2) == 0 {
            return decision;
        }
        if let Some(status) = status {
            let to = status.application_state.as_ref().unwrap().state;
            assert!(to == before || may_follow(before, to), "{before:?} → {to:?}");
            if to == State::Submitted && before != State::Submitted && !submits.is_empty() {
                let submission = submits[0];
                assert!(
                    self.begun.insert((submission.id.clone(), submission.driver_epoch)),
                    "submitted twice"
                );
            }
            let text = serde_json::to_string(&status).unwrap();
            self.world.application.status = Some(serde_json::from_str(&text).unwrap());
        }
        for action in &endings {
            if is_killed && self.dice.roll(2) == 0 {
                return decision;
            }
            self.perform(action);
        }
        decision
    }

    fn make(&mut self, submission: &Submission) {
        let key = (submission.id.clone(), submission.driver_epoch);
        assert!(!self.begun.contains(&key), "a second driver of {key:?}");
        if let Some(driver) = &self.world.observed.driver {
            let id = driver.label("sparkoperator.k8s.io/submission-id").unwrap_or_default();
            assert_eq!(
                (id, driver.driver_epoch()),
                (key.0.as_str(), key.1),
                "a second driver beside another"
            );
        }
        let mut world = self.world.clone();
        let status = world.application.status.get_or_insert_default();
        status.submission_id = Some(key.0.clone());
        status.driver_epoch = Some(i32::try_from(key.1).unwrap());
        if self.world.observed.driver.is_none() {
            let mut driver = world.driver_pod(&json!({"phase": "Pending"}));
            Arc::make_mut(&mut driver).metadata.uid = Some(format!("{}-{}", key.0, key.1));
            self.world.observed.driver = Some(driver);
        }
        if self.world.observed.pool.is_none() {
            self.world.observed.pool = Some(Arc::new(world.pool()));
        }
        self.world.observed.services_gone = false;
    }

    fn perform(&mut self, action: &Action) {
        let observed = &mut self.world.observed;
        match action {
            Action::DeleteDriver { uid, .. } => {
                let is_it = observed.driver.as_ref().is_some_and(|driver| driver.uid() == uid);
                if is_it {
                    observed.driver = None;
                }
            }
            Action::DeleteExecutors => {
                observed.pool = None;
                observed.executors.clear();
            }
            Action::DeleteServices => observed.services_gone = true,
            Action::Submit(_)
            | Action::ScalePool { .. }
            | Action::BoundPool { .. }
            | Action::DeletePodGroup
            | Action::DeleteApplication => {}
        }
    }

    fn set_driver(&mut self, status: &Value) {
        if let Some(driver) = &mut self.world.observed.driver {
            Arc::make_mut(driver).status = serde_json::from_value(status.clone()).unwrap();
        }
    }

    fn edit(&mut self, edit: impl FnOnce(&mut Value)) {
        self.world = self.world.clone().spec(edit);
    }

    /// Something happens.
    fn happen(&mut self) {
        let event = self.dice.roll(16);
        self.log.push(format!("event {event}"));
        match event {
            0..=2 => self.set_driver(&running()),
            3 => self.set_driver(&exited(0, "")),
            4 => self.set_driver(&exited(1, "no")),
            5 => {
                let mut evicted = exited(143, "");
                evicted["conditions"] = json!([{"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}]);
                self.set_driver(&evicted);
            }
            6 => self.world.observed.driver = None,
            7 => self.set_driver(&json!({"phase": "Unknown"})),
            8 => self.set_driver(&waiting("ImagePullBackOff", "no")),
            9 => self.set_driver(&unschedulable()),
            10 => {
                let image = format!("hearth:{}", self.dice.roll(3));
                self.edit(|spec| spec["image"] = json!(image));
            }
            11 => {
                let suspend = self.dice.roll(2) == 0;
                self.edit(|spec| spec["suspend"] = json!(suspend));
            }
            12 => {
                let policy = self.dice.pick(&["Never", "OnFailure", "Always"]).to_owned();
                self.edit(|spec| {
                    spec["restartPolicy"] =
                        json!({"type": policy, "onFailureRetries": 2, "onSubmissionFailureRetries": 2});
                });
            }
            13 => {
                let timeouts = json!({"queueSeconds": 300, "startSeconds": 100, "runSeconds": 500, "unschedulableSeconds": 30});
                self.edit(|spec| spec["timeouts"] = timeouts);
            }
            14 => {
                let is_wrong = self.dice.roll(3) == 0;
                let problem = FieldError::new(FieldPath::of(["spec", "driver"]), "is wrong");
                self.world.problems = if is_wrong { vec![problem] } else { Vec::new() };
                self.edit(|_| {});
            }
            _ => self.world.observed.pool = None,
        }
        let jump = match self.dice.roll(20) {
            0 => -10_000,
            1 => 10_000,
            _ => i64::try_from(self.dice.roll(30)).unwrap(),
        };
        self.world.now += SignedDuration::from_secs(jump);
    }

    /// From now on nothing goes wrong, and every driver ends well.
    fn calm_down(&mut self) {
        self.world.problems.clear();
        self.edit(|spec| {
            let spec = spec.as_object_mut().unwrap();
            spec.remove("suspend");
            spec.remove("timeouts");
            spec.insert("restartPolicy".to_owned(), json!({"type": "Never"}));
        });
        for _ in 0..60 {
            self.look(true);
            self.set_driver(&exited(0, ""));
            self.world.now += SignedDuration::from_secs(5);
        }
        let state = self.world.state();
        assert!(state.is_terminal(), "ends in {state:?}");
        let decision = self.world.decide();
        assert_eq!((decision.actions, decision.status), (Vec::new(), None), "there is something left to do");
    }
}

fn walk(seed: u64) {
    let mut walk = Walk::new(seed);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        for _ in 0..60 {
            walk.happen();
            // The same is decided until nothing changes; it takes only a few looks.
            let mut looks = 0;
            while walk.dice.roll(4) != 0 {
                let decision = walk.look(false);
                if decision.actions.is_empty() && decision.status.is_none() {
                    break;
                }
                looks += 1;
                assert!(looks < 30, "goes on for ever");
            }
        }
        walk.calm_down();
    }));
    if result.is_err() {
        let last = walk.log.len().saturating_sub(12);
        panic!("seed {seed}: {:#?}", &walk.log[last..]);
    }
}

#[test]
fn the_rules_hold_on_random_walks() {
    for seed in 0..200 {
        walk(seed);
    }
}
