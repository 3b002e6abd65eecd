//! Runs a script and writes down what came out.

use std::collections::BTreeMap;
use std::time::Duration;

use hearth_types::{ExecutorId, TaskAttempt, Timestamp};

use super::print::{Shown, label, line};
use crate::{Action, Event, Scheduler, SchedulerConf};

/// A script on its way.
#[derive(Debug)]
pub(super) struct Runner {
    pub(super) conf: SchedulerConf,
    pub(super) shown: Shown,
    scheduler: Option<Scheduler>,
    now: Timestamp,
    /// Every attempt that was ever launched, by its name.
    launched: BTreeMap<String, (TaskAttempt, ExecutorId)>,
    out: String,
}

/// Runs a script. Returns it with what came out in place of what was expected, or what is wrong with it.
/// When no job is active at the end of a line, nothing of a job may remain; at the end of the script no job may be.
pub fn run_script(script: &str) -> Result<String, String> {
    let conf =
        SchedulerConf { shuffle_offers: false, launch_ahead: Duration::ZERO, ..SchedulerConf::default() };
    let mut runner = Runner {
        conf,
        shown: Shown::default(),
        scheduler: None,
        now: Timestamp::from_millis(1_000_000),
        launched: BTreeMap::new(),
        out: String::new(),
    };
    for (number, text) in script.lines().enumerate() {
        if text.starts_with("  ") {
            continue;
        }
        runner.out.push_str(text);
        runner.out.push('\n');
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let obeyed = runner.command(text).and_then(|()| runner.check_clean());
        obeyed.map_err(|error| format!("line {}: {error}\nso far:\n{}", number + 1, runner.out))?;
    }
    if runner.scheduler.as_ref().is_some_and(|scheduler| scheduler.view().jobs().next().is_some()) {
        return Err(format!("a job is still active at the end of the script:\n{}", runner.out));
    }
    Ok(runner.out)
}

impl Runner {
    fn check_clean(&self) -> Result<(), String> {
        let Some(view) = self.scheduler.as_ref().map(Scheduler::view) else { return Ok(()) };
        if view.jobs().next().is_none() && !view.is_empty() {
            return Err("no job is active, but something of one remains".to_owned());
        }
        Ok(())
    }

    /// Gives the scheduler an event and writes down its actions.
    pub(super) fn send(&mut self, event: Event) {
        let conf = &self.conf;
        let scheduler = self.scheduler.get_or_insert_with(|| Scheduler::new(conf.clone(), 0));
        let actions = scheduler.handle(self.now, event);
        for action in &actions {
            if let Action::LaunchTask { executor, task } = action {
                let name = label(&task.id);
                let latest =
                    name.rsplit_once('.').map_or_else(|| name.clone(), |(latest, _)| latest.to_owned());
                self.launched.insert(latest, (task.id, *executor));
                self.launched.insert(name, (task.id, *executor));
            }
            if let Some(text) = line(action, &self.shown) {
                self.print(&text);
            }
        }
    }

    /// Writes a line of output.
    pub(super) fn print(&mut self, text: &str) {
        for part in text.lines() {
            self.out.push_str("  ");
            self.out.push_str(part);
            self.out.push('\n');
        }
    }

    /// Lets time pass, with a timeout at every moment that the scheduler names, as the driver does.
    pub(super) fn advance(&mut self, by: Duration) -> Result<(), String> {
        let end = self.now + by;
        for _ in 0..10_000 {
            let next = self.scheduler.as_ref().and_then(Scheduler::next_timeout).filter(|at| *at <= end);
            let Some(next) = next else {
                self.now = end;
                return Ok(());
            };
            if next > self.now {
                self.now = next;
            }
            self.send(Event::Timeout);
        }
        Err("time does not advance: the scheduler names the same moment again and again".to_owned())
    }

    pub(super) fn scheduler(&self) -> Option<&Scheduler> {
        self.scheduler.as_ref()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// The attempt of that name that was launched last, and where.
    pub(super) fn attempt(&self, name: &str) -> Result<(TaskAttempt, ExecutorId), String> {
        self.launched.get(name).copied().ok_or_else(|| format!("{name} was never launched"))
    }
}
