//! Rust code of the internal wire, made from `crates/rpc/proto` without `protoc`.

use std::fs;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::generated::Generated;
use crate::workspace::Workspace;

const PROTOS: &str = "crates/rpc/proto";
const GENERATED: &str = "crates/rpc/src/generated";

/// One file per protobuf package, formatted.
pub(crate) fn generate(workspace: &Workspace) -> anyhow::Result<Vec<Generated>> {
    let mut protos = workspace.folder(PROTOS)?;
    protos.retain(|name| name.ends_with(".proto"));
    if protos.is_empty() {
        return Ok(Vec::new());
    }
    let descriptors = protox::compile(&protos, [workspace.path(PROTOS)]).context("compile the protos")?;
    let out = tempfile::tempdir().context("make a temporary folder")?;
    tonic_prost_build::configure()
        .bytes(".")
        .out_dir(out.path())
        .compile_fds(descriptors)
        .context("generate code for the protos")?;
    let mut files = Vec::new();
    for entry in fs::read_dir(out.path())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let config = workspace.path("rustfmt.toml");
        let status = Command::new("rustfmt")
            .arg("--edition=2024")
            .arg("--config-path")
            .arg(config)
            .arg(&path)
            .status();
        ensure!(status.context("run rustfmt")?.success(), "rustfmt cannot format {name}");
        let text = fs::read_to_string(&path).with_context(|| format!("read {name}"))?;
        files.push(Generated { path: format!("{GENERATED}/{name}"), text, command: "cargo xtask protos" });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}
