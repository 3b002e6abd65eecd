//! The input lines of a script.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hearth_types::{
    BlockUpdate, ExceptionKind, ExecutorId, ExecutorLossReason, HostName, JobId, JobProperties, KillReason,
    MapSizes, RddId, SchedulingMode, ShuffleId, StageId, StorageLevel, TaskEndReason, TaskMetrics,
};

use super::graph::parse_graph;
use super::script::Runner;
use crate::{AllocationConf, CancelTarget, Event, ExecutorsConf, PoolConf, TaskEnd};

/// The words of a line after the first: plain ones in order, and `key=value`.
struct Words<'a> {
    plain: Vec<&'a str>,
    keyed: BTreeMap<&'a str, &'a str>,
}

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Self {
        let (keyed, plain): (Vec<_>, Vec<_>) = text.split_whitespace().partition(|word| word.contains('='));
        Self { plain, keyed: keyed.into_iter().filter_map(|word| word.split_once('=')).collect() }
    }

    fn plain(&self, at: usize) -> Result<&'a str, String> {
        self.plain.get(at).copied().ok_or_else(|| format!("word {} is missing", at + 1))
    }

    fn number(&self, at: usize) -> Result<u32, String> {
        parse(self.plain(at)?)
    }

    fn get<T: std::str::FromStr>(&self, key: &str) -> Result<Option<T>, String> {
        self.keyed.get(key).map(|value| parse(value)).transpose()
    }
}

fn parse<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is not what belongs here"))
}

fn duration(text: &str) -> Result<Duration, String> {
    match text.strip_suffix("ms") {
        Some(millis) => Ok(Duration::from_millis(parse(millis)?)),
        None => Ok(Duration::from_secs(parse(text.strip_suffix('s').unwrap_or(text))?)),
    }
}

impl Runner {
    /// Obeys one line.
    pub(super) fn command(&mut self, text: &str) -> Result<(), String> {
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let words = Words::new(rest);
        match verb {
            "conf" => return self.configure(&words),
            "show" => {
                self.shown.0.extend(words.plain.iter().map(|word| (*word).to_owned()));
                return Ok(());
            }
            "advance" => return self.advance(duration(words.plain(0)?)?),
            "view" => return self.print_view(),
            "submit" => {
                let event = submission(rest)?;
                self.send(event);
            }
            "ok" | "fail" => {
                for name in words.plain.first().copied().unwrap_or_default().split(',') {
                    self.end_task(verb, name, &words)?;
                }
            }
            "commit" => {
                let (id, executor) = self.attempt(words.plain(0)?)?;
                self.send(Event::CommitRequested { id, executor });
            }
            "fetched" => {
                let (id, _) = self.attempt(words.plain(0)?)?;
                self.send(Event::ResultFetched { id });
            }
            "result-lost" => {
                let (id, _) = self.attempt(words.plain(0)?)?;
                self.send(Event::ResultLost { id });
            }
            other => {
                let event = simple_event(other, &words, rest)?;
                self.send(event);
            }
        }
        Ok(())
    }

    fn end_task(&mut self, verb: &str, name: &str, words: &Words<'_>) -> Result<(), String> {
        let (id, executor) = self.attempt(name)?;
        let executor = words.get::<u32>("as")?.map_or(executor, ExecutorId);
        let view = self.scheduler().map(|scheduler| scheduler.view());
        let shuffle = view
            .and_then(|view| view.stages().find(|stage| stage.stage == id.stage))
            .and_then(|stage| stage.shuffle);
        let checksum = words.get("sum")?.unwrap_or(0);
        let end = if verb == "fail" {
            TaskEnd::Failed(Arc::new(failure(words)?))
        } else if let Some(size) = words.get("stored")? {
            TaskEnd::IndirectResult { size }
        } else if let Some(sizes) = words.keyed.get("sizes") {
            let sizes: Vec<u64> = sizes.split(',').map(parse).collect::<Result<_, _>>()?;
            TaskEnd::MapOutput { sizes: MapSizes::from_bytes(&sizes), checksum }
        } else if shuffle.is_some() || words.plain.contains(&"map") {
            TaskEnd::MapOutput { sizes: MapSizes::from_bytes(&[1]), checksum }
        } else {
            TaskEnd::Result { size: words.get("size")?.unwrap_or(1) }
        };
        let executor_run_micros = words.get("micros")?.unwrap_or(1_000_000);
        let metrics = Box::new(TaskMetrics { executor_run_micros, ..TaskMetrics::default() });
        self.send(Event::TaskEnded { id, executor, end, metrics });
        Ok(())
    }

