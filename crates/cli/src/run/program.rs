//! Which file on this machine `spec.mainApplicationFile` means.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use hearth_crd::{FieldError, FieldPath, Manifest, SparkApplication};

use crate::error::Error;

/// Where Hearth's images have their programs.
const IMAGE_HOME: &str = "/opt/hearth/";

/// The program, as an absolute path to a file that may be executed.
pub(super) fn resolve(manifest: &Manifest<'_>, application: &SparkApplication) -> Result<PathBuf, Error> {
    let uri = application.spec.main_application_file.trim();
    let (path, origin) = match locate(uri)? {
        Located::Path(path) => (path, String::new()),
        Located::BelowHome { home, path } => {
            let origin = format!(" ({} is HEARTH_HOME, here {})", "local:///opt/hearth", home.display());
            (path, origin)
        }
        Located::Elsewhere { scheme } => {
            let problem = format!(
                "found {uri:?}; {scheme} is not supported when run on this machine, write a path, file:// or local://"
            );
            return Err(error(manifest, problem));
        }
    };
    let shown = path.display();
    let metadata = std::fs::metadata(&path).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => error(manifest, format!("no such file: {shown}{origin}")),
        _ => error(manifest, format!("{shown} cannot be read: {cause}{origin}")),
    })?;
    if metadata.is_dir() {
        return Err(error(manifest, format!("{shown} is a directory; name the program in it{origin}")));
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        let problem = format!("{shown} is not executable; build it as a program, or chmod +x it{origin}");
        return Err(error(manifest, problem));
    }
    Ok(path)
}

/// A problem of the field that names the program.
pub(super) fn error(manifest: &Manifest<'_>, problem: String) -> Error {
    let path = FieldPath::of(["spec", "mainApplicationFile"]);
    Error::Field(manifest.place(FieldError::new(path, problem)))
}

enum Located {
    Path(PathBuf),
    BelowHome { home: PathBuf, path: PathBuf },
    Elsewhere { scheme: String },
}

fn locate(uri: &str) -> Result<Located, Error> {
    if let Some(path) = uri.strip_prefix("local://") {
        return match path.strip_prefix(IMAGE_HOME) {
            Some(name) => {
                let home = home()?;
                let path = home.join(name);
                Ok(Located::BelowHome { home, path })
            }
            None => Ok(Located::Path(absolute(path))),
        };
    }
    if let Some(path) = uri.strip_prefix("file://").or_else(|| uri.strip_prefix("file:")) {
        return Ok(Located::Path(absolute(path)));
    }
    match uri.split_once("://") {
        Some((scheme, _)) => Ok(Located::Elsewhere { scheme: format!("{scheme}://") }),
        None => Ok(Located::Path(absolute(uri))),
    }
}

/// Absolute, so that a plain name is not looked up in `PATH`.
fn absolute(path: &str) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path))
}

/// `HEARTH_HOME`, or the folder of the running binary.
fn home() -> Result<PathBuf, Error> {
    if let Some(home) = std::env::var_os("HEARTH_HOME").filter(|home| !home.is_empty()) {
        return Ok(std::path::absolute(&home).unwrap_or_else(|_| PathBuf::from(home)));
    }
    let binary = std::env::current_exe().map_err(|source| Error::Home { source })?;
    Ok(binary.parent().unwrap_or_else(|| Path::new("/")).to_owned())
}
