//! The image of the tests: the binaries that Cargo built beside this test, on the Dockerfile's base.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, ensure};

use crate::cluster::{script, state, workspace};
use crate::tools;

/// What is in the image.
const BINARIES: [&str; 3] = ["hearth", "hearth-examples", "scenario"];

/// Makes the image, and puts it on the nodes, unless they have it. Returns its name, which is another for other binaries.
pub(crate) fn load() -> anyhow::Result<String> {
    let folder = binaries()?;
    let name = format!("hearth.test/hearth:{:016x}", fingerprint(&folder)?);
    let archive = std::env::temp_dir().join("hearth-test-image.tar");
    let loaded = archive.with_extension("name");
    let cluster = state().join("pki/ca.crt");
    // A cluster that was started since then does not have it.
    let key = format!("{name} {:?}", modified(&cluster));
    if std::fs::read_to_string(&loaded).is_ok_and(|text| text == key) {
        return Ok(name);
    }
    let mut command = Command::new(workspace().join("tests/cluster/images/from-binaries"));
    // Beside its own name, those of the chart and of the examples, so that both can be tried by hand as they are.
    let version = env!("CARGO_PKG_VERSION");
    command.arg(&folder).arg(&archive).arg(&name);
    command.args([format!("hearth:{version}"), format!("hearth/examples:{version}")]);
    tools::run(command, "")?.success().context("make the image of the tests")?;
    script(&["load", &archive.to_string_lossy()])?;
    std::fs::write(loaded, key)?;
    Ok(name)
}

/// Cargo's folder for this profile.
pub(crate) fn binaries() -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.ancestors().nth(2).context("the folder of the binaries")?;
    ensure!(
        folder.join("hearth").exists(),
        "{} is not built; run `cargo build --workspace`",
        folder.join("hearth").display()
    );
    Ok(folder.to_owned())
}

/// Of the binaries that go into the image.
fn fingerprint(folder: &std::path::Path) -> anyhow::Result<u64> {
    let mut hasher = DefaultHasher::new();
    for name in BINARIES {
        let path = folder.join(name);
        (name, modified(&path), path.metadata().ok().map(|file| file.len())).hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn modified(path: &std::path::Path) -> Option<SystemTime> {
    path.metadata().and_then(|file| file.modified()).ok()
}
