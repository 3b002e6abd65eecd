//! The operator as a child process, and what it uses.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

const METRICS: &str = "127.0.0.1:18080";
const HEALTH: &str = "127.0.0.1:18081";

pub(crate) struct Operator {
    child: Child,
}

/// What a process has used up to now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Time on processors.
    pub(crate) cpu: Duration,
    /// The most memory that was resident, in bytes.
    pub(crate) peak_memory: u64,
    /// Resident memory now, in bytes.
    pub(crate) memory: u64,
}

impl Operator {
    /// Starts it for one namespace and waits until it is ready.
    pub(crate) async fn start(hearth: &Path, namespace: &str) -> anyhow::Result<Self> {
        let child = Command::new(hearth)
            .args(["operator", "--namespaces", namespace, "--metrics-bind-address", METRICS])
            .args(["--health-probe-bind-address", HEALTH, "--leader-election=false"])
            .args(["--kube-api-qps", "100000", "--kube-api-burst", "100000"])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("start {}", hearth.display()))?;
        let mut operator = Self { child };
        for _ in 0..300 {
            if let Some(status) = operator.child.try_wait()? {
                bail!("the operator ended at once: {status}");
            }
            if get(HEALTH, "/readyz").await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                return Ok(operator);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the operator is not ready after 30 s")
    }

    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        let pid = self.child.id().context("the operator has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let fields: Vec<&str> =
            stat.rsplit_once(')').context("read its stat")?.1.split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        let ticks_per_second = rustix::param::clock_ticks_per_second();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let kib = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default()
        };
        Ok(Usage {
            cpu: Duration::from_secs_f64(ticks as f64 / ticks_per_second as f64),
            peak_memory: kib("VmHWM:") << 10,
            memory: kib("VmRSS:") << 10,
        })
    }

    /// How many requests it has made so far, by what they were for.
    pub(crate) async fn requests(&self) -> anyhow::Result<BTreeMap<String, f64>> {
        let text = get(METRICS, "/metrics").await?;
        let lines = text.lines().filter_map(|line| line.strip_prefix("hearth_operator_api_requests_total"));
        lines
            .map(|line| {
                let (labels, count) = line.rsplit_once(' ').context("a metric without a value")?;
                Ok((labels.to_owned(), count.parse()?))
            })
            .collect()
    }
}

/// A request as small as can be: the answer with its header.
async fn get(address: &str, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes())
        .await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
