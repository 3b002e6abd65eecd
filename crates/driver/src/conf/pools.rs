//! The FAIR pools of `fairscheduler.xml`. Spark: `FairSchedulableBuilder`.
//!
//! Where Spark logs a warning and takes the default, a value that makes no sense is an error here.

use std::collections::BTreeMap;

use hearth_scheduler::PoolConf;
use hearth_types::SchedulingMode;
use roxmltree::{Document, Node};

/// Why a file of pools cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// Not XML.
    #[error("not XML: {0}")]
    Xml(String),
    /// The root is something else.
    #[error("line {line}: the root element is <{found}>, not <allocations>")]
    Root {
        /// Where.
        line: u32,
        /// What it is.
        found: String,
    },
    /// A pool has no name.
    #[error("line {line}: a <pool> needs a name attribute")]
    Name {
        /// Where.
        line: u32,
    },
    /// Two pools have one name.
    #[error("line {line}: pool {pool:?} is there twice")]
    Twice {
        /// Where.
        line: u32,
        /// Its name.
        pool: String,
    },
    /// A setting has a value that it cannot have.
    #[error("line {line}: pool {pool:?}: {key} is {value:?}, it must be {allowed}")]
    Value {
        /// Where.
        line: u32,
        /// Whose setting.
        pool: String,
        /// Which.
        key: &'static str,
        /// What it says.
        value: String,
        /// What it may say.
        allowed: &'static str,
    },
}

/// Reads the text of a `fairscheduler.xml`. What a pool does not say is as in Spark: FIFO, weight 1, minShare 0.
pub fn parse_pools(text: &str) -> Result<BTreeMap<String, PoolConf>, PoolError> {
    let document = Document::parse(text).map_err(|error| PoolError::Xml(error.to_string()))?;
    let root = document.root_element();
    if !root.has_tag_name("allocations") {
        return Err(PoolError::Root { line: line(root), found: root.tag_name().name().to_owned() });
    }
    let mut pools = BTreeMap::new();
    for node in root.children().filter(|node| node.has_tag_name("pool")) {
        let name = node.attribute("name").map(str::trim).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| PoolError::Name { line: line(node) })?;
        if pools.insert(name.to_owned(), pool(name, node)?).is_some() {
            return Err(PoolError::Twice { line: line(node), pool: name.to_owned() });
        }
    }
    Ok(pools)
}

fn pool(name: &str, node: Node<'_, '_>) -> Result<PoolConf, PoolError> {
    let mode = |text: &str| match text.to_ascii_uppercase().as_str() {
        "FIFO" => Some(SchedulingMode::Fifo),
        "FAIR" => Some(SchedulingMode::Fair),
        _ => None,
    };
    let weight = |text: &str| text.parse().ok().filter(|weight| *weight > 0);
    Ok(PoolConf {
        mode: setting(name, node, ("schedulingMode", "FIFO or FAIR"), mode)?.unwrap_or_default(),
        weight: setting(name, node, ("weight", "a whole number of at least 1"), weight)?.unwrap_or(1),
        min_share: setting(name, node, ("minShare", "a whole number"), |text| text.parse().ok())?
            .unwrap_or(0),
    })
}

fn setting<T>(
    pool: &str,
    node: Node<'_, '_>,
    (key, allowed): (&'static str, &'static str),
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, PoolError> {
    let Some(found) = node.children().find(|child| child.has_tag_name(key)) else { return Ok(None) };
    let value = found.text().unwrap_or_default().trim();
    match parse(value) {
        Some(parsed) => Ok(Some(parsed)),
        None => {
            let (pool, value) = (pool.to_owned(), value.to_owned());
            Err(PoolError::Value { line: line(found), pool, key, value, allowed })
        }
    }
}

fn line(node: Node<'_, '_>) -> u32 {
    node.document().text_pos_at(node.range().start).row
}
