//! Carries events to listeners. Spark: `LiveListenerBus`, `AsyncEventQueue`.
//!
//! Each queue has a thread and a bound. What does not fit into a queue of users' listeners is dropped, counted and warned
//! about, as in Spark: nobody's listener holds up the application. The event log's queue makes who posts wait instead, which
//! Spark's does not: tasks here may end faster than they can be written, and a log with holes is of no use.
//! Events travel in the batches in which the driver made them, so a thousand task ends cost one wake-up.
//! The status store is not behind the bus: it never misses an event.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use hearth_types::ListenerEvent;

use crate::listener::Listener;

/// How often dropped events are warned about.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// How many batches may wait in a queue that drops nothing. Few, as `stop` waits for them.
const BATCHES: usize = 16;
/// How long such a queue may stand still before it drops events after all: a disk that hangs must not hold up everything.
const STANDSTILL: Duration = Duration::from_secs(10);

/// Settings of the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusConf {
    /// `spark.scheduler.listenerbus.eventqueue.capacity`: events that may wait in a queue that drops what does not fit.
    pub capacity: usize,
    /// How long `stop` waits for a listener that hangs.
    pub stop_timeout: Duration,
}

impl Default for BusConf {
    fn default() -> Self {
        Self { capacity: 10_000, stop_timeout: Duration::from_secs(1) }
    }
}

/// What happens to events that do not fit into a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// They are dropped.
    Drop,
    /// Who posts waits until they fit.
    Wait,
}

/// Carries events to listeners. Owned by who posts.
#[derive(Debug)]
pub struct ListenerBus {
    conf: BusConf,
    queues: Vec<Queue>,
}

enum Message {
    Events { batch: Arc<[ListenerEvent]>, take: usize },
    Add(Box<dyn Listener>),
}

#[derive(Debug)]
struct Queue {
    name: &'static str,
    when_full: WhenFull,
    /// Nothing fitted for so long that nobody waits until something does.
    stands_still: bool,
    sender: Sender<Message>,
    waiting: Arc<AtomicUsize>,
    done: Receiver<()>,
    thread: JoinHandle<()>,
    dropped: u64,
    dropped_since_warning: u64,
    warned: Option<Instant>,
}

impl ListenerBus {
    /// A bus that nobody listens to yet.
    pub fn new(conf: BusConf) -> Self {
        Self { conf, queues: Vec::new() }
    }

    /// Adds a listener to the queue of this name (`shared` for those of users), with a thread of its own when the
    /// queue is new. It hears what is posted from now on.
    pub fn add(&mut self, queue: &'static str, when_full: WhenFull, listener: Box<dyn Listener>) {
        let found = match self.queues.iter().position(|kept| kept.name == queue) {
            Some(at) => self.queues.get(at),
            None => match Queue::start(queue, when_full) {
                Ok(started) => {
                    self.queues.push(started);
                    self.queues.last()
                }
                Err(error) => {
                    tracing::error!(%error, queue, "the listener hears nothing: its thread cannot be started");
                    None
                }
            },
        };
        if let Some(found) = found
            && found.sender.send(Message::Add(listener)).is_err()
        {
            tracing::error!(queue, "the listener hears nothing: its thread has ended");
        }
    }

    /// Whether a post would reach anybody.
    pub fn has_listeners(&self) -> bool {
        !self.queues.is_empty()
    }

    /// Hands a batch to every queue.
    pub fn post(&mut self, events: Vec<ListenerEvent>) {
        if self.queues.is_empty() || events.is_empty() {
            return;
        }
        let batch: Arc<[ListenerEvent]> = events.into();
        for queue in &mut self.queues {
            queue.post(&batch, self.conf.capacity);
        }
    }

    /// Events that were dropped so far because a listener was too slow.
    pub fn dropped(&self) -> u64 {
        self.queues.iter().map(|queue| queue.dropped).sum()
    }

