//! For tests: an API server in memory, with objects by path, versions and conflicts, that validates nothing; and how
//! decisions are shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body as Answer;
use http::{Method, Request, Response, StatusCode};
use kube::Client;
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower::{BoxError, service_fn};

use self::watching::Changes;
use crate::application::decision::Note;

mod watching;

/// The end of what the tests of `decide` show of a decision: what is told, and when to look again.
pub(crate) fn show_notes(text: &mut String, notes: &[Note], look_again: Option<Duration>) {
    for note in notes {
        let kind = if note.warning { "warning" } else { "event" };
        writeln!(text, "{kind} {}: {}", note.reason, note.message).unwrap();
    }
    if let Some(wait) = look_again {
        writeln!(text, "again in {} s", wait.as_secs_f64()).unwrap();
    }
}

/// The server.
#[derive(Clone, Debug, Default)]
pub(crate) struct FakeApi(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Value>,
    version: u64,
    log: Vec<String>,
    refusals: BTreeMap<String, (u16, String)>,
    /// What nobody may read that begins so.
    forbidden: Option<String>,
    /// How many requests are answered until the line breaks.
    breaks_after: Option<usize>,
    /// Whether the request at which it breaks is still obeyed.
    last_is_obeyed: bool,
    /// A request that is obeyed and whose answer is lost, and how many of its like are answered before.
    loses: Option<(String, usize)>,
    changes: Changes,
}

