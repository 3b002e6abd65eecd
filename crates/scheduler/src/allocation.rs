//! How many executors to have. Spark: `ExecutorAllocationManager` and `ExecutorMonitor`.
//!
//! Spark looks every 100 ms. Ours looks when something may have changed, at most every 100 ms, and names the next
//! moment in `next_timeout`, so an idle application sleeps.

mod dynamic;

use std::time::Duration;

use hearth_types::{ExecutorId, Timestamp};

use self::dynamic::Dynamic;
use crate::dag::DagScheduler;
use crate::tasks::TaskScheduler;
use crate::{ExecutorsConf, SchedulerConf};

/// Decides how many executors to ask for and which to let go.
#[derive(Debug)]
pub(crate) struct ExecutorAllocation {
    /// What was last asked for.
    target: u32,
    started: Option<Timestamp>,
    ready: bool,
    min_registered: u32,
    max_registered_wait: Duration,
    /// When to repeat a request that failed.
    retry_at: Option<Timestamp>,
    /// An executor died that we still want: ask again.
    ask_again: bool,
    dynamic: Option<Dynamic>,
}

/// The work there is, and who is there to do it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) pending: u64,
    pub(crate) running: u64,
    /// Executors that were not asked to go.
    pub(crate) executors: u32,
}

/// What to do about executors now.
#[derive(Debug, Default)]
pub(crate) struct Wish {
    pub(crate) request: Option<u32>,
    pub(crate) remove: Vec<ExecutorId>,
}

/// A request that failed is repeated after this time.
const RETRY: Duration = Duration::from_secs(1);

impl ExecutorAllocation {
    pub(crate) fn new(conf: &SchedulerConf) -> Self {
        let (target, dynamic) = match &conf.executors {
            ExecutorsConf::Fixed { count, slots: _ } => (*count, None),
            ExecutorsConf::Dynamic(conf) => {
                (conf.initial.max(conf.min).min(conf.max), Some(Dynamic::new(conf.clone())))
            }
        };
        let min_registered = (f64::from(target) * conf.min_registered_ratio.clamp(0.0, 1.0)).ceil();
        Self {
            target,
            started: None,
            ready: min_registered <= 0.0,
            min_registered: min_registered as u32,
            max_registered_wait: conf.max_registered_wait,
            retry_at: None,
            ask_again: false,
            dynamic,
        }
    }

    /// The application starts: what to ask for first.
    pub(crate) fn on_started(&mut self, now: Timestamp) -> Option<u32> {
        self.started.is_none().then(|| {
            self.started = Some(now);
            self.target
        })
    }

    /// The cluster manager could not do it: asks again later.
    pub(crate) fn on_request_failed(&mut self, now: Timestamp) {
        self.retry_at.get_or_insert(now + RETRY);
    }

    /// Somebody edited the bounds. Spark reads them once.
    pub(crate) fn on_bounds_changed(&mut self, min: Option<u32>, max: Option<u32>) {
        if let Some(dynamic) = &mut self.dynamic {
            dynamic.set_bounds(min, max);
        }
    }

    /// An executor is gone that nobody asked to go.
    pub(crate) fn on_executor_lost(&mut self) {
        self.ask_again = true;
    }

    /// Something that decides how long an executor may be idle has changed.
    pub(crate) fn touch(&mut self, executor: ExecutorId) {
        if let Some(dynamic) = &mut self.dynamic {
            dynamic.touch(executor);
        }
    }

    /// The same, for every executor.
    pub(crate) fn touch_all(&mut self) {
        if let Some(dynamic) = &mut self.dynamic {
            dynamic.touch_all();
        }
    }

    pub(crate) fn is_dynamic(&self) -> bool {
        self.dynamic.is_some()
    }

    /// Whether enough executors have registered for tasks to start.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready
    }

    /// Looks again whether enough executors have registered, or the wait for them was long enough.
    pub(crate) fn check_ready(&mut self, now: Timestamp, executors: u32) -> bool {
        let since = *self.started.get_or_insert(now);
        self.ready = executors >= self.min_registered || now.since(since) >= self.max_registered_wait;
        self.ready
    }

    /// Updates who is idle since when, after an event.
    pub(crate) fn note_idle(
        &mut self,
        now: Timestamp,
        tasks: &mut TaskScheduler,
        dag: &DagScheduler,
        dag_changed: bool,
    ) {
        if let Some(dynamic) = &mut self.dynamic {
            if dag_changed {
                dynamic.on_dag_changed(dag);
            }
            dynamic.note_idle(now, tasks, dag);
        }
    }

    /// What to do now.
    pub(crate) fn decide(&mut self, now: Timestamp, load: &Load) -> Wish {
        let mut wish = Wish::default();
        let retry = self.retry_at.take_if(|at| *at <= now).is_some();
        if let Some(dynamic) = &mut self.dynamic {
            dynamic.check_initialized(now);
            let before = self.target;
            self.target = dynamic.bounded(self.target);
            self.target = dynamic.new_target(now, self.target, load).unwrap_or(self.target);
            wish.request = Some(self.target).filter(|target| *target != before);
            wish.remove = dynamic.expired(now, self.target, load);
        }
        let again = std::mem::take(&mut self.ask_again) || retry;
        if again && self.started.is_some() && load.executors < self.target {
            wish.request = Some(self.target);
        }
        wish
    }

    /// When to look again if nothing happens.
    pub(crate) fn next_timeout(&self, load: &Load) -> Option<Timestamp> {
        let registered = match self.started {
            Some(started) if !self.ready => Some(started + self.max_registered_wait),
            Some(_) | None => None,
        };
        let dynamic = self.dynamic.as_ref().and_then(|dynamic| dynamic.next_timeout(self.target, load));
        [registered, self.retry_at, dynamic].into_iter().flatten().min()
    }

    /// What was last asked for.
    pub(crate) fn target(&self) -> u32 {
        self.target
    }
}