    fn configure(&mut self, words: &Words<'_>) -> Result<(), String> {
        if words.plain.first() == Some(&"dynamic") {
            let mut dynamic = AllocationConf::default();
            for (key, value) in &words.keyed {
                let never = || if *value == "never" { Ok(None) } else { duration(value).map(Some) };
                match *key {
                    "min" => dynamic.min = parse(value)?,
                    "initial" => dynamic.initial = parse(value)?,
                    "max" => dynamic.max = parse(value)?,
                    "slots" => dynamic.slots = parse(value)?,
                    "ratio" => dynamic.ratio = parse(value)?,
                    "idle" => dynamic.idle_timeout = duration(value)?,
                    "cached-idle" => dynamic.cached_idle_timeout = never()?,
                    "shuffle-idle" => dynamic.shuffle_timeout = never()?,
                    "tracking" => dynamic.shuffle_tracking = parse(value)?,
                    other => return Err(format!("unknown setting {other}")),
                }
            }
            self.conf.executors = ExecutorsConf::Dynamic(dynamic);
            return Ok(());
        }
        for (key, value) in &words.keyed {
            match *key {
                "max-failures" => self.conf.task_max_failures = parse(value)?,
                "stage-attempts" => self.conf.stage_max_consecutive_attempts = parse(value)?,
                "wait" => {
                    self.conf.locality_wait_process = duration(value)?;
                    self.conf.locality_wait_node = duration(value)?;
                }
                "max-result" => self.conf.max_result_size = Some(parse(value)?),
                "executors" => self.conf.executors = ExecutorsConf::Fixed { count: parse(value)?, slots: 1 },
                "registered" => self.conf.min_registered_ratio = parse(value)?,
                "ahead" => self.conf.launch_ahead = duration(value)?,
                "mode" => self.conf.mode = mode(value)?,
                "reduce-locality" => self.conf.reduce_locality = parse(value)?,
                pool => {
                    let mut values = value.split(',');
                    let mut next =
                        || values.next().ok_or_else(|| format!("pool {pool} needs mode,weight,share"));
                    let conf = PoolConf {
                        mode: mode(next()?)?,
                        weight: parse(next()?)?,
                        min_share: parse(next()?)?,
                    };
                    self.conf.pools.insert(pool.to_owned(), conf);
                }
            }
        }
        Ok(())
    }

    fn print_view(&mut self) -> Result<(), String> {
        let Some(view) = self.scheduler().map(|scheduler| scheduler.view()) else {
            return Err("no scheduler".into());
        };
        let until = self.scheduler().and_then(|scheduler| scheduler.next_timeout());
        let mut lines = vec![format!(
            "pending={} running={} free={} epoch={} target={} stale={} timeout={}",
            view.pending_tasks(),
            view.running().count(),
            view.free_slots(),
            view.epoch(),
            view.executor_target(),
            view.stale_events(),
            until.map_or_else(|| "never".to_owned(), |at| format!("{}ms", at.since(self.now()).as_millis())),
        )];
        for stage in view.stages() {
            lines.push(format!("stage {} {:?} missing={}", stage.stage, stage.state, stage.missing));
        }
        for line in lines {
            self.print(&line);
        }
        Ok(())
    }
}

fn mode(text: &str) -> Result<SchedulingMode, String> {
    match text {
        "fair" => Ok(SchedulingMode::Fair),
        "fifo" => Ok(SchedulingMode::Fifo),
        other => Err(format!("no scheduling mode {other}")),
    }
}

/// `JOB [pool=P] [group=G] [tags=A,B] : GRAPH`
fn submission(rest: &str) -> Result<Event, String> {
    let (head, graph) = rest.split_once(':').ok_or("a submission is `submit JOB : GRAPH`")?;
    let words = Words::new(head);
    let job = JobId(words.number(0)?);
    let text = |key: &str| words.keyed.get(key).map(|value| (*value).to_owned());
    let properties = JobProperties {
        pool: text("pool"),
        group: text("group"),
        tags: text("tags").map(|tags| tags.split(',').map(str::to_owned).collect()).unwrap_or_default(),
        ..JobProperties::default()
    };
    Ok(Event::JobSubmitted { job, graph: parse_graph(job, graph)?, properties })
}

