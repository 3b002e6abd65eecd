//! The pods of one application: parsed while it is being worked on, as text otherwise.
//!
//! A parsed pod takes about ten times the memory of its text, and most applications rest most of the time.

use std::sync::Arc;

use super::object::identity;
use super::text::Text;
use crate::names::ROLE_LABEL;
use crate::pod_view::{Phase, PodView};

/// The pods, in the order in which they were first seen.
#[derive(Debug, Default)]
pub(super) struct Pods(Vec<Pod>);

#[derive(Debug)]
struct Pod {
    uid: Box<str>,
    version: u64,
    is_running_executor: bool,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Parsed(Arc<PodView>),
    Text(Text),
}

/// Whether what was offered is newer than what was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upsert {
    Newer,
    Older,
}

impl Pods {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn uids(&self) -> Vec<Box<str>> {
        self.0.iter().map(|pod| pod.uid.clone()).collect()
    }

    pub(super) fn running_executors(&self) -> usize {
        self.0.iter().filter(|pod| pod.is_running_executor).count()
    }

    pub(super) fn upsert(&mut self, view: PodView) -> Upsert {
        let (uid, version) = identity(&view.metadata);
        let is_running_executor =
            view.label(ROLE_LABEL) == Some("executor") && view.phase() == Phase::Running;
        let pod = Pod { uid, version, is_running_executor, form: Form::Parsed(Arc::new(view)) };
        match self.0.iter_mut().find(|known| known.uid == pod.uid) {
            Some(known) if known.version >= pod.version => return Upsert::Older,
            Some(known) => *known = pod,
            None => {
                self.0.reserve_exact(1);
                self.0.push(pod);
            }
        }
        Upsert::Newer
    }

    /// Returns what was known of it, if anything was.
    pub(super) fn remove(&mut self, uid: &str) -> Option<Arc<PodView>> {
        let at = self.0.iter().position(|pod| *pod.uid == *uid)?;
        self.0.remove(at).view()
    }

    /// The pods, parsed; they stay so until [`Self::pack`].
    pub(super) fn views(&mut self) -> Vec<Arc<PodView>> {
        self.0.iter_mut().filter_map(Pod::view).collect()
    }

    /// Turns them into text.
    pub(super) fn pack(&mut self) {
        for pod in &mut self.0 {
            if let Form::Parsed(view) = &pod.form
                && let Ok(text) = serde_json::to_string(&**view)
            {
                pod.form = Form::Text(Text::of(&text));
            }
        }
    }
}

#[cfg(test)]
impl Pods {
    pub(super) fn is_packed(&self) -> bool {
        self.0.iter().all(|pod| matches!(pod.form, Form::Text(_)))
    }

    /// How many bytes they take.
    pub(super) fn size(&self) -> usize {
        let text = |pod: &Pod| match &pod.form {
            Form::Text(text) => text.size(),
            Form::Parsed(_) => 0,
        };
        self.0.iter().map(|pod| size_of::<Pod>() + pod.uid.len() + text(pod)).sum()
    }
}

impl Pod {
    fn view(&mut self) -> Option<Arc<PodView>> {
        match &self.form {
            Form::Parsed(view) => Some(view.clone()),
            Form::Text(text) => {
                // It was written by `pack`, so it can be read.
                let view: Arc<PodView> = Arc::new(text.parse().ok()?);
                self.form = Form::Parsed(view.clone());
                Some(view)
            }
        }
    }
}