    /// Lets every listener hear what waits, then ends the threads; a listener that hangs is left behind.
    pub fn stop(&mut self) {
        let deadline = Instant::now() + self.conf.stop_timeout;
        for mut queue in self.queues.drain(..) {
            queue.warn_of_dropped();
            let Queue { name, sender, done, thread, .. } = queue;
            drop(sender);
            // The thread owns the other end and drops it when it has delivered everything.
            match done.recv_deadline(deadline) {
                Err(crossbeam_channel::RecvTimeoutError::Timeout) => {
                    tracing::warn!(
                        queue = name,
                        "a listener hangs; the events that it has not heard are lost"
                    );
                }
                Ok(()) | Err(crossbeam_channel::RecvTimeoutError::Disconnected) => {
                    if thread.join().is_err() {
                        tracing::error!(queue = name, "the listener thread panicked");
                    }
                }
            }
        }
    }
}

impl Queue {
    fn start(name: &'static str, when_full: WhenFull) -> std::io::Result<Self> {
        let (sender, receiver) = match when_full {
            WhenFull::Drop => crossbeam_channel::unbounded(),
            WhenFull::Wait => crossbeam_channel::bounded(BATCHES),
        };
        let (alive, done) = crossbeam_channel::bounded(0);
        let waiting = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&waiting);
        let thread = std::thread::Builder::new().name(format!("listener-{name}")).spawn(move || {
            deliver(&receiver, &count);
            drop(alive);
        })?;
        Ok(Self {
            name,
            when_full,
            stands_still: false,
            sender,
            waiting,
            done,
            thread,
            dropped: 0,
            dropped_since_warning: 0,
            warned: None,
        })
    }

    fn post(&mut self, batch: &Arc<[ListenerEvent]>, capacity: usize) {
        match self.when_full {
            WhenFull::Drop => self.post_what_fits(batch, capacity),
            WhenFull::Wait => self.post_all(batch),
        }
    }

    fn post_all(&mut self, batch: &Arc<[ListenerEvent]>) {
        let message = Message::Events { batch: Arc::clone(batch), take: batch.len() };
        let patience = if self.stands_still { Duration::ZERO } else { STANDSTILL };
        self.waiting.fetch_add(batch.len(), Ordering::AcqRel);
        self.stands_still = self.sender.send_timeout(message, patience).is_err();
        if self.stands_still {
            self.waiting.fetch_sub(batch.len(), Ordering::AcqRel);
            self.drop_events(batch.len());
        }
    }

    fn post_what_fits(&mut self, batch: &Arc<[ListenerEvent]>, capacity: usize) {
        let free = capacity.saturating_sub(self.waiting.load(Ordering::Acquire));
        let take = batch.len().min(free);
        if take > 0 {
            self.waiting.fetch_add(take, Ordering::AcqRel);
            if self.sender.send(Message::Events { batch: Arc::clone(batch), take }).is_err() {
                self.drop_events(take);
            }
        }
        if take < batch.len() {
            self.drop_events(batch.len() - take);
        }
    }

    fn drop_events(&mut self, count: usize) {
        self.dropped += count as u64;
        self.dropped_since_warning += count as u64;
        if self.warned.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
            self.warn_of_dropped();
        }
    }

    fn warn_of_dropped(&mut self) {
        if self.dropped_since_warning == 0 {
            return;
        }
        let advice = match self.when_full {
            WhenFull::Drop => {
                "a listener is too slow for the rate at which tasks end; a larger \
                 spark.scheduler.listenerbus.eventqueue.capacity gives it more time"
            }
            WhenFull::Wait => "what they are written to hangs",
        };
        tracing::warn!(
            "Dropped {} events from {}, {} in all: {advice}",
            self.dropped_since_warning,
            self.name,
            self.dropped
        );
        self.dropped_since_warning = 0;
        self.warned = Some(Instant::now());
    }
}

fn deliver(receiver: &Receiver<Message>, waiting: &AtomicUsize) {
    let mut listeners: Vec<Box<dyn Listener>> = Vec::new();
    for message in receiver {
        match message {
            Message::Add(listener) => listeners.push(listener),
            Message::Events { batch, take } => {
                for event in batch.iter().take(take) {
                    for listener in &mut listeners {
                        tell(listener.as_mut(), event);
                    }
                    waiting.fetch_sub(1, Ordering::AcqRel);
                }
            }
        }
    }
}

/// A panic stays with its listener.
fn tell(listener: &mut dyn Listener, event: &ListenerEvent) {
    if std::panic::catch_unwind(AssertUnwindSafe(|| listener.on_event(event))).is_err() {
        tracing::error!("a listener panicked; it hears the next event all the same");
    }
}

