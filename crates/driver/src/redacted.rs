//! What the event log must not tell. Spark: `EventLoggingListener.redactProperties`.

use std::collections::BTreeMap;

use hearth_conf::{REDACTED, RedactionRegex};
use hearth_status::Listener;
use hearth_types::ListenerEvent;

/// Hides secrets among the local properties of jobs and stages from a listener. Spark hides those only that are settings of
/// the application, too.
#[derive(Debug)]
pub(crate) struct Redacted<L> {
    regex: RedactionRegex,
    listener: L,
}

impl<L> Redacted<L> {
    pub(crate) fn new(regex: RedactionRegex, listener: L) -> Self {
        Self { regex, listener }
    }

    fn hide(&self, properties: &mut BTreeMap<String, String>) {
        for (key, value) in properties {
            if self.is_secret(key, value) {
                *value = REDACTED.to_owned();
            }
        }
    }

    fn is_secret(&self, key: &str, value: &str) -> bool {
        self.regex.redact(key, value) != value
    }
}

impl<L: Listener> Listener for Redacted<L> {
    fn on_event(&mut self, event: &ListenerEvent) {
        let (ListenerEvent::JobStart { properties, .. } | ListenerEvent::StageSubmitted { properties, .. }) =
            event
        else {
            return self.listener.on_event(event);
        };
        if !properties.local.iter().any(|(key, value)| self.is_secret(key, value)) {
            return self.listener.on_event(event);
        }
        let mut shown = event.clone();
        if let ListenerEvent::JobStart { properties, .. } | ListenerEvent::StageSubmitted { properties, .. } =
            &mut shown
        {
            self.hide(&mut properties.local);
        }
        self.listener.on_event(&shown);
    }
}