impl FakeApi {
    /// A client of it.
    pub(crate) fn client(&self) -> Client {
        let api = self.clone();
        let service = service_fn(move |request: Request<Body>| {
            let api = api.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect_bytes().await?;
                let query = parts.uri.query().unwrap_or_default();
                Ok::<_, BoxError>(api.answer(&parts.method, parts.uri.path(), query, &body))
            }
        });
        Client::new(service, "default")
    }

    /// What was asked for, as in `POST pods`, in order; forgets it.
    pub(crate) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().log)
    }

    /// The object at a path.
    pub(crate) fn get(&self, path: &str) -> Option<Value> {
        self.0.lock().objects.get(path).cloned()
    }

    /// Puts an object there, as somebody else would.
    pub(crate) fn put(&self, path: &str, object: Value) {
        self.0.lock().store(path, object);
    }

    /// Deletes an object, as somebody else would.
    pub(crate) fn remove(&self, path: &str) {
        self.0.lock().delete(path, "", &Value::Null);
    }

    /// Ends every watch; each may be begun again.
    pub(crate) fn break_watches(&self) {
        self.0.lock().changes.break_off();
    }

    /// Forgets what has changed so far: a watch that begins before is answered `410 Gone`, in its stream or at once.
    pub(crate) fn forget_changes(&self, in_stream: bool) {
        let mut state = self.0.lock();
        let version = state.version;
        state.changes.forget(version, in_stream);
    }

    /// How many objects were made whose paths begin so.
    pub(crate) fn made(&self, path: &str) -> usize {
        self.0.lock().changes.made(path)
    }

    /// Obeys a request, as in `PUT pods`, but answers it with an error, after `count` others like it.
    pub(crate) fn lose_answer_to(&self, request: &str, count: usize) {
        self.0.lock().loses = Some((request.to_owned(), count));
    }

    /// Answers every `POST` of this resource with an error.
    pub(crate) fn refuse(&self, resource: &str, code: u16, message: &str) {
        self.0.lock().refusals.insert(resource.to_owned(), (code, message.to_owned()));
    }

    /// Refuses to read what is at paths that begin so; with `None` nothing is refused any more.
    pub(crate) fn forbid(&self, path: Option<&str>) {
        self.0.lock().forbidden = path.map(str::to_owned);
    }

    /// Answers `count` requests more, and then none; the one after them is obeyed, or not.
    pub(crate) fn break_after(&self, count: usize, last_is_obeyed: bool) {
        let mut state = self.0.lock();
        (state.breaks_after, state.last_is_obeyed) = (Some(count), last_is_obeyed);
    }

    /// Answers again.
    pub(crate) fn mend(&self) {
        self.0.lock().breaks_after = None;
    }

    /// Every object whose path ends with `/RESOURCE/NAME`, by path.
    pub(crate) fn all(&self, resource: &str) -> Vec<Value> {
        let state = self.0.lock();
        let is_of = |path: &&String| path.rsplit('/').nth(1) == Some(resource);
        state.objects.iter().filter(|(path, _)| is_of(path)).map(|(_, object)| object.clone()).collect()
    }

    fn answer(&self, method: &Method, path: &str, query: &str, body: &[u8]) -> Response<Answer> {
        let mut state = self.0.lock();
        let path = path.trim_end_matches('?');
        let broken = match &mut state.breaks_after {
            None => None,
            Some(0) => Some(false),
            Some(left) => {
                *left -= 1;
                (*left == 0).then_some(true)
            }
        };
        let lost = || {
            let (_, answer) = failure(500, "the line is broken");
            Response::builder().status(500).body(Answer::from(answer.to_string())).unwrap()
        };
        if broken.is_some_and(|is_last| !(is_last && state.last_is_obeyed)) {
            return lost();
        }
        let (object_path, is_status) = match path.strip_suffix("/status") {
            Some(path) => (path, true),
            None => (path, false),
        };
        let resource = resource(path);
        if query.contains("watch=true") {
            state.log.push(format!("WATCH {resource}"));
            return state.changes.watch(path, query);
        }
        let logged = format!("{method} {resource}");
        let is_lost = state.loses(&logged);
        state.log.push(logged);
        let sent: Value = serde_json::from_slice(body).unwrap_or_default();
        let (code, answer) = match *method {
            Method::POST => match state.refusals.get(&resource).cloned() {
                Some((code, message)) => failure(code, &message),
                None => {
                    let name = sent["metadata"]["name"].as_str().unwrap_or_default();
                    let path = format!("{path}/{name}");
                    if state.objects.contains_key(&path) {
                        failure(409, &format!("{name} already exists"))
                    } else {
                        (201, state.store(&path, sent))
                    }
                }
            },
            Method::GET if state.is_forbidden(path) => failure(403, "you may not read that"),
            Method::GET if query.contains("labelSelector=") || query.contains("limit=") => {
                (200, state.list(path, query))
            }
            Method::GET => match state.objects.get(path) {
                Some(object) => (200, object.clone()),
                None => failure(404, "not found"),
            },
            Method::PUT => match state.objects.get(object_path).cloned() {
                None => failure(404, "not found"),
                Some(object) => {
                    let version = &sent["metadata"]["resourceVersion"];
                    if !version.is_null() && *version != object["metadata"]["resourceVersion"] {
                        failure(409, "the object has been modified")
                    } else {
                        let mut next = if is_status { object } else { sent.clone() };
                        next["status"] = sent["status"].clone();
                        (200, state.store(object_path, next))
                    }
                }
            },
            Method::PATCH => match state.objects.get(object_path).cloned() {
                None => failure(404, "not found"),
                Some(mut object) => {
                    merge(&mut object, &sent);
                    (200, state.store(object_path, object))
                }
            },
            Method::DELETE => state.delete(path, query, &sent["preconditions"]),
            _ => failure(405, "what is that"),
        };
        if broken.is_some() || is_lost {
            return lost();
        }
        let status = StatusCode::from_u16(code).unwrap();
        Response::builder().status(status).body(Answer::from(answer.to_string())).unwrap()
    }
}

impl State {
    fn is_forbidden(&self, path: &str) -> bool {
        self.forbidden.as_ref().is_some_and(|forbidden| path.starts_with(forbidden))
    }

    /// Whether this is the request whose answer is to be lost.
    fn loses(&mut self, request: &str) -> bool {
        match &mut self.loses {
            Some((lost, count)) if lost == request && *count > 0 => {
                *count -= 1;
                false
            }
            Some((lost, _)) if lost == request => {
                self.loses = None;
                true
            }
            _ => false,
        }
    }

