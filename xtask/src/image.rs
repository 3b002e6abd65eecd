//! Builds the Dockerfile, and remembers what it was built from.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use crate::say;
use crate::workspace::Workspace;

/// Written after a build: the files and the toolchain that a change of makes another build worth its time.
const BUILT: &str = "Dockerfile.built";
/// What decides, beside the toolchain and other people's packages, whether the Dockerfile builds. That the sources compile is
/// known from the tests.
const INPUTS: [&str; 2] = ["Dockerfile", ".dockerignore"];
/// The names of the image: the one that the chart has, and the one that the examples have.
const NAMES: [&str; 2] = ["hearth", "hearth/examples"];
/// The most that the image may have, unpacked.
const LARGEST: u64 = 150_000_000;

/// Builds the image, with Docker if its daemon answers, else with buildah on stand-ins for the base images.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    let names = NAMES.map(|name| format!("{name}:{}", env!("CARGO_PKG_VERSION")));
    if answers(Command::new("docker").arg("info")) {
        let mut command = Command::new("docker");
        command.arg("build");
        for name in &names {
            command.args(["--tag", name]);
        }
        run(command.arg(".").current_dir(workspace.root()))?;
        say(&format!("image: {} is in Docker", names.join(" and ")));
    } else {
        let archive = workspace.path("target/image.tar");
        std::fs::create_dir_all(workspace.path("target"))?;
        run(Command::new(workspace.path("tests/cluster/images/build")).arg(&archive).args(&names))?;
        let size = check_size(&archive)?;
        say(&format!("image: {} in {}, {} MB", names.join(" and "), archive.display(), size / 1_000_000));
    }
    std::fs::write(workspace.path(BUILT), inputs(workspace)?).with_context(|| format!("write {BUILT}"))
}

/// Builds the image if something that it depends on is not as it was at the last build.
pub(crate) fn build_if_changed(workspace: &Workspace) -> anyhow::Result<()> {
    let built = std::fs::read_to_string(workspace.path(BUILT)).unwrap_or_default();
    if built == inputs(workspace)? {
        say("image: Dockerfile, packages of others and the toolchain are those of the last build");
        return Ok(());
    }
    build(workspace)
}

/// The checksums of the inputs, the version of the compiler, and the packages of others.
fn inputs(workspace: &Workspace) -> anyhow::Result<String> {
    let sums = output(Command::new("sha256sum").args(INPUTS).current_dir(workspace.root()))?;
    let compiler = output(Command::new("rustc").arg("--version").current_dir(workspace.root()))?;
    let packages = checksum(&foreign(&workspace.read("Cargo.lock")?))?;
    Ok(format!("{sums}{compiler}{packages}"))
}

fn checksum(text: &str) -> anyhow::Result<String> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(text.as_bytes())?;
    output(Command::new("sha256sum").stdin(file.reopen()?))
}

/// One line for each package of a lock file that is not the workspace's own: which of our packages uses which changes often, and
/// is known to compile.
fn foreign(lock: &str) -> String {
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))?;
        Some(line.trim_matches('"').to_owned())
    };
    let line = |package: &str| {
        value(package, "source")?;
        Some(format!("{} {}\n", value(package, "name")?, value(package, "version")?))
    };
    lock.split("[[package]]").filter_map(line).collect()
}

/// A docker-archive holds its layers unpacked, so its size is the image's.
fn check_size(archive: &Path) -> anyhow::Result<u64> {
    let size = archive.metadata().with_context(|| archive.display().to_string())?.len();
    ensure!(size < LARGEST, "the image has {size} bytes; it should stay below {LARGEST}");
    Ok(size)
}

fn answers(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("start {command:?}"))?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("start {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_of_others_decide() {
        let ours = "name = \"hearth-types\"\nversion = \"0.1.0\"\ndependencies = [\n \"bytes\",\n]\n";
        let theirs = "name = \"bytes\"\nversion = \"1.2.3\"\nsource = \"registry\"\nchecksum = \"1\"\n";
        let lock = format!("version = 4\n\n[[package]]\n{ours}\n[[package]]\n{theirs}");
        assert_eq!(foreign(&lock), "bytes 1.2.3\n");
    }
}
