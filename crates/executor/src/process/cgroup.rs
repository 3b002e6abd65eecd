//! How much memory the container may use. Spark leaves this to the JVM.

use std::fs;
use std::path::Path;

/// Limits above this are no limits: version 1 writes a number near 2⁶³ for none.
const NO_LIMIT: u64 = 1 << 60;

/// The limit of this process in bytes, by version 2 or 1; `None` where there is none.
pub(super) fn memory_limit() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    limit(Path::new("/sys/fs/cgroup"), &groups)
}

/// The least limit of the group of the process and those around it, as far as they can be seen: in a container its own
/// group is the root of what is mounted, whatever it is called outside.
fn limit(root: &Path, groups: &str) -> Option<u64> {
    let mut limits = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
        let (mount, file) = if controllers.is_empty() {
            (root.to_owned(), "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            (root.join("memory"), "memory.limit_in_bytes")
        } else {
            continue;
        };
        let inside = Path::new(group.trim_start_matches('/'));
        let seen = inside.ancestors().map(|group| mount.join(group).join(file));
        limits.extend(seen.filter_map(|file| parse(&fs::read_to_string(file).ok()?)));
    }
    limits.into_iter().min()
}

/// The contents of a file with a limit.
fn parse(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|limit| *limit < NO_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of groups with these files.
    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn version_2_says_it_in_memory_max() {
        let dir = tree(&[("memory.max", "1073741824\n")]);
        assert_eq!(limit(dir.path(), "0::/\n"), Some(1 << 30));
        let dir = tree(&[("memory.max", "max\n")]);
        assert_eq!(limit(dir.path(), "0::/\n"), None);
    }

    #[test]
    fn the_least_limit_on_the_way_counts() {
        let dir = tree(&[("a/memory.max", "500\n"), ("a/b/memory.max", "max\n"), ("c/memory.max", "100\n")]);
        assert_eq!(limit(dir.path(), "0::/a/b\n"), Some(500));
    }

    #[test]
    fn version_1_says_it_in_memory_limit_in_bytes() {
        let groups = "12:cpu,cpuacct:/x\n5:memory:/kubepods/pod1/c1\n0::/\n";
        let dir = tree(&[("memory/memory.limit_in_bytes", "268435456\n")]);
        assert_eq!(limit(dir.path(), groups), Some(256 << 20));
        let dir = tree(&[("memory/memory.limit_in_bytes", "9223372036854771712\n")]);
        assert_eq!(limit(dir.path(), groups), None);
    }

    #[test]
    fn nothing_to_read_is_no_limit() {
        let dir = tree(&[]);
        assert_eq!(limit(dir.path(), ""), None);
        assert_eq!(limit(dir.path(), "garbage\n0::/nowhere\n"), None);
    }
}
