//! The forms that Kubernetes allows for names.

/// Whether `name` is a DNS label that begins with a letter (RFC 1035): the form of an application's name,
/// because services are named after it.
pub(crate) fn is_dns_1035_label(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Whether `name` is a DNS subdomain (RFC 1123): the form of a pod's name.
pub(crate) fn is_dns_1123_subdomain(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            label.starts_with(alphanumeric)
                && label.ends_with(alphanumeric)
                && label.chars().all(|c| alphanumeric(c) || c == '-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn application_names_are_labels_that_begin_with_a_letter() {
        for name in ["pi", "word-count", "a", "a1", &"a".repeat(63)] {
            assert!(is_dns_1035_label(name), "{name}");
        }
        for name in ["", "1a", "-a", "a-", "A", "a_b", "a.b", &"a".repeat(64)] {
            assert!(!is_dns_1035_label(name), "{name}");
        }
    }

    #[test]
    fn pod_names_may_have_dots_and_begin_with_digits() {
        assert!(is_dns_1123_subdomain("1a.b-c"));
        for name in ["", ".a", "a.", "a..b", "A", "a.-b"] {
            assert!(!is_dns_1123_subdomain(name), "{name}");
        }
    }
}
