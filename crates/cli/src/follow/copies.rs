//! The logs of an application's pods that are copied, and those that were lost.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::log_stream::{self, Life, Source};
use super::progress::role;
use super::{Logs, Options};
use crate::cluster_client::{
    Cluster, DRIVER_CONTAINER, EXECUTOR_CONTAINER, EXECUTOR_ID_LABEL, container_exit_code, has_started,
    is_ended, last_words,
};
use crate::error::Error;
use crate::output::Reporter;

/// How long the end of the log may take after the end of the application.
const DRAIN: Duration = Duration::from_secs(10);

/// A copy for each log that is wanted.
pub(super) struct Copies<'a> {
    application: &'a str,
    pods: Api<Pod>,
    whose: Logs,
    tail: Option<i64>,
    /// By the uid of the pod.
    known: BTreeMap<String, Known>,
    /// Each answers with the uid of its pod, and whether the log was read to its end.
    running: JoinSet<Result<(String, bool), Error>>,
}

/// What is known of the container whose log is copied.
struct Known {
    pod: String,
    life: watch::Sender<Life>,
    last_words: Option<String>,
}

impl<'a> Copies<'a> {
    pub(super) fn new(cluster: &Cluster, application: &'a str, options: &Options) -> Self {
        Self {
            application,
            pods: cluster.pods(),
            whose: options.logs,
            tail: options.tail,
            known: BTreeMap::new(),
            running: JoinSet::new(),
        }
    }

    /// Begins a copy for each log that is new, and tells the others what became of their containers.
    pub(super) fn update<'p>(&mut self, pods: impl Iterator<Item = &'p Pod>) {
        let mut there = Vec::new();
        for pod in pods {
            let Some((container, prefix)) = self.wants(pod) else { continue };
            let (Some(uid), Some(pod_name)) = (&pod.metadata.uid, &pod.metadata.name) else { continue };
            there.push(uid.clone());
            if !self.known.contains_key(uid) && has_started(pod, container) {
                let source = Source { pod: pod_name.clone(), container, prefix, tail: self.tail };
                self.begin(uid, source);
            }
            let has_ended = is_ended(pod) || container_exit_code(pod, container).is_some();
            if let Some(known) = self.known.get_mut(uid).filter(|_| has_ended) {
                known.last_words = last_words(pod, container).map(str::to_owned);
                known.lives(Life::Ended);
            }
        }
        for (_, known) in self.known.iter().filter(|(uid, _)| !there.contains(uid)) {
            known.lives(Life::Gone);
        }
    }

    fn begin(&mut self, uid: &str, source: Source) {
        let (life, seen) = watch::channel(Life::Runs);
        self.known.insert(uid.to_owned(), Known { pod: source.pod.clone(), life, last_words: None });
        let (pods, uid) = (self.pods.clone(), uid.to_owned());
        self.running.spawn(async move { Ok((uid, log_stream::follow(pods, source, seen).await?)) });
    }

    /// The container whose log is wanted, and what its lines begin with.
    fn wants(&self, pod: &Pod) -> Option<(&'static str, String)> {
        let number = pod.metadata.labels.as_ref().and_then(|labels| labels.get(EXECUTOR_ID_LABEL));
        let number = || number.and_then(|number| number.parse::<u32>().ok());
        match (self.whose, role(pod)) {
            (Logs::Drivers, "driver") => Some((DRIVER_CONTAINER, String::new())),
            (Logs::All, "driver") => Some((DRIVER_CONTAINER, prefix(None))),
            (Logs::Executors(wanted), "executor") if number() == Some(wanted) => {
                Some((EXECUTOR_CONTAINER, String::new()))
            }
            (Logs::All, "executor") => Some((EXECUTOR_CONTAINER, prefix(number()))),
            (_, _) => None,
        }
    }

    /// Waits for the end of a copy, and says so if the log was lost. Answers with nothing if there is no copy.
    pub(super) async fn next(&mut self, reporter: Reporter) -> Option<Result<(), Error>> {
        let copied = self.running.join_next().await?;
        Some(match copied {
            Ok(Ok((uid, is_whole))) => {
                if let Some(known) = self.known.get(&uid).filter(|_| !is_whole) {
                    reporter.say(&known.lost(self.application));
                }
                Ok(())
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Ok(()),
        })
    }

    /// Copies the rest of the logs of an application that has ended.
    pub(super) async fn drain(&mut self, reporter: Reporter) -> Result<(), Error> {
        self.known.values().for_each(|known| known.lives(Life::Ended));
        let rest = async {
            while let Some(copied) = self.next(reporter).await {
                copied?;
            }
            Ok(())
        };
        match timeout(DRAIN, rest).await {
            Ok(copied) => copied,
            Err(_) => {
                tracing::warn!("the end of the log did not come within {} s", DRAIN.as_secs());
                Ok(())
            }
        }
    }
}

