//! Watches that break, and such that are told to list anew.

use serde_json::{Value, json};

use super::*;
use crate::names::APP_NAME_LABEL;
use crate::settings::MetricsSettings;
use crate::testing::FakeApi;

/// Longer than any wait before a watch is begun again. The clock is not the real one.
const QUIET: Duration = Duration::from_secs(60);

fn application_at(name: &str) -> String {
    format!("/apis/sparkoperator.k8s.io/v1beta2/namespaces/ns/sparkapplications/{name}")
}

fn pool_at(name: &str) -> String {
    format!("/apis/hearth.dev/v1alpha1/namespaces/ns/executorpools/{name}")
}

fn driver_at(name: &str) -> String {
    format!("/api/v1/namespaces/ns/pods/{name}-driver")
}

struct World {
    api: FakeApi,
    cache: Arc<Cache>,
    queue: Arc<Queue>,
    _watches: Watches,
}

impl World {
    /// Applications with a pool and a driver each, all of it known.
    async fn of(names: &[&str]) -> Self {
        let api = FakeApi::default();
        for name in names {
            let metadata = json!({ "name": name, "namespace": "ns" });
            api.put(&application_at(name), json!({ "metadata": metadata, "spec": { "arguments": [] } }));
            api.put(&pool_at(name), json!({ "metadata": metadata, "spec": { "application": name } }));
            let labels = json!({ APP_NAME_LABEL: name, LAUNCHED_BY_LABEL: "true" });
            let metadata = json!({ "name": format!("{name}-driver"), "namespace": "ns", "labels": labels });
            api.put(&driver_at(name), json!({ "metadata": metadata, "spec": { "containers": [] } }));
        }
        let metrics = Arc::new(Metrics::new(&MetricsSettings::default()).unwrap());
        let scope =
            Scope { namespaces: vec!["ns".to_owned()], namespace_selector: None, application_selector: None };
        let (cache, queue) = (Arc::new(Cache::default()), Arc::new(Queue::default()));
        let mut watches = watch_all(&api.client(), &scope, &cache, &queue, &metrics);
        watches.synced(QUIET).await.unwrap();
        let world = Self { api, cache, queue, _watches: watches };
        world.turns().await;
        world.api.take_log();
        world
    }

    /// Who gets a turn until nothing happens any more.
    async fn turns(&self) -> Vec<String> {
        let mut turns = Vec::new();
        while let Ok(Some(key)) = tokio::time::timeout(QUIET, self.queue.next()).await {
            turns.push(key.name().to_owned());
            self.queue.finish(&key, crate::queue::Outcome::Done);
        }
        turns.sort();
        turns
    }

    /// Edits one application, takes the driver from another and the pool from a third, and deletes a fourth.
    fn change(&self) {
        let mut edited = self.api.get(&application_at("edited")).unwrap();
        edited["spec"]["arguments"] = json!(["1"]);
        self.api.put(&application_at("edited"), edited);
        self.api.remove(&driver_at("undriven"));
        self.api.remove(&pool_at("drained"));
        for path in [application_at, pool_at, driver_at] {
            self.api.remove(&path("deleted"));
        }
    }

    /// What is known of an application: its arguments, and how many pools and pods it has.
    fn known(&self, name: &str) -> (Value, usize, usize) {
        let snapshot = self.cache.get(&Key::new("ns", name));
        let application = snapshot.application.map(|object| object.parse::<Value>().unwrap());
        let arguments = application.map(|application| application["spec"]["arguments"].clone());
        (arguments.unwrap_or_default(), usize::from(snapshot.pool.is_some()), snapshot.pods.len())
    }

    fn knows_the_changes(&self) {
        assert_eq!(self.known("edited"), (json!(["1"]), 1, 1));
        assert_eq!(self.known("undriven"), (json!([]), 1, 0));
        assert_eq!(self.known("drained"), (json!([]), 0, 1));
        assert_eq!(self.known("deleted"), (Value::Null, 0, 0));
        assert_eq!(self.known("untouched"), (json!([]), 1, 1));
    }
}

