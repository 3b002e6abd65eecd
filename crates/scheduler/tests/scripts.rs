//! Runs every script of `tests/scripts`. `UPDATE_EXPECT=1` writes what came out into the scripts: read the difference.

use std::fs;
use std::path::Path;

use hearth_scheduler::testing::run_script;

#[test]
fn every_script_brings_what_it_expects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut wrong = Vec::new();
    for path in &paths {
        let script = fs::read_to_string(path).unwrap();
        match run_script(&script) {
            Ok(out) if out == script => {}
            Ok(out) if std::env::var_os("UPDATE_EXPECT").is_some() => fs::write(path, out).unwrap(),
            Ok(out) => {
                let at = out.lines().zip(script.lines()).position(|(got, expected)| got != expected);
                let at = at.unwrap_or_else(|| out.lines().count().min(script.lines().count()));
                let got = out.lines().nth(at).unwrap_or("(the end)");
                let expected = script.lines().nth(at).unwrap_or("(the end)");
                wrong.push(format!(
                    "{}:{}\n  expected: {expected}\n  got:      {got}",
                    path.display(),
                    at + 1
                ));
            }
            Err(error) => wrong.push(format!("{}: {error}", path.display())),
        }
    }
    assert!(wrong.is_empty(), "{} of {} scripts:\n{}", wrong.len(), paths.len(), wrong.join("\n"));
}