    /// Deletes an object, if it has this identity and version, or those of a collection that a selector of labels names.
    fn delete(&mut self, path: &str, query: &str, wanted: &Value) -> (u16, Value) {
        let paths: Vec<String> = match selection(path, query) {
            None => self.objects.get_key_value(path).map(|(path, _)| path.clone()).into_iter().collect(),
            Some(is_selected) => {
                let all = self.objects.iter().filter(|(of, object)| is_selected(of, object));
                all.map(|(path, _)| path.clone()).collect()
            }
        };
        if paths.is_empty() && !query.contains("labelSelector=") {
            return failure(404, "not found");
        }
        for path in paths {
            for (field, wanted) in wanted.as_object().into_iter().flatten() {
                if !wanted.is_null() && self.objects[&path]["metadata"][field] != *wanted {
                    return failure(409, "another object has the name now, or it has changed");
                }
            }
            let mut object = self.objects.remove(&path).unwrap();
            self.version += 1;
            object["metadata"]["resourceVersion"] = self.version.to_string().into();
            self.changes.note("DELETED", self.version, &path, object);
        }
        (200, json!({ "kind": "Status", "apiVersion": "v1", "status": "Success" }))
    }

    /// The objects of a collection, or those that a selector of labels names.
    fn list(&self, path: &str, query: &str) -> Value {
        let is_selected = wanted(path, query);
        let all = self.objects.iter().filter(|(of, object)| is_selected(of, object));
        let items: Vec<&Value> = all.map(|(_, object)| object).collect();
        let metadata = json!({ "resourceVersion": self.version.to_string() });
        json!({ "kind": "List", "apiVersion": "v1", "metadata": metadata, "items": items })
    }

    fn store(&mut self, path: &str, mut object: Value) -> Value {
        self.version += 1;
        let uid = match object["metadata"]["uid"].as_str() {
            Some(uid) => uid.to_owned(),
            None => format!("uid-{}", self.version),
        };
        object["metadata"]["uid"] = uid.into();
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        if object["metadata"]["creationTimestamp"].is_null() {
            object["metadata"]["creationTimestamp"] = jiff::Timestamp::now().to_string().into();
        }
        if object["kind"] == "Service" {
            object["spec"]["clusterIP"] = "10.0.0.1".into();
        }
        let known = self.objects.insert(path.to_owned(), object.clone());
        let what = if known.is_some() { "MODIFIED" } else { "ADDED" };
        self.changes.note(what, self.version, path, object.clone());
        object
    }
}

/// What selects the objects of a collection, if `query` has a selector of labels.
fn selection<'a>(path: &'a str, query: &str) -> Option<impl Fn(&str, &Value) -> bool + use<'a>> {
    let selector = query.split('&').find_map(|part| part.strip_prefix("labelSelector="))?;
    let selector = selector.replace("%2F", "/").replace("%3D", "=").replace("%2C", ",");
    Some(move |of: &str, object: &Value| {
        let labels = &object["metadata"]["labels"];
        let mut pairs = selector.split(',').filter_map(|pair| pair.split_once('='));
        of.starts_with(path) && pairs.all(|(key, value)| labels[key] == value)
    })
}

/// Which objects a list or a watch of a collection is about.
fn wanted<'a>(path: &'a str, query: &str) -> impl Fn(&str, &Value) -> bool + use<'a> {
    let selected = selection(path, query);
    move |of, object| match &selected {
        Some(is_selected) => is_selected(of, object),
        None => of.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')),
    }
}

fn failure(code: u16, message: &str) -> (u16, Value) {
    let reason = match code {
        404 => "NotFound",
        409 => "AlreadyExists",
        410 => "Expired",
        _ => "Failed",
    };
    (
        code,
        json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message }),
    )
}

fn merge(object: &mut Value, patch: &Value) {
    match (object, patch) {
        (Value::Object(object), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(object.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (object, patch) => *object = patch.clone(),
    }
}

/// `pods`, `sparkapplications/status`: the kind of a path.
fn resource(path: &str) -> String {
    let mut parts = path.split('/').skip_while(|part| *part != "namespaces").skip(2);
    let kind = parts.next().unwrap_or_default();
    match parts.nth(1) {
        Some(subresource) => format!("{kind}/{subresource}"),
        None => kind.to_owned(),
    }
}
