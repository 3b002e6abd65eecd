//! Dynamic allocation: the driver scales its pool, and the test does what the operator would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use hearth_tests::wait_until;

use crate::pods::{PATIENCE, Pods};

/// An API server with one pool, which only knows how large the pool was asked to be.
#[derive(Clone, Default)]
struct Pool(Arc<Mutex<Vec<u64>>>);

impl Pool {
    /// Serves it, and tells where.
    fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let pool = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                pool.answer(BufReader::new(stream.unwrap()));
            }
        });
        url
    }

    /// One request; the client is asked to make another connection for the next.
    fn answer(&self, mut stream: BufReader<TcpStream>) {
        let lines = stream.by_ref().lines().map(|line| line.unwrap());
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let path = "/apis/hearth.dev/v1alpha1/namespaces/jobs/executorpools/pi/scale";
        assert!(head[0].starts_with(&format!("PATCH {path}")), "{}", head[0]);
        let length = head
            .iter()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        let mut body = vec![0; length.unwrap()];
        stream.read_exact(&mut body).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        self.0.lock().unwrap().push(body["spec"]["replicas"].as_u64().unwrap());
        let answer = r#"{"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "pi"}}"#;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
        write!(stream.get_mut(), "{head}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len()).unwrap();
    }

    fn asked(&self) -> Vec<u64> {
        self.0.lock().unwrap().clone()
    }

    fn wait_for(&self, size: u64) {
        wait_until(PATIENCE, &format!("a pool of {size}"), || self.asked().contains(&size));
    }
}

#[test]
fn the_pool_grows_with_the_work_and_shrinks_to_nothing_when_there_is_none() {
    let pool = Pool::default();
    let master = format!("k8s://{}", pool.serve());
    let pods = Pods::new(&[
        ("spark.master", &master),
        ("spark.executor.instances", "0"),
        ("spark.dynamicAllocation.enabled", "true"),
        ("spark.dynamicAllocation.maxExecutors", "2"),
        ("spark.dynamicAllocation.schedulerBacklogTimeout", "1s"),
        ("spark.dynamicAllocation.executorIdleTimeout", "1s"),
    ]);
    let notes = pods.notes();
    let variables = [
        ("HEARTH_EXECUTOR_POOL", "pi"),
        ("HEARTH_NAMESPACE", "jobs"),
        ("HEARTH_EXECUTOR_POOL_REPLICAS", "0"),
    ];
    let path = pods.path("notes");
    let mut driver = pods.driver_with(1, &["gated-once", path.to_str().unwrap()], &variables);
    pool.wait_for(1);
    let mut first = pods.executor(1);
    pool.wait_for(2);
    let mut second = pods.executor(2);
    wait_until(PATIENCE, "tasks on both executors", || notes.read("first").len() == 2);
    notes.open("first");
    pool.wait_for(0);
    first.ends_well();
    second.ends_well();
    notes.open("end");
    driver.ends_well();
    assert_eq!(driver.stdout(), "first: 4\n");
    let asked = pool.asked();
    assert!(asked.starts_with(&[1, 2]) && asked.ends_with(&[0]) && asked.len() <= 4, "{asked:?}");
}
