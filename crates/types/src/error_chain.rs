//! An error and its causes as one line of text.

use std::error::Error;

/// The message of an error and those of its causes, joined by `: `, for places that show or send one line.
pub fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
