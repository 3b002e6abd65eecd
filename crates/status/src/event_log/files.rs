//! The files of a log. Spark: `SingleEventLogFileWriter`, `RollingEventLogFilesWriter`.
//!
//! Single: `<dir>/<application>[.zstd].inprogress`, without `.inprogress` when it is finished.
//! Rolling: `<dir>/eventlog_v2_<application>/` with `events_<n>_<application>[.zstd]` and an empty marker
//! `appstatus_<application>[.inprogress]`.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{EventLogConf, EventLogError};

const IN_PROGRESS: &str = ".inprogress";

/// The log's current file and how it ends.
#[derive(Debug)]
pub(super) struct LogFiles {
    name: String,
    compress: bool,
    buffer: usize,
    layout: Layout,
    path: PathBuf,
    out: Out,
}

#[derive(Debug)]
enum Layout {
    Single { finished: PathBuf },
    Rolling { folder: PathBuf, number: u64, max_size: u64 },
}

#[derive(Debug)]
enum Out {
    Plain(BufWriter<Counted>),
    Zstd(Box<Encoder>),
}

/// Only for its `Debug`.
struct Encoder(zstd::stream::write::Encoder<'static, BufWriter<Counted>>);

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

/// Counts what reaches the file: the size that rolling goes by.
#[derive(Debug)]
struct Counted {
    file: File,
    written: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl LogFiles {
    pub(super) fn create(conf: &EventLogConf, application: &str) -> Result<Self, EventLogError> {
        if !conf.directory.is_dir() {
            return Err(EventLogError::NoDirectory(conf.directory.clone()));
        }
        let name = sanitize(application);
        let (layout, path) = match conf.rolling {
            None => {
                let finished = conf.directory.join(format!("{name}{}", codec(conf.compress)));
                let path = with_suffix(&finished, IN_PROGRESS);
                make_room(&finished, conf.overwrite)?;
                make_room(&path, conf.overwrite)?;
                (Layout::Single { finished }, path)
            }
            Some(max_size) => {
                let folder = conf.directory.join(format!("eventlog_v2_{name}"));
                make_room(&folder, conf.overwrite)?;
                let marker = folder.join(format!("appstatus_{name}{IN_PROGRESS}"));
                let made = std::fs::create_dir(&folder).and_then(|()| File::create_new(&marker));
                made.map_err(|source| EventLogError::Io { path: marker, source })?;
                let path = folder.join(format!("events_1_{name}{}", codec(conf.compress)));
                (Layout::Rolling { folder, number: 1, max_size }, path)
            }
        };
        let out = open(&path, conf.compress, conf.buffer)
            .map_err(|source| EventLogError::Io { path: path.clone(), source })?;
        Ok(Self { name, compress: conf.compress, buffer: conf.buffer, layout, path, out })
    }

    /// The file that is written now.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line, to a new file when the current one is full.
    pub(super) fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        if let Layout::Rolling { folder, number, max_size } = &mut self.layout
            && self.out.written() > *max_size
        {
            *number += 1;
            let path = folder.join(format!("events_{number}_{}{}", self.name, codec(self.compress)));
            let full = std::mem::replace(&mut self.out, open(&path, self.compress, self.buffer)?);
            self.path = path;
            full.close()?;
        }
        let out = self.out.writer();
        out.write_all(line)?;
        out.write_all(b"\n")
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.writer().flush()
    }

    /// Closes the log and takes the mark of being in progress away.
    pub(super) fn finish(self) -> io::Result<()> {
        self.out.close()?;
        match &self.layout {
            Layout::Single { finished } => std::fs::rename(&self.path, finished),
            Layout::Rolling { folder, .. } => {
                let done = folder.join(format!("appstatus_{}", self.name));
                std::fs::rename(with_suffix(&done, IN_PROGRESS), done)
            }
        }
    }
}

impl Out {
    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(out) => out,
            Self::Zstd(out) => &mut out.0,
        }
    }

    fn written(&self) -> u64 {
        match self {
            Self::Plain(out) => out.get_ref().written,
            Self::Zstd(out) => out.0.get_ref().get_ref().written,
        }
    }

    fn close(self) -> io::Result<()> {
        match self {
            Self::Plain(mut out) => out.flush(),
            Self::Zstd(out) => out.0.finish()?.flush(),
        }
    }
}

fn open(path: &Path, compress: bool, buffer: usize) -> io::Result<Out> {
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let out = BufWriter::with_capacity(buffer, Counted { file, written: 0 });
    Ok(if compress { Out::Zstd(Box::new(Encoder(zstd::Encoder::new(out, 1)?))) } else { Out::Plain(out) })
}

fn make_room(path: &Path, overwrite: bool) -> Result<(), EventLogError> {
    let Ok(found) = path.symlink_metadata() else { return Ok(()) };
    if !overwrite {
        return Err(EventLogError::Exists(path.to_owned()));
    }
    tracing::warn!(?path, "the event log already exists and is overwritten");
    let gone = if found.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    gone.map_err(|source| EventLogError::Io { path: path.to_owned(), source })
}

fn codec(compress: bool) -> &'static str {
    if compress { ".zstd" } else { "" }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The application's id as a file name, by Spark's rule, which readers of the directory know.
fn sanitize(application: &str) -> String {
    let replaced = application.chars().map(|c| match c {
        ' ' | ':' | '/' => '-',
        '.' | '$' | '{' | '}' | '\'' | '"' => '_',
        other => other,
    });
    replaced.collect::<String>().to_lowercase()
}