const ALL: [&str; 5] = ["deleted", "drained", "edited", "undriven", "untouched"];

#[tokio::test(start_paused = true)]
async fn a_watch_that_breaks_goes_on_where_it_was() {
    let world = World::of(&ALL).await;
    world.api.break_watches();
    world.change();
    let mut turns = world.turns().await;
    turns.dedup();
    assert_eq!(turns, ["deleted", "drained", "edited", "undriven"]);
    world.knows_the_changes();
    let mut log = world.api.take_log();
    log.sort();
    assert_eq!(log, ["WATCH executorpools", "WATCH pods", "WATCH sparkapplications"]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_whose_version_is_gone_lists_anew_and_sees_what_changed_meanwhile() {
    for in_stream in [false, true] {
        let world = World::of(&ALL).await;
        world.api.break_watches();
        world.change();
        world.api.forget_changes(in_stream);
        let mut turns = world.turns().await;
        assert_eq!(turns.iter().filter(|name| *name == "edited").count(), 1, "{turns:?}");
        turns.dedup();
        assert_eq!(turns, ["deleted", "drained", "edited", "undriven"]);
        world.knows_the_changes();
        let log = world.api.take_log();
        assert_eq!(log.iter().filter(|request| request.starts_with("GET")).count(), 3, "{log:?}");
        // The watches go on after the lists.
        world.api.remove(&driver_at("untouched"));
        assert_eq!(world.turns().await, ["untouched"]);
        assert_eq!(world.known("untouched"), (json!([]), 1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_for_gone_before_a_list_is_complete() {
    let world = World::of(&ALL).await;
    world.api.break_watches();
    world.change();
    world.api.forget_changes(false);
    // The three watches learn that they have to list, and then there is no answer to that.
    world.api.break_after(4, false);
    assert_eq!(world.turns().await, Vec::<String>::new());
    for name in ALL {
        assert_eq!(world.known(name), (json!([]), 1, 1), "{name}");
    }
    world.api.mend();
    world.turns().await;
    world.knows_the_changes();
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_may_not_be_listed_keeps_nobody_waiting_and_is_served_once_it_may() {
    let api = FakeApi::default();
    for namespace in ["ns", "other"] {
        let metadata = json!({ "name": namespace, "namespace": namespace });
        let path = format!(
            "/apis/sparkoperator.k8s.io/v1beta2/namespaces/{namespace}/sparkapplications/{namespace}"
        );
        api.put(&path, json!({ "metadata": metadata, "spec": {} }));
    }
    // Its applications are listed, but a driver that is not known would count as lost.
    api.forbid(Some("/api/v1/namespaces/other/pods"));
    let metrics = Arc::new(Metrics::new(&MetricsSettings::default()).unwrap());
    let namespaces = vec!["other".to_owned(), "ns".to_owned()];
    let scope = Scope { namespaces, namespace_selector: None, application_selector: None };
    let (cache, queue) = (Arc::new(Cache::default()), Arc::new(Queue::default()));
    let mut watches = watch_all(&api.client(), &scope, &cache, &queue, &metrics);
    assert_eq!(watches.synced(QUIET).await.unwrap(), ["pods in other"]);
    assert_eq!(cache.applications(), 2);
    let turn = async || tokio::time::timeout(QUIET, queue.next()).await.ok().flatten();
    assert_eq!(turn().await, Some(Key::new("ns", "ns")));
    assert_eq!(turn().await, None);
    api.forbid(None);
    assert_eq!(turn().await, Some(Key::new("other", "other")));

    api.forbid(Some("/"));
    let mut watches = watch_all(&api.client(), &scope, &cache, &queue, &metrics);
    let error = watches.synced(QUIET).await.unwrap_err().to_string();
    assert!(error.contains("sparkapplications in other, executorpools in other"), "{error}");
}