impl Known {
    /// Life goes forward only.
    fn lives(&self, life: Life) {
        self.life.send_if_modified(|known| {
            let is_news = *known < life;
            *known = life.max(*known);
            is_news
        });
    }

    /// What to say instead of a log that could not be read.
    fn lost(&self, application: &str) -> String {
        let pod = &self.pod;
        let instead = match &self.last_words {
            Some(words) => format!("its program's last words: {words}"),
            None => format!("hearth status {application} tells how it ended"),
        };
        format!("{application}: the log of {pod} was gone before its end was read; {instead}")
    }
}

/// What the lines of a driver or of an executor begin with, where several logs are mixed.
pub(crate) fn prefix(executor: Option<u32>) -> String {
    match executor {
        None => "[driver] ".to_owned(),
        Some(number) => format!("[executor {number}] "),
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use http::{Request, Response};
    use kube::client::Body;
    use serde_json::{Value, json};
    use tokio::sync::mpsc;
    use tower::{BoxError, service_fn};

    use super::*;
    use crate::follow::Baseline;
    use crate::testing;

    /// A cluster where no pod is found any more, and what is asked for there.
    fn empty_cluster() -> (Cluster, mpsc::UnboundedReceiver<String>) {
        let (asked, requests) = mpsc::unbounded_channel();
        let status = json!({ "kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound" });
        let service = service_fn(move |request: Request<Body>| {
            asked.send(request.uri().path().to_owned()).unwrap();
            let answer = Response::builder().status(404).body(Body::from(status.to_string().into_bytes()));
            ready(answer.map_err(BoxError::from))
        });
        (Cluster::of(kube::Client::new(service, "default")), requests)
    }

    /// A driver whose container does or did this.
    fn driver(uid: &str, state: &Value) -> Pod {
        let mut pod = testing::pod("pi-driver", "driver", "Running");
        pod.metadata.uid = Some(uid.to_owned());
        let container = json!({ "name": DRIVER_CONTAINER, "image": "", "imageID": "", "ready": true,
            "restartCount": 0, "state": state });
        let statuses = vec![serde_json::from_value(container).unwrap()];
        pod.status.as_mut().unwrap().container_statuses = Some(statuses);
        pod
    }

    /// What is said of a log that is lost.
    async fn lost(copies: &mut Copies<'_>) -> String {
        let (uid, is_whole) = copies.running.join_next().await.unwrap().unwrap().unwrap();
        assert!(!is_whole);
        copies.known[&uid].lost("pi")
    }

    #[tokio::test]
    async fn a_log_that_went_with_its_pod_is_told_with_the_programs_last_words_and_read_from_no_other_pod() {
        let options = Options {
            logs: Logs::Drivers,
            tail: None,
            progress: true,
            timeout: None,
            baseline: Baseline::default(),
        };
        let (running, failed) = (json!({ "running": {} }), json!({ "exitCode": 1, "message": "no file\n" }));
        let (cluster, mut requests) = empty_cluster();
        let mut copies = Copies::new(&cluster, "pi", &options);
        copies.update([driver("1", &running)].iter());
        assert_eq!(requests.recv().await.unwrap(), "/api/v1/namespaces/default/pods/pi-driver/log");
        copies.update([driver("1", &json!({ "terminated": failed }))].iter());
        assert_eq!(
            lost(&mut copies).await,
            "pi: the log of pi-driver was gone before its end was read; its program's last words: no file"
        );
        copies.update([driver("2", &running)].iter());
        copies.update([].iter());
        assert_eq!(
            lost(&mut copies).await,
            "pi: the log of pi-driver was gone before its end was read; hearth status pi tells how it ended"
        );
        assert!(requests.try_recv().is_err(), "another pod may have the name");
    }
}
