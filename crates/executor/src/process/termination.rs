//! The last words of a pod: Kubernetes shows what a container left in a file. Spark leaves this to its logs.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use hearth_types::pod::{TERMINATION_LOG, TERMINATION_LOG_VARIABLE};

/// Kubernetes reads no more.
const MOST: usize = 4096;

/// Says why this process is about to end, in place of what was said before. Does nothing outside of a pod.
pub fn set_termination_message(message: &str) {
    write(message);
}

/// Takes back what was said.
pub fn clear_termination_message() {
    write("");
}

/// The kubelet makes the file; where there is none, nobody will read it.
fn write(message: &str) {
    let path = std::env::var_os(TERMINATION_LOG_VARIABLE).unwrap_or_else(|| TERMINATION_LOG.into());
    let file = OpenOptions::new().write(true).truncate(true).open(PathBuf::from(&path));
    if let Ok(mut file) = file
        && let Err(error) = file.write_all(shortened(message).as_bytes())
    {
        tracing::warn!("write {}: {error}", path.display());
    }
}

/// The beginning, which says what happened. What is left out was logged.
fn shortened(message: &str) -> &str {
    let message = message.trim();
    let longest = (0..=MOST.min(message.len())).rev().find_map(|end| message.get(..end));
    longest.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(shortened(" short\n"), "short");
        let long = format!("x{}", "é".repeat(3000));
        assert_eq!(shortened(&long).len(), MOST - 1);
    }
}
