//! Which process listens where, as the kernel tells it.

use std::collections::BTreeMap;
use std::fs;

/// A TCP port that somebody listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Its number.
    pub port: u16,
    /// By which the kernel knows it.
    inode: u64,
}

/// The TCP ports that a process listens on.
pub fn listening(process: u32) -> Vec<Socket> {
    let Ok(entries) = fs::read_dir(format!("/proc/{process}/fd")) else { return Vec::new() };
    let all = all_listening();
    let links = entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let inodes =
        links.filter_map(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
    inodes.filter_map(|inode| Some(Socket { port: *all.get(&inode)?, inode })).collect()
}

/// The process among these that listens on a port.
pub(super) fn listener(port: u16, processes: impl IntoIterator<Item = u32>) -> Option<u32> {
    processes.into_iter().find(|process| listening(*process).iter().any(|socket| socket.port == port))
}

/// Port by inode, of every socket of this machine that listens.
fn all_listening() -> BTreeMap<u64, u16> {
    const LISTEN: &str = "0A";
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    let rows = lines.filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let port = columns.get(1)?.rsplit(':').next()?;
        let port = u16::from_str_radix(port, 16).ok()?;
        let inode = columns.get(9)?.parse().ok()?;
        (*columns.get(3)? == LISTEN).then_some((inode, port))
    });
    rows.collect()
}
