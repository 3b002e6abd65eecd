//! An application that is about to run, in a directory of its own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::binaries::{binary, workspace};
use crate::ended::Ended;
use crate::faults::PATIENCE;
use crate::processes::{Process, processes_below, wait_until};
use crate::started::Started;

/// Two executor processes with one slot each.
pub const LOCAL_CLUSTER: &str = "local-cluster[2,1,512]";

/// One application: its program, its arguments, its settings, and the directory in which it runs.
///
/// Temporary files of the program go into the directory too, so that [`assert_nothing_left`](Self::assert_nothing_left)
/// sees what it leaves.
#[derive(Debug)]
pub struct App {
    directory: TempDir,
    /// The manifest, for a run through `hearth run`.
    manifest: Option<PathBuf>,
    program: PathBuf,
    arguments: Vec<OsString>,
    settings: BTreeMap<String, String>,
    user: Option<u32>,
}

impl App {
    /// A program that is started by itself, on [`LOCAL_CLUSTER`].
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let app = Self {
            directory: tempfile::tempdir().unwrap(),
            manifest: None,
            program: program.into(),
            arguments: Vec::new(),
            settings: BTreeMap::new(),
            user: None,
        };
        fs::create_dir(app.temp_dir()).unwrap();
        app.conf("spark.master", LOCAL_CLUSTER)
    }

    /// An example, started by itself.
    pub fn example(name: &str) -> Self {
        Self::new(binary(name))
    }

    /// `hearth run deploy/examples/<name>.yaml`.
    pub fn manifest(name: &str) -> Self {
        Self::hearth_run(workspace().join("deploy/examples").join(format!("{name}.yaml")))
    }

    /// `hearth run MANIFEST`.
    pub fn hearth_run(manifest: PathBuf) -> Self {
        let mut app = Self::new(binary("hearth"));
        app.settings.clear();
        app.manifest = Some(manifest);
        app
    }

    /// `hearth run` of a program for which no manifest is in the checkout, with two executors.
    pub fn hearth_run_of(program: &Path) -> Self {
        let mut app = Self::new(binary("hearth"));
        app.settings.clear();
        let manifest = format!(
            "apiVersion: sparkoperator.k8s.io/v1beta2\n\
             kind: SparkApplication\n\
             metadata: {{name: app}}\n\
             spec:\n  \
               type: Rust\n  \
               sparkVersion: 4.3.0\n  \
               mainApplicationFile: {}\n  \
               driver: {{cores: 1, memory: 512m}}\n  \
               executor: {{cores: 1, instances: 2, memory: 512m}}\n",
            program.display()
        );
        app.manifest = Some(app.write("app.yaml", manifest));
        app
    }

    /// With these arguments of the program.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// With a setting.
    #[must_use]
    pub fn conf(mut self, key: &str, value: &str) -> Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    /// As a user who owns nothing but a copy of the program. Only root can become one.
    #[must_use]
    pub fn as_nobody(mut self) -> Self {
        let program = self.path("program");
        // By another process: a child that this one starts meanwhile would keep the copy open, and so not executable.
        let copy = Command::new("cp").arg(&self.program).arg(&program).status();
        assert!(copy.unwrap().success());
        self.program = program;
        for directory in [self.path(""), self.temp_dir()] {
            fs::set_permissions(directory, Permissions::from_mode(0o777)).unwrap();
        }
        self.user = Some(65_534);
        self
    }

    /// A path in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file of the directory.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// What was saved into a directory of the directory: its parts in order, one after the other.
    pub fn saved(&self, name: &str) -> Vec<u8> {
        assert!(self.path(name).join("_SUCCESS").is_file(), "{name} is not complete");
        self.parts(name).iter().flat_map(|part| fs::read(part).unwrap()).collect()
    }

    /// The parts of a saved directory, in order.
    pub fn parts(&self, name: &str) -> Vec<PathBuf> {
        self.entries(name).into_iter().filter(|path| name_of(path).starts_with("part-")).collect()
    }

    /// Everything in a directory of the directory, sorted by name.
    pub fn entries(&self, name: &str) -> Vec<PathBuf> {
        let mut entries: Vec<_> =
            fs::read_dir(self.path(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries
    }

    /// Runs it to its end.
    pub fn run(&self) -> Ended {
        let mut child = self.command().stdout(self.file("stdout")).spawn().unwrap();
        let status = child.wait().unwrap();
        let status = status.code().unwrap_or_else(|| 128 + status.signal().unwrap());
        Ended { status, stdout: fs::read(self.path("stdout")).unwrap(), stderr: self.stderr() }
    }

    /// Starts it.
    pub fn start(&self) -> Started<'_> {
        Started::new(self, self.command().stdout(Stdio::piped()).spawn().unwrap())
    }

    /// The processes of this application that are running.
    pub fn processes(&self) -> Vec<Process> {
        processes_below(&self.temp_dir())
    }

    /// Waits until no process runs and there is no temporary file: who waits for their end does so for two seconds, and on
    /// a busy machine they need longer.
    pub fn assert_nothing_left(&self) {
        wait_until(PATIENCE, "all processes are gone", || self.processes().is_empty());
        wait_until(PATIENCE, "all files are gone", || self.entries("tmp").is_empty());
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.path("stderr")).unwrap()).into_owned()
    }

    /// Where the system's temporary directory is, for the application.
    fn temp_dir(&self) -> PathBuf {
        self.path("tmp")
    }

    fn file(&self, name: &str) -> File {
        File::create(self.path(name)).unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Variables of whoever runs the tests must not change what they see.
        for variable in ["HEARTH_HOME", "HEARTH_LOG_LEVEL", "HEARTH_LOG_FORMAT", "RUST_LOG", "RUST_BACKTRACE"]
        {
            command.env_remove(variable);
        }
        match &self.manifest {
            Some(manifest) => {
                command.arg("run").arg(manifest);
                for (key, value) in &self.settings {
                    command.arg("--conf").arg(format!("{key}={value}"));
                }
                if !self.arguments.is_empty() {
                    command.arg("--");
                }
            }
            None => {
                let conf = self.write("conf.json", serde_json::to_vec(&self.settings).unwrap());
                command.env("HEARTH_CONF_FILE", conf);
            }
        }
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
            .args(&self.arguments)
            .current_dir(self.directory.path())
            .env("TMPDIR", self.temp_dir())
            .stdin(Stdio::null())
            .stderr(self.file("stderr"));
        command
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
