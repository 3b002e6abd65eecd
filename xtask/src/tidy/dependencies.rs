//! Keeps the crates apart as the architecture says: compares what Cargo resolved with the table.
//!
//! Only normal dependencies count; tests and build scripts may use what they need.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::Finding;
use super::table::{CrateRule, OWNERS, RULES};
use crate::workspace::Workspace;

/// Who depends on whom, by package name.
#[derive(Debug, Default)]
pub(super) struct Graph {
    members: BTreeSet<String>,
    edges: BTreeMap<String, BTreeSet<String>>,
}

/// Everything that breaks the table.
pub(super) fn check(graph: &Graph) -> Vec<Finding> {
    graph.members.iter().flat_map(|member| graph.check_member(member)).collect()
}

impl Graph {
    /// Asks Cargo.
    pub(super) fn read(workspace: &Workspace) -> anyhow::Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["metadata", "--format-version", "1"]).current_dir(workspace.root());
        let output = command.output().context("start cargo metadata")?;
        ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        let metadata: Metadata = serde_json::from_slice(&output.stdout).context("read cargo metadata")?;
        Ok(Self::of(&metadata))
    }

    fn of(metadata: &Metadata) -> Self {
        let names: BTreeMap<&str, &str> =
            metadata.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
        let name = |id: &str| (*names.get(id).unwrap_or(&id)).to_owned();
        let mut graph = Self {
            members: metadata.workspace_members.iter().map(|id| name(id)).collect(),
            ..Self::default()
        };
        for node in &metadata.resolve.nodes {
            let normal = node.deps.iter().filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind.is_none()));
            // Two versions of a package are one name here, which can only make the rules stricter.
            graph.edges.entry(name(&node.id)).or_default().extend(normal.map(|dep| name(&dep.pkg)));
        }
        graph
    }

    fn check_member(&self, member: &str) -> Vec<Finding> {
        let Some(rule) = RULES.iter().find(|rule| rule.name == member) else {
            return vec![Finding::file(
                member,
                "is not in the table of xtask/src/tidy/table.rs; say what it may use",
            )];
        };
        let direct = self
            .direct(member)
            .iter()
            .filter_map(|used| Some(Finding::file(member, self.refuse(rule, used)?)));
        let below = rule.never.iter().filter_map(|never| {
            let path = self.path(member, never)?;
            Some(Finding::file(member, format!("must not see `{never}`, but does: {}", path.join(" → "))))
        });
        direct.chain(below).collect()
    }

    /// Why `rule` does not let its package depend on `used` directly.
    fn refuse(&self, rule: &CrateRule, used: &str) -> Option<String> {
        let owners = OWNERS.iter().find(|(name, _)| *name == used).map(|(_, owners)| *owners);
        if self.members.contains(used) && !rule.may_use.contains(&used) {
            Some(format!("must not use `{used}`; it may use {}", list(rule.may_use)))
        } else if rule.not_directly.contains(&used) {
            Some(format!("must not use `{used}` directly"))
        } else {
            let owners = owners.filter(|owners| !owners.contains(&rule.name))?;
            Some(format!("must not use `{used}`; only {} may", list(owners)))
        }
    }

    fn direct(&self, package: &str) -> &BTreeSet<String> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        self.edges.get(package).unwrap_or(&NONE)
    }

    /// A shortest way from one package to another.
    fn path<'a>(&'a self, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut queue = std::collections::VecDeque::from([from]);
        while let Some(package) = queue.pop_front() {
            if package == to {
                let mut path = vec![package];
                while let Some(before) = path.last().and_then(|last| came_from.get(last)) {
                    path.push(before);
                }
                path.reverse();
                return Some(path);
            }
            for used in self.direct(package) {
                if used != from && !came_from.contains_key(used.as_str()) {
                    came_from.insert(used, package);
                    queue.push_back(used);
                }
            }
        }
        None
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "none of ours".to_owned() } else { names.join(", ") }
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Debug, Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph of `from → to`, in which packages of this workspace begin with `hearth` or are in `members`.
    fn problems(edges: &[(&str, &str)]) -> Vec<String> {
        let mut graph = Graph::default();
        for (from, to) in edges {
            graph.edges.entry((*from).to_owned()).or_default().insert((*to).to_owned());
            graph.members.extend(
                [from, to]
                    .into_iter()
                    .filter(|name| name.starts_with("hearth"))
                    .map(|name| (*name).to_owned()),
            );
        }
        check(&graph).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_edge_that_the_table_does_not_have_is_named() {
        assert_eq!(
            problems(&[("hearth-scheduler", "hearth-types"), ("hearth-scheduler", "hearth-storage")]),
            ["hearth-scheduler: must not use `hearth-storage`; it may use hearth-types"]
        );
        assert_eq!(
            problems(&[("hearth-types", "hearth-conf")]),
            ["hearth-types: must not use `hearth-conf`; it may use none of ours"]
        );
        assert_eq!(problems(&[("hearth-executor", "hearth-files")]).len(), 1);
        assert_eq!(problems(&[("hearth-driver", "hearth-crd")]).len(), 1);
    }

    #[test]
    fn what_a_crate_must_never_see_is_found_through_others() {
        assert_eq!(
            problems(&[("hearth-scheduler", "indexmap"), ("indexmap", "pool"), ("pool", "tokio")]),
            ["hearth-scheduler: must not see `tokio`, but does: hearth-scheduler → indexmap → pool → tokio"]
        );
        assert_eq!(
            problems(&[("hearth-driver", "hearth-rpc"), ("hearth-rpc", "x"), ("x", "hearth-rdd")]).len(),
            1
        );
        assert_eq!(problems(&[("hearth-crd", "kube-core"), ("kube-core", "kube-client")]).len(), 1);
    }

    #[test]
    fn what_a_crate_must_not_use_directly_may_be_below_it() {
        assert_eq!(problems(&[("hearth-rdd", "tonic")]), ["hearth-rdd: must not use `tonic` directly"]);
        assert_eq!(problems(&[("hearth-rdd", "hearth-storage"), ("hearth-storage", "tonic")]), [""; 0]);
    }

    #[test]
    fn an_external_crate_has_owners() {
        assert_eq!(
            problems(&[("hearth-status", "object_store")]),
            ["hearth-status: must not use `object_store`; only hearth-files may"]
        );
        assert_eq!(
            problems(&[("hearth-cli", "kube-derive")]),
            ["hearth-cli: must not use `kube-derive`; only hearth-crd may"]
        );
        assert_eq!(problems(&[("hearth-files", "object_store")]), [""; 0]);
    }

    #[test]
    fn a_crate_without_a_rule_is_refused() {
        assert!(problems(&[("hearth-novel", "serde")])[0].contains("is not in the table"));
    }

    #[test]
    fn only_normal_dependencies_count() {
        let metadata = serde_json::json!({
            "packages": [{"id": "a 1", "name": "hearth-types"}, {"id": "b 1", "name": "tokio"}],
            "workspace_members": ["a 1"],
            "resolve": {"nodes": [
                {"id": "a 1", "deps": [{"pkg": "b 1", "dep_kinds": [{"kind": "dev", "target": null}]}]},
                {"id": "b 1", "deps": []},
            ]},
        });
        assert_eq!(check(&Graph::of(&serde_json::from_value(metadata.clone()).unwrap())), []);
        let normal = metadata.to_string().replace("\"dev\"", "null");
        assert_eq!(check(&Graph::of(&serde_json::from_str(&normal).unwrap())).len(), 1);
    }
}
