//! A cluster of pods, against an API server that is only played.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hearth_cluster::kubernetes::{ApiServer, KubernetesCluster, Pool, Settings};
use hearth_cluster::{ClusterEvent, ClusterManager, EventReceiver};
use hearth_types::{ExecutorId, ExecutorLossReason};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

/// An API server that answers with these status codes, then with 200, and tells what it was asked.
struct Server {
    url: String,
    /// Line of the request, and its body.
    asked: mpsc::UnboundedReceiver<(String, String)>,
}

impl Server {
    async fn start(answers: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, asked) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(answers.iter().copied().collect::<VecDeque<_>>()));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, tell.clone(), Arc::clone(&answers)));
            }
        });
        Self { url, asked }
    }

    /// The size that is asked for next.
    async fn replicas(&mut self) -> u64 {
        let (line, body) = timeout(PATIENCE, self.asked.recv()).await.unwrap().unwrap();
        let path = "/apis/hearth.dev/v1alpha1/namespaces/jobs/executorpools/pi/scale";
        assert!(line.starts_with(&format!("PATCH {path}")), "{line}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        body["spec"]["replicas"].as_u64().unwrap()
    }

    fn is_quiet(&mut self) -> bool {
        self.asked.try_recv().is_err()
    }
}

async fn serve(
    stream: TcpStream,
    tell: mpsc::UnboundedSender<(String, String)>,
    answers: Arc<Mutex<VecDeque<u16>>>,
) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            head.push(line.trim_end().to_owned());
        }
        let length = head.iter().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
        });
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await.unwrap();
        tell.send((head[0].clone(), String::from_utf8(body).unwrap())).ok();
        let code = answers.lock().unwrap().pop_front().unwrap_or(200);
        let answer = match code {
            200 => {
                r#"{"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "pi"}}"#.to_owned()
            }
            code => format!(
                r#"{{"apiVersion": "v1", "kind": "Status", "metadata": {{}}, "status": "Failure",
                     "message": "so it is", "reason": "Because", "code": {code}}}"#
            ),
        };
        let answer = format!(
            "HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
    }
}

fn cluster(server: &Server, replicas: u32, reports: &Path) -> (KubernetesCluster, EventReceiver) {
    let pool = Pool {
        name: "pi".to_owned(),
        namespace: "jobs".to_owned(),
        replicas,
        server: ApiServer::Plain(server.url.clone()),
        bounds: reports.with_file_name("bounds"),
    };
    let settings = Settings { pool: Some(pool), reports: reports.to_owned() };
    KubernetesCluster::new(settings, &Handle::current())
}

async fn event(events: &mut EventReceiver) -> ClusterEvent {
    timeout(PATIENCE, events.recv()).await.unwrap().unwrap()
}

fn nowhere() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn the_pool_is_scaled_as_the_driver_asks_and_no_more_often() {
    let (mut server, dir) = (Server::start(&[]).await, nowhere());
    let (cluster, _events) = cluster(&server, 2, &dir.path().join("executors"));
    cluster.request_executors(2);
    cluster.request_executors(3);
    cluster.request_executors(5);
    assert_eq!(server.replicas().await, 5);
    cluster.registered(ExecutorId(1));
    // Still one executor that works and was not told to go.
    cluster.request_executors(0);
    assert_eq!(server.replicas().await, 1);
    cluster.remove(&[ExecutorId(1)]);
    assert_eq!(server.replicas().await, 0);
}

#[tokio::test]
async fn a_pool_that_lost_a_wanted_executor_is_asked_for_again_though_its_size_was_right() {
    let (mut server, dir) = (Server::start(&[]).await, nowhere());
    let (cluster, _events) = cluster(&server, 1, &dir.path().join("executors"));
    cluster.request_executors(1);
    cluster.registered(ExecutorId(1));
    // As `kubectl scale --replicas=0` ends it.
    cluster.lost(ExecutorId(1));
    assert_eq!(server.replicas().await, 1);
}

