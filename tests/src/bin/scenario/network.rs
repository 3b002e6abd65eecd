//! What goes over the network: between executors, and from those who should stay out.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use hearth::prelude::*;
use hearth_tests::faults::Notes;

/// No application: is there, for whoever starts something else in its pod.
pub(crate) fn stay() -> ! {
    loop {
        thread::park();
    }
}

/// No application: says for each address whether a connection is taken there.
pub(crate) fn connect(addresses: &[&str]) -> anyhow::Result<()> {
    for address in addresses {
        let to: SocketAddr = address.parse()?;
        match TcpStream::connect_timeout(&to, Duration::from_secs(30)) {
            Ok(_) => println!("{address}: connected"),
            Err(error) => println!("{address}: {error}"),
        }
    }
    Ok(())
}

/// Two map tasks, which wait at the gate `map`: an executor of one slot has one of them. Each reduce task reads from both.
pub(crate) fn exchange(sc: &SparkContext, notes: &str) -> anyhow::Result<()> {
    let notes = Notes::new(Path::new(notes).to_owned());
    let mapped = sc.range(0, 2, 1, 2).flat_map_with(notes, |notes, n| {
        println!("at the gate");
        notes.wait_at("map");
        (0..100).map(move |key| (key, n))
    });
    let mut sums = mapped.reduce_by_key(|left, right| left + right, 2).collect()?;
    sums.sort_unstable();
    let whole = sums.iter().enumerate().all(|(at, (key, sum))| (*key, *sum) == (at as i64, 1));
    println!("{} keys, each from both: {whole}", sums.len());
    Ok(())
}
