//! Makes a module of each example, and a function that picks one by its name.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

const EXAMPLES: &str = "../src/bin";
/// What each example has once, and what a module needs instead, so that it can be called.
const MAIN: [&str; 2] = ["\nfn main() -> anyhow::Result<()> {", "\npub fn main() -> anyhow::Result<()> {"];

fn main() -> io::Result<()> {
    // They are no part of this package.
    println!("cargo::rerun-if-changed={EXAMPLES}");
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    let folder = Path::new(&folder);
    let mut names = Vec::new();
    for entry in fs::read_dir(EXAMPLES)? {
        names.extend(entry?.file_name().to_string_lossy().strip_suffix(".rs").map(str::to_owned));
    }
    names.sort();
    let (mut modules, mut arms) = (String::new(), String::new());
    for name in names {
        let module = name.replace('-', "_");
        let text = fs::read_to_string(Path::new(EXAMPLES).join(format!("{name}.rs")))?;
        let file = folder.join(format!("{module}.rs"));
        fs::write(&file, text.replacen(MAIN[0], MAIN[1], 1))?;
        writeln!(modules, "#[path = {file:?}]\npub mod {module};").map_err(io::Error::other)?;
        writeln!(arms, "        {name:?} => {module}::main(),").map_err(io::Error::other)?;
    }
    let run = format!(
        "{modules}\nfn run(name: &str) -> anyhow::Result<()> {{\n    match name {{\n{arms}        _ => \
         anyhow::bail!(\"no example is called {{name}}\"),\n    }}\n}}\n"
    );
    fs::write(folder.join("examples.rs"), run)
}
