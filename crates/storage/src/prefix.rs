//! The beginning of a key as a number. Spark: `PrefixComparators`.

use std::any::Any;

/// The first eight bytes of a text or of bytes, which are kept behind a pointer and compare by their bytes. Of two keys the
/// one with the smaller prefix is less; equal prefixes say nothing. Other keys have none: comparing them costs little, or
/// is their own affair.
#[inline]
pub fn sort_prefix<K: 'static>(key: &K) -> Option<u64> {
    let key: &dyn Any = key;
    let bytes = match key.downcast_ref::<String>() {
        Some(text) => text.as_bytes(),
        None => key.downcast_ref::<Vec<u8>>()?,
    };
    Some(match bytes.first_chunk() {
        Some(first) => u64::from_be_bytes(*first),
        None => {
            bytes.iter().zip(1u32..).fold(0, |prefix, (byte, at)| prefix | u64::from(*byte) << (64 - 8 * at))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smaller_prefixes_belong_to_smaller_keys() {
        let keys = [
            "",
            "\0",
            "\0\0\0\0\0\0\0\0\0",
            "a",
            "a\0",
            "aa",
            "abcdefgh",
            "abcdefghi",
            "b",
            "é",
            "\u{10ffff}",
        ];
        let prefixes = keys.map(|key| sort_prefix(&key.to_owned()));
        assert!(prefixes.is_sorted() && prefixes.iter().all(Option::is_some));
        assert_eq!(sort_prefix(&b"ab".to_vec()), Some(0x6162_0000_0000_0000));
    }

    #[test]
    fn keys_with_an_order_of_their_own_have_none() {
        assert_eq!(sort_prefix(&std::cmp::Reverse(String::from("a"))), None);
        assert_eq!(sort_prefix(&7u64), None);
    }
}