#[tokio::test]
async fn a_server_that_fails_for_a_moment_is_asked_again() {
    let (mut server, dir) = (Server::start(&[503, 429, 500]).await, nowhere());
    let (cluster, mut events) = cluster(&server, 0, &dir.path().join("executors"));
    cluster.request_executors(4);
    for _ in 0..4 {
        assert_eq!(server.replicas().await, 4);
    }
    cluster.request_executors(6);
    assert_eq!(server.replicas().await, 6);
    assert!(events.try_recv().is_err());
}

#[tokio::test]
async fn a_driver_without_the_right_hears_what_is_missing() {
    let (server, dir) = (Server::start(&[403]).await, nowhere());
    let (cluster, mut events) = cluster(&server, 0, &dir.path().join("executors"));
    cluster.request_executors(4);
    let ClusterEvent::RequestFailed { reason } = event(&mut events).await else { panic!("it failed") };
    assert!(
        reason.contains("scale ExecutorPool jobs/pi to 4") && reason.contains("service account"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_reported_after_a_while() {
    let (mut server, dir) = (Server::start(&[]).await, nowhere());
    server.url = "http://127.0.0.1:1".to_owned();
    let (cluster, mut events) = cluster(&server, 0, &dir.path().join("executors"));
    cluster.request_executors(4);
    assert!(matches!(event(&mut events).await, ClusterEvent::RequestFailed { .. }));
}

#[tokio::test]
async fn what_the_operator_reports_comes_out_as_events() {
    let (server, dir) = (Server::start(&[]).await, nowhere());
    let file = dir.path().join("executors");
    let (cluster, mut events) = cluster(&server, 1, &file);
    cluster.registered(ExecutorId(1));
    std::fs::write(
        &file,
        r#"[{"executor": 1, "exitCode": 137, "causedByApp": true, "message": "OOMKilled"}]"#,
    )
    .unwrap();
    let reason = ExecutorLossReason::Failed("OOMKilled".to_owned());
    assert_eq!(event(&mut events).await, ClusterEvent::ExecutorExited { executor: ExecutorId(1), reason });
    cluster.stop().await;
}

#[tokio::test]
async fn bounds_that_were_edited_come_out_as_an_event_and_those_of_the_start_do_not() {
    let (server, dir) = (Server::start(&[]).await, nowhere());
    let file = dir.path().join("bounds");
    std::fs::write(&file, r#"{"min": 0, "max": 4}"#).unwrap();
    let reports = dir.path().join("executors");
    std::fs::write(&reports, r#"[{"executor": 1, "causedByApp": false, "message": "Evicted"}]"#).unwrap();
    let (cluster, mut events) = cluster(&server, 1, &reports);
    // Both files are read at the same time.
    assert!(matches!(event(&mut events).await, ClusterEvent::ExecutorExited { .. }));
    let new = dir.path().join("new");
    std::fs::write(&new, r#"{"min": 0, "max": 8, "edited": true}"#).unwrap();
    std::fs::rename(&new, &file).unwrap();
    let edited = ClusterEvent::BoundsChanged { min: Some(0), max: Some(8) };
    assert_eq!(event(&mut events).await, edited);
    cluster.stop().await;
}

#[tokio::test]
async fn without_a_pool_nobody_is_asked() {
    let (mut server, dir) = (Server::start(&[]).await, nowhere());
    let settings = Settings { pool: None, reports: dir.path().join("executors") };
    let (cluster, mut events) = KubernetesCluster::new(settings, &Handle::current());
    cluster.request_executors(4);
    cluster.remove(&[ExecutorId(1)]);
    cluster.stop().await;
    std::fs::write(
        dir.path().join("executors"),
        r#"[{"executor": 2, "causedByApp": false, "message": "Evicted"}]"#,
    )
    .unwrap();
    // The one event there is.
    let reason = ExecutorLossReason::NotByApp("Evicted".to_owned());
    assert_eq!(event(&mut events).await, ClusterEvent::ExecutorExited { executor: ExecutorId(2), reason });
    assert!(server.is_quiet());
}