#[cfg(test)]
mod tests {
    use hearth_types::{RddId, Timestamp};
    use parking_lot::Mutex;

    use super::*;

    /// Waits for every listener, however busy the machine is.
    const PATIENT: BusConf = BusConf { capacity: 10_000, stop_timeout: Duration::from_secs(60) };

    fn event(number: u32) -> ListenerEvent {
        ListenerEvent::UnpersistRdd { rdd: RddId(number) }
    }

    fn recorder(heard: &Arc<Mutex<Vec<u32>>>) -> Box<dyn Listener> {
        let heard = Arc::clone(heard);
        Box::new(move |event: &ListenerEvent| match event {
            ListenerEvent::UnpersistRdd { rdd } => heard.lock().push(rdd.0),
            ListenerEvent::ApplicationEnd { .. } => panic!("bad listener"),
            _ => {}
        })
    }

    #[test]
    fn every_listener_hears_every_event_in_order_and_stop_waits_for_them() {
        let (first, second) = (Arc::default(), Arc::default());
        let mut bus = ListenerBus::new(PATIENT);
        bus.add("shared", WhenFull::Drop, recorder(&first));
        bus.add("eventLog", WhenFull::Wait, recorder(&second));
        for start in [0, 10, 20] {
            bus.post((start..start + 10).map(event).collect());
        }
        bus.stop();
        assert_eq!(*first.lock(), (0..30).collect::<Vec<_>>());
        assert_eq!(*first.lock(), *second.lock());
    }

    #[test]
    fn a_full_queue_drops_and_counts_and_does_not_block() {
        let (go, wait) = crossbeam_channel::bounded::<()>(0);
        let heard = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&heard);
        let mut bus = ListenerBus::new(BusConf { capacity: 5, ..PATIENT });
        bus.add(
            "shared",
            WhenFull::Drop,
            Box::new(move |_: &ListenerEvent| {
                assert!(wait.recv().is_err());
                count.fetch_add(1, Ordering::Relaxed);
            }),
        );
        bus.post((0..4).map(event).collect());
        bus.post((4..20).map(event).collect());
        assert_eq!(bus.dropped(), 15);
        drop(go);
        bus.stop();
        assert_eq!(heard.load(Ordering::Relaxed), 5);
    }

    #[test]
    fn a_queue_that_drops_nothing_waits_for_a_slow_listener() {
        let (go, wait) = crossbeam_channel::bounded::<()>(0);
        let heard = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&heard);
        let mut bus = ListenerBus::new(BusConf { capacity: 1, ..PATIENT });
        let slow = move |_: &ListenerEvent| {
            wait.recv().unwrap();
            count.fetch_add(1, Ordering::Relaxed);
        };
        bus.add("eventLog", WhenFull::Wait, Box::new(slow));
        let posts = 4 * BATCHES;
        let hastening = std::thread::spawn(move || (0..2 * posts).for_each(|_| go.send(()).unwrap()));
        (0..posts).for_each(|_| bus.post(vec![event(1), event(2)]));
        bus.stop();
        hastening.join().unwrap();
        assert_eq!((bus.dropped(), heard.load(Ordering::Relaxed)), (0, 2 * posts));
    }

    #[test]
    fn a_panic_in_a_listener_harms_nobody() {
        let heard = Arc::default();
        let mut bus = ListenerBus::new(PATIENT);
        bus.add("shared", WhenFull::Drop, recorder(&heard));
        bus.post(vec![event(1), ListenerEvent::ApplicationEnd { time: Timestamp(0) }, event(2)]);
        bus.stop();
        assert_eq!(*heard.lock(), vec![1, 2]);
    }

    #[test]
    fn a_listener_that_hangs_does_not_hold_up_the_stop() {
        let (_go, wait) = crossbeam_channel::bounded::<()>(0);
        let mut bus =
            ListenerBus::new(BusConf { stop_timeout: Duration::from_millis(20), ..BusConf::default() });
        bus.add("shared", WhenFull::Drop, Box::new(move |_: &ListenerEvent| assert!(wait.recv().is_err())));
        bus.post(vec![event(1)]);
        bus.stop();
        assert!(!bus.has_listeners());
    }
}
