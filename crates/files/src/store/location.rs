//! Where a file is: a store and an absolute path in it. Spark: Hadoop's `Path`, made absolute.

use super::Store;
use crate::error::{Error, Result};

/// A file or directory in one store. Knows nothing of whether it exists.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    pub(crate) store: Store,
    /// Begins with `/` and has no empty, `.` or `..` segment; the root is the empty string.
    path: String,
}

impl Location {
    /// Reads a path as a user writes it: `x`, `/x`, `file:/x`, `file:///x`, `file://localhost/x`.
    /// A relative path begins at the working directory. Nothing is percent-decoded, as in Hadoop.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(Error::EmptyPath { paths: text.to_string() });
        }
        let Some((scheme, rest)) = split_scheme(text) else {
            return Ok(Self { store: Store::local(), path: absolute(text)? });
        };
        let Some(store) = Store::for_scheme(scheme) else {
            return Err(Error::UnsupportedScheme { path: text.to_string(), scheme: scheme.to_string() });
        };
        let invalid = |reason: String| Error::InvalidPath { path: text.to_string(), reason };
        let path = match rest.strip_prefix("//") {
            Some(rest) => {
                let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                if !host.is_empty() && host != "localhost" {
                    return Err(invalid(format!("it names the host `{host}`, and this store has none")));
                }
                path
            }
            None => rest,
        };
        if !path.starts_with('/') {
            return Err(invalid("a path with a scheme must be absolute".to_string()));
        }
        Ok(Self { store, path: normalize(path) })
    }

    /// The path as Spark prints it: `file:/data/x.txt`.
    pub(crate) fn uri(&self) -> String {
        if self.path.is_empty() {
            return format!("{}:/", self.store.scheme());
        }
        format!("{}:{}", self.store.scheme(), self.path)
    }

    /// The last segment; empty for the root.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or("")
    }

    /// The segments from the root on.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').skip(1)
    }

    /// The root of the same store.
    pub(crate) fn root(&self) -> Self {
        Self { store: self.store.clone(), path: String::new() }
    }

    /// `name` inside of this directory.
    pub(crate) fn child(&self, name: &str) -> Self {
        let mut path = String::with_capacity(self.path.len() + 1 + name.len());
        path.push_str(&self.path);
        path.push('/');
        path.push_str(name);
        Self { store: self.store.clone(), path }
    }

    /// The path with its first slash, for calls to the operating system.
    pub(super) fn os_path(&self) -> &std::path::Path {
        std::path::Path::new(if self.path.is_empty() { "/" } else { &self.path })
    }

    /// The path as the store wants it.
    pub(super) fn object(&self) -> Result<object_store::path::Path> {
        object_store::path::Path::parse(self.path.trim_start_matches('/'))
            .map_err(|error| Error::InvalidPath { path: self.uri(), reason: error.to_string() })
    }
}

/// `scheme` and what follows its colon, when the text begins with the syntax of a scheme (RFC 3986).
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let first = scheme.bytes().next()?;
    let valid = first.is_ascii_alphabetic()
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    valid.then_some((scheme, rest))
}

fn absolute(text: &str) -> Result<String> {
    if text.starts_with('/') {
        return Ok(normalize(text));
    }
    let invalid = |reason: String| Error::InvalidPath { path: text.to_string(), reason };
    let here = std::env::current_dir().map_err(|e| invalid(format!("no working directory: {e}")))?;
    let here = here.to_str().ok_or_else(|| invalid("the working directory is not UTF-8".to_string()))?;
    Ok(normalize(&format!("{here}/{text}")))
}

fn normalize(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    segments.iter().fold(String::with_capacity(path.len()), |mut path, segment| {
        path.push('/');
        path.push_str(segment);
        path
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_printed_as_spark_prints_them() {
        let here = std::env::current_dir().unwrap();
        for (text, uri) in [
            ("/a/b", "file:/a/b".to_string()),
            ("/a//./b/../c/", "file:/a/c".to_string()),
            ("file:/a b%20", "file:/a b%20".to_string()),
            ("file:///a", "file:/a".to_string()),
            ("file://localhost/a", "file:/a".to_string()),
            ("/", "file:/".to_string()),
            ("x/y", format!("file:{}/x/y", here.display())),
            ("12:30.txt", format!("file:{}/12:30.txt", here.display())),
        ] {
            assert_eq!(Location::parse(text).unwrap().uri(), uri, "{text}");
        }
    }

    #[test]
    fn an_unknown_scheme_is_named_with_what_is_supported() {
        let error = Location::parse("hdfs://nn/x").unwrap_err().to_string();
        assert_eq!(
            error,
            "path hdfs://nn/x: the scheme `hdfs` is not supported; \
             supported are paths of this machine, plain or with file://"
        );
        assert!(Location::parse("file://nn/x").unwrap_err().to_string().contains("host `nn`"));
        assert!(Location::parse("file:x").unwrap_err().to_string().contains("must be absolute"));
    }
}
