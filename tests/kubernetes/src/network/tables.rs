//! The rules in the nodes: a table of nftables in each, which is gone when the test is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};

use super::policy::{self, Guarded};
use crate::tools;

/// Removes the table of this name from the nodes when its standard input ends. What ends the tests at the terminal must not end it.
const REMOVE: &str = r#"trap '' INT HUP
table=$1; shift
cat
for node in "$@"; do nsenter "--net=/var/run/netns/$node" nft delete table inet "$table"; done"#;

/// A table in each node.
#[derive(Debug)]
pub(super) struct Tables {
    name: String,
    /// The nodes, and what the table of each says.
    nodes: BTreeMap<String, String>,
    remover: Child,
}

impl Tables {
    /// None is there yet.
    ///
    /// # Errors
    /// A node is not of this machine.
    pub(super) fn new(name: &str, nodes: Vec<String>) -> anyhow::Result<Self> {
        for node in &nodes {
            ensure!(network_of(node).exists(), "{} is not there", network_of(node).display());
        }
        let mut remover = Command::new("sh");
        remover.args(["-c", REMOVE, "sh", name]).args(&nodes);
        // A table that was never written cannot be removed, and it says so.
        remover.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let remover = remover.spawn().context("start a shell")?;
        let nodes = nodes.into_iter().map(|node| (node, String::new())).collect();
        Ok(Self { name: name.to_owned(), nodes, remover })
    }

    /// Each node guards its own pods.
    ///
    /// # Errors
    /// `nft` refuses.
    pub(super) fn write(&mut self, guarded: &[Guarded]) -> anyhow::Result<()> {
        for (node, written) in &mut self.nodes {
            let table = policy::table(&self.name, guarded.iter().filter(|pod| pod.node == *node));
            if table == *written {
                continue;
            }
            let mut nft = Command::new("nsenter");
            nft.arg(format!("--net={}", network_of(node).display())).args(["nft", "--file", "-"]);
            let outcome = tools::run(nft, &table)?.success();
            outcome.with_context(|| format!("write into {node}:\n{table}"))?;
            *written = table;
        }
        Ok(())
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        drop(self.remover.stdin.take());
        let removed = self.remover.wait();
        drop(removed);
    }
}

fn network_of(node: &str) -> PathBuf {
    PathBuf::from("/var/run/netns").join(node)
}
