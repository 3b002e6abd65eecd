//! The part of the operator and of the kubelet: files, environment, processes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hearth_rpc::{Authority, Identity};
use hearth_tests::faults::Notes;
use hearth_tests::wait_until;
use hearth_types::pod;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::net::TcpSocket;

/// What may take its time on a machine with much to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// One application: a directory for all that its pods see.
pub(crate) struct Pods {
    dir: TempDir,
    authority: Authority,
    port: u16,
    /// Bound, so that the port is given to nobody who asks for any, and not listening, so that a driver can have it.
    _port_holder: TcpSocket,
    conf: BTreeMap<String, String>,
}

/// One pod.
pub(crate) struct Pod {
    child: Child,
    name: String,
    dir: PathBuf,
}

impl Pods {
    /// An application of the program `scenario` with two executors of one slot.
    pub(crate) fn new(settings: &[(&str, &str)]) -> Self {
        let port_holder = TcpSocket::new_v4().unwrap();
        port_holder.set_reuseaddr(true).unwrap();
        port_holder.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = port_holder.local_addr().unwrap().port();
        let port_text = port.to_string();
        let own = [
            ("spark.master", "k8s://https://kubernetes.default.svc"),
            ("spark.app.id", "spark-0123456789abcdef"),
            ("spark.driver.port", &port_text),
            ("spark.blockManager.port", "0"),
            ("spark.executor.instances", "2"),
            ("spark.executor.cores", "1"),
            ("spark.hearth.scheduler.launchAhead", "0"),
            ("spark.shuffle.io.retryWait", "50ms"),
        ];
        let pairs = own.iter().chain(settings);
        let conf = pairs.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let dir = tempfile::tempdir().unwrap();
        Self { dir, authority: Authority::new("test").unwrap(), port, _port_holder: port_holder, conf }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// What tasks and the test tell each other.
    pub(crate) fn notes(&self) -> Notes {
        Notes::new(self.path("notes"))
    }

    /// Writes what the operator tells of executors that ended, as the kubelet does.
    pub(crate) fn report(&self, reports: &str) {
        fs::write(self.path("executors.new"), reports).unwrap();
        fs::rename(self.path("executors.new"), self.path("executors")).unwrap();
    }

    /// The driver, of this generation, with these arguments of the program.
    pub(crate) fn driver(&self, epoch: u64, arguments: &[&str]) -> Pod {
        self.driver_with(epoch, arguments, &[])
    }

    /// The driver, with these variables too.
    pub(crate) fn driver_with(&self, epoch: u64, arguments: &[&str], variables: &[(&str, &str)]) -> Pod {
        let name = format!("driver-{epoch}");
        let mut command = self.command(&name);
        let conf = self.path(&name).join(pod::CONF_JSON);
        fs::write(&conf, serde_json::to_vec(&self.conf).unwrap()).unwrap();
        command
            .args(arguments)
            .env(pod::CONF_FILE, conf)
            .env(pod::DRIVER_EPOCH, epoch.to_string())
            .env(pod::REPORTS_FILE_VARIABLE, self.path("executors"))
            .env(pod::POD_IP, "127.0.0.1")
            .envs(variables.iter().copied());
        self.start(name, command)
    }

    /// An executor.
    pub(crate) fn executor(&self, id: u32) -> Pod {
        self.executor_with(id, &[])
    }

    /// An executor, with these variables.
    pub(crate) fn executor_with(&self, id: u32, variables: &[(&str, &str)]) -> Pod {
        let name = format!("exec-{id}");
        let mut command = self.command(&name);
        command
            .env(pod::ROLE, pod::ROLE_EXECUTOR)
            .env(pod::EXECUTOR_ID, id.to_string())
            .env(pod::EXECUTOR_CORES, "1")
            .env(pod::EXECUTOR_MEMORY, "512m")
            .env(pod::DRIVER_ADDRESS, format!("127.0.0.1:{}", self.port))
            .env(pod::POD_IP, "127.0.0.1")
            .envs(variables.iter().copied());
        self.start(name, command)
    }

    fn command(&self, name: &str) -> Command {
        let dir = self.path(name);
        let local = dir.join("local");
        fs::create_dir_all(&local).unwrap();
        write_identity(&dir, &self.authority.issue(name).unwrap());
        File::create(dir.join("termination-log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_scenario"));
        for variable in ["HEARTH_LOG_FORMAT", "RUST_LOG", "RUST_BACKTRACE"] {
            command.env_remove(variable);
        }
        command
            .env("HEARTH_LOG_LEVEL", "info")
            .env(pod::LOCAL_DIRS, local)
            .env(pod::SECRET_DIR_VARIABLE, &dir)
            .env(pod::TERMINATION_LOG_VARIABLE, dir.join("termination-log"))
            .stdin(Stdio::null())
            .stdout(File::create(dir.join("stdout")).unwrap())
            .stderr(File::create(dir.join("stderr")).unwrap());
        command
    }

    fn start(&self, name: String, mut command: Command) -> Pod {
        Pod { child: command.spawn().unwrap(), dir: self.path(&name), name }
    }
}

impl Pod {
    /// Its process number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for its end: its status, or 128 + signal.
    pub(crate) fn end(&mut self) -> i32 {
        let mut status = None;
        wait_until(PATIENCE, &format!("the end of {}", self.name), || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let status = status.unwrap();
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap())
    }

    /// Checks that it ends well and leaves no files.
    pub(crate) fn ends_well(&mut self) {
        let status = self.end();
        assert_eq!(status, 0, "{}: {}", self.name, self.log());
        let left: Vec<_> = fs::read_dir(self.dir.join("local")).unwrap().collect();
        assert!(left.is_empty(), "{} leaves {left:?}", self.name);
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn log(&self) -> String {
        self.read("stderr")
    }

    pub(crate) fn stdout(&self) -> String {
        self.read("stdout")
    }

    pub(crate) fn termination_message(&self) -> String {
        self.read("termination-log")
    }

    /// Waits until it logs this.
    pub(crate) fn wait_for_log(&self, text: &str) {
        wait_until(PATIENCE, &format!("{text:?} in the log of {}", self.name), || self.log().contains(text));
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.join(name)).unwrap()
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if std::thread::panicking() {
            let log = self.log();
            let last: Vec<&str> = log.lines().rev().take(30).collect();
            for line in last.iter().rev() {
                writeln_to_stderr(&format!("{}: {line}", self.name));
            }
        }
    }
}

#[expect(clippy::print_stderr, reason = "helps whoever looks at a test that failed")]
fn writeln_to_stderr(line: &str) {
    eprintln!("{line}");
}

pub(crate) fn write_identity(dir: &Path, identity: &Identity) {
    let Identity { cert_pem, key_pem, ca_pem } = identity;
    for (name, text) in [(pod::TLS_CERT, cert_pem), (pod::TLS_KEY, key_pem), (pod::CA_CERT, ca_pem)] {
        fs::write(dir.join(name), text).unwrap();
    }
}
