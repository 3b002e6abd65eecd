//! UTF-8 as Java decodes it: what is malformed becomes U+FFFD. Spark: `Text.toString` with Java's `CharsetDecoder`.
//!
//! Java and Rust agree on how many bytes one U+FFFD stands for, but for encoded surrogates,
//! which are one character in Java's eyes and three wrong bytes in Rust's.

const REPLACEMENT: char = '\u{FFFD}';

/// Appends `bytes` to `text`.
pub(super) fn decode_into(text: &mut String, mut bytes: &[u8]) {
    text.reserve(bytes.len());
    loop {
        let error = match std::str::from_utf8(bytes) {
            Ok(valid) => return text.push_str(valid),
            Err(error) => error,
        };
        let (valid, invalid) = bytes.split_at(error.valid_up_to());
        text.push_str(&String::from_utf8_lossy(valid));
        text.push(REPLACEMENT);
        let length = match invalid {
            [0xED, 0xA0..=0xBF, 0x80..=0xBF, ..] => 3,
            [0xED, 0xA0..=0xBF, ..] => 2,
            _ => error.error_len().unwrap_or(invalid.len()),
        };
        bytes = &invalid[length..];
    }
}

/// The text of `bytes`.
pub(super) fn decode(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let mut text = String::new();
        decode_into(&mut text, error.as_bytes());
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_bytes_are_replaced_as_java_replaces_them() {
        for (bytes, text) in [
            (&b"a\xFFb"[..], "a\u{FFFD}b"),
            (b"\xE2\x82", "\u{FFFD}"),
            (b"\xE2\x82x", "\u{FFFD}x"),
            (b"\xC0\x80", "\u{FFFD}\u{FFFD}"),
            (b"\xF0\x9F\x92", "\u{FFFD}"),
            (b"\xE0\x80\x80", "\u{FFFD}\u{FFFD}\u{FFFD}"),
            (b"\xED\xA0\x80", "\u{FFFD}"),
            (b"\xED\xA0\x80\xED\xB0\x80!", "\u{FFFD}\u{FFFD}!"),
            (b"\xED\xA0", "\u{FFFD}"),
            ("grün".as_bytes(), "grün"),
        ] {
            assert_eq!(decode(bytes.to_vec()), text, "{bytes:x?}");
        }
    }
}
