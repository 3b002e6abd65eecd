//! What a path or pattern stands for. Spark: Hadoop's `Globber`.

use globset::{GlobBuilder, GlobMatcher};

use super::pattern::{expand_braces, has_wildcard, unescape};
use crate::error::{Error, InputProblem, Result};
use crate::store::{Entry, Location, Status};

/// The files and directories that `pattern` stands for, sorted by path; the inner error when there is none.
pub(super) fn expand(pattern: &str) -> Result<Result<Vec<Entry>, InputProblem>> {
    let alternatives = expand_braces(pattern)?;
    let mut wildcard = alternatives.len() > 1;
    let mut found = Vec::new();
    for alternative in &alternatives {
        let location = Location::parse(alternative)?;
        wildcard |= location.segments().any(has_wildcard);
        found.extend(matching(pattern, &location)?);
    }
    if !found.is_empty() {
        found.sort_by_cached_key(|entry| entry.location.uri());
        return Ok(Ok(found));
    }
    let shown = Location::parse(pattern).map_or_else(|_| pattern.to_string(), |location| location.uri());
    Ok(Err(match wildcard {
        true => InputProblem::MatchesNothing(shown),
        false => InputProblem::DoesNotExist(shown),
    }))
}

/// Hadoop and Spark leave out what begins with `_` or `.`: working directories, markers and checksums.
pub(super) fn is_hidden(name: &str) -> bool {
    name.starts_with(['_', '.'])
}

/// Walks down the segments. Only the last one must not be hidden.
fn matching(pattern: &str, location: &Location) -> Result<Vec<Entry>> {
    let segments: Vec<&str> = location.segments().collect();
    let mut reached = vec![Entry { location: location.root(), status: Status::Directory }];
    // Segments without wildcards are looked up once, with the last of them.
    let mut pending = !segments.is_empty();
    for (index, segment) in segments.iter().enumerate() {
        let last = index + 1 == segments.len();
        if !has_wildcard(segment) {
            let name = unescape(segment);
            for entry in &mut reached {
                entry.location = entry.location.child(&name);
            }
            pending = true;
            continue;
        }
        let matcher = compile(pattern, segment)?;
        let mut next = Vec::new();
        for directory in &reached {
            let entries = directory.location.list()?.unwrap_or_default();
            next.extend(entries.into_iter().filter(|entry| {
                matcher.is_match(entry.location.name()) && (last || entry.status == Status::Directory)
            }));
        }
        reached = next;
        pending = false;
    }
    reached.retain(|entry| !is_hidden(entry.location.name()));
    if !pending {
        return Ok(reached);
    }
    let mut existing = Vec::with_capacity(reached.len());
    for Entry { location, .. } in reached {
        if let Some(status) = location.status()? {
            existing.push(Entry { location, status });
        }
    }
    Ok(existing)
}

fn compile(pattern: &str, segment: &str) -> Result<GlobMatcher> {
    GlobBuilder::new(&single_stars(segment))
        .literal_separator(true)
        .backslash_escape(true)
        .empty_alternates(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| Error::InvalidPattern {
            pattern: pattern.to_string(),
            reason: error.kind().to_string(),
        })
}

/// Two stars mean nothing more than one in Hadoop.
fn single_stars(segment: &str) -> String {
    let mut single = String::with_capacity(segment.len());
    let (mut escaped, mut star) = (false, false);
    for character in segment.chars() {
        let wild = character == '*' && !escaped;
        if !(wild && star) {
            single.push(character);
        }
        star = wild;
        escaped = !escaped && character == '\\';
    }
    single
}
