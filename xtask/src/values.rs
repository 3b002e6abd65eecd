//! `docs/helm.md`: the values of the chart, from the comments in `values.yaml`.

use crate::generated::Generated;
use crate::tidy::Finding;
use crate::workspace::Workspace;

const VALUES: &str = "charts/hearth/values.yaml";
const HEAD: &str = include_str!("values_head.md");

/// The one file.
pub(crate) fn generate(workspace: &Workspace) -> anyhow::Result<Vec<Generated>> {
    let values = read(&workspace.read(VALUES)?);
    let mut text = HEAD.to_owned();
    for value in &values {
        let cells = [value.default.as_str(), value.doc.as_str()].map(|cell| cell.replace('|', "\\|"));
        text += &format!("| `{}` | `{}` | {} |\n", value.path, cells[0], cells[1]);
    }
    Ok(vec![Generated { path: "docs/helm.md".to_owned(), text, command: "cargo xtask docs" }])
}

/// A finding for each value without a comment.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Finding>> {
    let values = read(&workspace.read(VALUES)?);
    let silent = values.iter().filter(|value| value.doc.is_empty());
    Ok(silent
        .map(|value| Finding::line(VALUES, value.line, format!("{} has no comment", value.path)))
        .collect())
}

/// One value that may be set.
#[derive(Debug, PartialEq, Eq)]
struct ChartValue {
    line: usize,
    path: String,
    default: String,
    doc: String,
}

/// The values in the order of the file. A value is a key with a comment, with all below it, or a key with nothing below.
fn read(text: &str) -> Vec<ChartValue> {
    let mut values: Vec<ChartValue> = Vec::new();
    let mut above: Vec<(usize, &str)> = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    // The indentation of the value that the lines below belong to.
    let mut inside: Option<usize> = None;
    for (number, line) in text.lines().enumerate() {
        let words = line.trim();
        let indent = line.len() - line.trim_start().len();
        if let Some(outer) = inside
            && indent > outer
            && let Some(value) = values.last_mut()
        {
            if !value.default.is_empty() {
                value.default.push(' ');
            }
            value.default += words;
            continue;
        }
        inside = None;
        if let Some(sentence) = words.strip_prefix("# ") {
            comment.push(sentence);
            continue;
        }
        let Some((key, default)) = words.split_once(':') else {
            comment.clear();
            continue;
        };
        above.retain(|(outer, _)| *outer < indent);
        above.push((indent, key));
        let (default, doc) = (default.trim(), comment.join(" "));
        comment.clear();
        if default.is_empty() && doc.is_empty() {
            continue;
        }
        let path: Vec<&str> = above.iter().map(|(_, key)| *key).collect();
        values.push(ChartValue { line: number + 1, path: path.join("."), default: default.to_owned(), doc });
        inside = Some(indent);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_defaults_belong_to_the_key_below() {
        let text = "# About the file.\n\n# One.\n# Two.\na: 1\nb:\n  # Three.\n  c:\n    d: e\n    f:\n      - g\n  h: {}\n";
        let values = read(text);
        let found: Vec<[&str; 3]> = values
            .iter()
            .map(|value| [value.path.as_str(), value.default.as_str(), value.doc.as_str()])
            .collect();
        assert_eq!(found, [["a", "1", "One. Two."], ["b.c", "d: e f: - g", "Three."], ["b.h", "{}", ""]]);
    }
}
