//! The watches of the API server in memory: what has changed since a version, as long as that is remembered.

use std::fmt;
use std::io;

use axum::body::{Body, Bytes};
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{failure, wanted};

/// What has changed, and who wants to know.
#[derive(Debug, Default)]
pub(super) struct Changes {
    all: Vec<Change>,
    open: Vec<Open>,
    /// Nobody can begin before this version any more.
    forgotten: u64,
    tells_in_stream: bool,
}

#[derive(Debug)]
struct Change {
    what: &'static str,
    version: u64,
    path: String,
    object: Value,
}

/// A watch that somebody listens to.
struct Open {
    wants: Box<dyn Fn(&str, &Value) -> bool + Send>,
    lines: UnboundedSender<io::Result<Bytes>>,
}

impl Changes {
    pub(super) fn note(&mut self, what: &'static str, version: u64, path: &str, object: Value) {
        let change = Change { what, version, path: path.to_owned(), object };
        for open in &self.open {
            open.tell(&change);
        }
        self.all.push(change);
    }

    pub(super) fn watch(&mut self, path: &str, query: &str) -> Response<Body> {
        let version = query.split('&').find_map(|part| part.strip_prefix("resourceVersion="));
        let since: u64 = version.and_then(|version| version.parse().ok()).unwrap_or(0);
        let (lines, stream) = unbounded();
        let path = path.to_owned();
        let query = query.to_owned();
        let open = Open { wants: Box::new(move |of, object| wanted(&path, &query)(of, object)), lines };
        let body = Body::from_stream(stream.boxed());
        if since >= self.forgotten {
            self.all.iter().filter(|change| change.version > since).for_each(|change| open.tell(change));
            self.open.push(open);
            return Response::new(body);
        }
        let (code, status) = failure(410, "too old resource version");
        if self.tells_in_stream {
            open.send(&json!({ "type": "ERROR", "object": status }));
            return Response::new(body);
        }
        let code = StatusCode::from_u16(code).unwrap();
        Response::builder().status(code).body(Body::from(status.to_string())).unwrap()
    }

    pub(super) fn break_off(&mut self) {
        for open in self.open.drain(..) {
            let reset = io::Error::from(io::ErrorKind::ConnectionReset);
            drop(open.lines.unbounded_send(Err(reset)));
        }
    }

    pub(super) fn forget(&mut self, version: u64, tells_in_stream: bool) {
        (self.forgotten, self.tells_in_stream) = (version, tells_in_stream);
    }

    pub(super) fn made(&self, path: &str) -> usize {
        self.all.iter().filter(|change| change.what == "ADDED" && change.path.starts_with(path)).count()
    }
}

impl Open {
    fn tell(&self, change: &Change) {
        if (self.wants)(&change.path, &change.object) {
            self.send(&json!({ "type": change.what, "object": change.object }));
        }
    }

    fn send(&self, event: &Value) {
        // Nobody may listen any more.
        drop(self.lines.unbounded_send(Ok(format!("{event}\n").into())));
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").finish_non_exhaustive()
    }
}