fn failure(words: &Words<'_>) -> Result<TaskEndReason, String> {
    let exception = |kind| TaskEndReason::ExceptionFailure {
        kind,
        message: words.plain.get(2..).unwrap_or_default().join(" "),
        backtrace: String::new(),
    };
    match words.plain.get(1).copied() {
        None | Some("user") => Ok(exception(ExceptionKind::User)),
        Some("not-serializable") => Ok(exception(ExceptionKind::NotSerializable)),
        Some("output-exists") => Ok(exception(ExceptionKind::OutputExists)),
        Some("killed") => Ok(TaskEndReason::TaskKilled(KillReason::StageCancelled)),
        Some("denied") => Ok(TaskEndReason::TaskCommitDenied),
        Some("fetch") => Ok(TaskEndReason::FetchFailed {
            shuffle: ShuffleId(words.get("shuffle")?.unwrap_or(0)),
            map_index: words.get("map")?,
            reduce: 0,
            from: words.get("from")?.map(ExecutorId),
            message: "could not fetch\nconnection refused".to_owned(),
        }),
        Some(other) => Err(format!("no failure {other}")),
    }
}

fn simple_event(verb: &str, words: &Words<'_>, rest: &str) -> Result<Event, String> {
    let event = match verb {
        "start" => Event::ApplicationStarted,
        "timeout" => Event::Timeout,
        "executor" => Event::ExecutorRegistered {
            executor: ExecutorId(words.number(0)?),
            host: HostName::new(words.keyed.get("host").copied().unwrap_or("host")),
            slots: words.get("slots")?.unwrap_or(1),
            block_address: "host:1".to_owned(),
            max_memory: 1,
        },
        "lost" => Event::ExecutorLost {
            executor: ExecutorId(words.number(0)?),
            reason: match words.plain.get(1).copied() {
                None => ExecutorLossReason::Exited { code: 1 },
                Some("disconnected") => ExecutorLossReason::Disconnected,
                Some("removed") => ExecutorLossReason::Removed,
                Some("evicted") => ExecutorLossReason::NotByApp("evicted".to_owned()),
                Some(other) => return Err(format!("no loss {other}")),
            },
        },
        "decommission" => Event::ExecutorDecommissioning { executor: ExecutorId(words.number(0)?) },
        "request-failed" => Event::ExecutorRequestFailed { reason: rest.to_owned() },
        "bounds" => Event::ExecutorBoundsChanged { min: words.get("min")?, max: words.get("max")? },
        "heartbeat" => Event::Heartbeat { executor: ExecutorId(words.number(0)?) },
        "outputs" => Event::MapOutputsRequested {
            shuffle: ShuffleId(words.number(0)?),
            executor: ExecutorId(words.get("for")?.unwrap_or(0)),
        },
        "block" | "unblock" => {
            let level = if verb == "block" { StorageLevel::MEMORY_ONLY } else { StorageLevel::NONE };
            let (rdd, partition) = (RddId(words.number(0)?), words.number(1)?);
            let update = BlockUpdate { rdd, partition, level, memory_size: 1, disk_size: 0 };
            Event::BlockUpdated { executor: ExecutorId(words.get("on")?.unwrap_or(0)), update }
        }
        "unpersist" => Event::RddUnpersisted { rdd: RddId(words.number(0)?) },
        "release" => Event::ShuffleReleased { shuffle: ShuffleId(words.number(0)?) },
        "cancel" => {
            let which = match (words.plain(0)?, words.plain.get(1)) {
                ("job", Some(id)) => CancelTarget::Job(JobId(parse(id)?)),
                ("stage", Some(id)) => CancelTarget::Stage(StageId(parse(id)?)),
                ("group", Some(name)) => CancelTarget::Group((*name).to_owned()),
                ("tag", Some(name)) => CancelTarget::Tag((*name).to_owned()),
                ("all", None) => CancelTarget::All,
                (other, _) => return Err(format!("cannot cancel {other}")),
            };
            Event::JobsCancelled { which, reason: words.plain.get(2..).unwrap_or_default().join(" ") }
        }
        other => return Err(format!("unknown line {other}")),
    };
    Ok(event)
}
