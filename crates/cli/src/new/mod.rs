//! `hearth new NAME`: a small application to begin with.
//!
//! Spark: the page "Self-Contained Applications", which is to be copied by hand.

mod dependency;
mod error;
mod name;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args as ClapArgs;

use self::dependency::Dependency;
pub(crate) use self::error::Error;
use crate::output::print;

pub(crate) const LONG_ABOUT: &str = "\
Write a small Rust application to begin with: a program that counts words, a test, a manifest and a Dockerfile.

It builds, its test passes, and `hearth run` runs it on this machine.";

pub(crate) const HELP: &str = "\
Examples:
  Write it into the folder my-app:
    hearth new my-app

  With the hearth crate from a repository, or from a checkout:
    hearth new my-app --hearth-git https://example.com/hearth.git
    hearth new my-app --hearth-path ~/src/hearth

A hearth takes the crate from the checkout in which it was built, if that is there, and the versions of Cargo.lock too.";

#[derive(Debug, ClapArgs)]
pub(crate) struct NewArgs {
    /// The name of the application, and of the folder.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// The checkout that has the hearth crate.
    #[arg(long, value_name = "DIR", conflicts_with = "hearth_git")]
    pub(crate) hearth_path: Option<PathBuf>,

    /// The repository that has the hearth crate.
    #[arg(long, value_name = "URL")]
    pub(crate) hearth_git: Option<String>,
}

/// The files, and what is in them; `{{…}}` stands for what differs.
const FILES: [(&str, &str); 9] = [
    ("Cargo.toml", include_str!("../../templates/new/Cargo.toml.txt")),
    ("src/lib.rs", include_str!("../../templates/new/lib.rs.txt")),
    ("src/main.rs", include_str!("../../templates/new/main.rs.txt")),
    ("tests/counts.rs", include_str!("../../templates/new/counts.rs.txt")),
    ("app.yaml", include_str!("../../templates/new/app.yaml.txt")),
    ("Dockerfile", include_str!("../../templates/new/Dockerfile.txt")),
    (".dockerignore", "target\n"),
    (".gitignore", "/target\n"),
    ("README.md", include_str!("../../templates/new/README.md.txt")),
];

/// Writes the application.
pub(crate) fn new(args: &NewArgs) -> Result<ExitCode, crate::error::Error> {
    name::check(&args.name)?;
    let dependency = Dependency::choose(args)?;
    let folder = Path::new(&args.name);
    std::fs::create_dir(folder).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => Error::Exists { path: folder.to_owned() },
        _ => Error::Write { path: folder.to_owned(), source },
    })?;
    for (file, content) in files(&args.name, &dependency) {
        write(&folder.join(file), content.as_bytes())?;
    }
    if let Some(lock) = dependency.lock_file() {
        write(&folder.join("Cargo.lock"), &lock)?;
    }
    let name = &args.name;
    let told = format!("wrote the application {name}; what to do with it: {name}/README.md\n");
    print(told.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn files(name: &str, dependency: &Dependency) -> Vec<(&'static str, String)> {
    let fill = |text: &str| {
        text.replace("{{name}}", name)
            .replace("{{crate}}", &name.replace('-', "_"))
            .replace("{{hearth}}", &dependency.entry())
            .replace("{{copy_hearth}}\n", &dependency.copy_lines())
            .replace("{{build_option}}", &dependency.build_option())
    };
    FILES.iter().map(|(file, content)| (*file, fill(content))).collect()
}

fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, content))
        .map_err(|source| Error::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use hearth_crd::read_application;

    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in_and_the_manifest_is_right() {
        for dependency in
            [Dependency::Path("/src/hearth".into()), Dependency::Git("https://h/x.git".to_owned())]
        {
            let files = files("my-app", &dependency);
            for (file, content) in &files {
                assert!(!content.contains("{{"), "{file}: {content}");
            }
            let manifest = &files.iter().find(|(file, _)| *file == "app.yaml").unwrap().1;
            let application = read_application(manifest, "app.yaml").unwrap();
            assert_eq!(application.metadata.name.as_deref(), Some("my-app"));
            assert_eq!(application.spec.main_application_file, "local:///opt/hearth/my-app");
        }
    }
}
