//! Which process listens where, and is connected to whom, as the kernel tells it.
//!
//! It tells page by page, so a socket may be missed while others come and go: who looks for one looks again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// As the kernel writes the states of a socket.
const ESTABLISHED: &str = "01";
const LISTEN: &str = "0A";

/// The TCP ports that a process listens on.
pub fn listening(process: u32) -> BTreeSet<u16> {
    ports(process, LISTEN, |row| row.local)
}

/// The TCP ports at the other end of a process's connections.
pub fn connected(process: u32) -> BTreeSet<u16> {
    ports(process, ESTABLISHED, |row| row.remote)
}

/// The process among these that listens on a port.
pub(super) fn listener(port: u16, processes: impl IntoIterator<Item = u32>) -> Option<u32> {
    processes.into_iter().find(|process| listening(*process).contains(&port))
}

/// One line of the kernel's table.
struct Row {
    local: u16,
    remote: u16,
}

fn ports(process: u32, state: &str, port: impl Fn(&Row) -> u16) -> BTreeSet<u16> {
    let Ok(entries) = fs::read_dir(format!("/proc/{process}/fd")) else { return BTreeSet::new() };
    let rows = table(state);
    let links = entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let inodes = links
        .filter_map(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse::<u64>().ok());
    inodes.filter_map(|inode| rows.get(&inode).map(&port)).collect()
}

/// The TCP sockets of this machine that are in a state, by inode.
fn table(state: &str) -> BTreeMap<u64, Row> {
    let files = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let lines = files.iter().flat_map(|file| file.lines().skip(1));
    let rows = lines.filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let port = |at: usize| u16::from_str_radix(columns.get(at)?.rsplit(':').next()?, 16).ok();
        let row = Row { local: port(1)?, remote: port(2)? };
        (*columns.get(3)? == state).then_some((columns.get(9)?.parse().ok()?, row))
    });
    rows.collect()
}
