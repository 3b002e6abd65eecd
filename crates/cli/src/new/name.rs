//! Which names an application may have: it is a Rust package, a Kubernetes object and a container image at once.

use super::Error;

/// The longest name, so that `<name>-driver-svc` is still the name of a service.
const LONGEST: usize = 52;

/// Words that are no names of Rust packages, or that would hide those that the application needs.
const TAKEN: [&str; 46] = [
    "abstract", "alloc", "as", "async", "await", "become", "box", "break", "const", "continue", "core",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "hearth", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "pub", "ref", "return", "self",
    "static", "std", "struct", "super", "test", "trait", "true", "try", "type",
];

/// Checks a name.
pub(super) fn check(name: &str) -> Result<(), Error> {
    let error = |problem| Err(Error::Name { name: name.to_owned(), problem });
    if name.is_empty() || name.len() > LONGEST {
        return error("use 1 to 52 characters");
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.ends_with('-') {
        return error("begin it with a small letter, and do not end it with a dash");
    }
    if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return error("use small letters, digits and dashes");
    }
    if TAKEN.contains(&name) {
        return error("Rust has another meaning for it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_rust_and_kubernetes() {
        for name in ["my-app", "a", "levels2", &"a".repeat(52)] {
            assert!(check(name).is_ok(), "{name}");
        }
        for name in ["", "My-app", "1a", "a_b", "a-", "-a", "a.b", "../a", "hearth", "test", &"a".repeat(53)]
        {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
