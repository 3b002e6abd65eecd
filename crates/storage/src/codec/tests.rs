use std::collections::BTreeMap;
use std::io::Write;

use bytes::Bytes;

use super::*;
use crate::error::Corruption;
use crate::testing::Random;

type Row = (u64, String, Vec<f64>);

fn rows(count: u64) -> Vec<Row> {
    (0..count).map(|n| (n * 7, format!("row number {n}"), vec![n as f64; (n % 5) as usize])).collect()
}

fn segment<T: Serialize>(records: &[T], framing: Framing) -> Bytes {
    let mut writer = SegmentWriter::new(framing);
    for record in records {
        writer.push(record).unwrap();
    }
    writer.finish()
}

fn framings() -> [Framing; 4] {
    let framing = |compression, checksum| Framing { compression, checksum };
    [
        framing(Compression::None, false),
        framing(Compression::None, true),
        framing(Compression::Lz4, false),
        framing(Compression::Lz4, true),
    ]
}

fn file_of(bytes: &[u8]) -> (tempfile::NamedTempFile, std::fs::File) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let open = std::fs::File::open(file.path()).unwrap();
    (file, open)
}

#[test]
fn records_survive_memory_and_file() {
    for framing in framings() {
        for count in [0, 1, 3, 20_000] {
            let rows = rows(count);
            let bytes = segment(&rows, framing);
            let read: Vec<Row> = Records::new(bytes.clone()).map(Result::unwrap).collect();
            assert_eq!(read, rows);
            let (path, file) = file_of(&bytes);
            let read: Vec<Row> =
                FramedFile::new(file, path.path(), bytes.len() as u64).map(Result::unwrap).collect();
            assert_eq!(read, rows);
        }
    }
}

#[test]
fn records_without_bytes_are_still_counted() {
    let bytes = segment(&[(); 1_000], Framing::default());
    assert_eq!(Records::<()>::new(bytes).count(), 1_000);
}

#[test]
fn one_record_of_many_megabytes_is_one_frame() {
    let record = "x".repeat(20 << 20);
    let bytes = segment(&[&record, &record], Framing::default());
    assert!(bytes.len() < 1 << 20);
    let read: Vec<String> = Records::new(bytes).map(Result::unwrap).collect();
    assert!(read.len() == 2 && read[1] == record);
}

#[test]
fn segments_join_by_concatenation() {
    let mut joined = segment(&rows(10), Compression::Lz4.into()).to_vec();
    joined.extend_from_slice(&segment(&rows(5_000), Compression::Lz4.into()));
    joined.extend_from_slice(&segment(&rows(3), Compression::None.into()));
    assert_eq!(Records::<Row>::new(joined).map(Result::unwrap).count(), 5_013);
}

#[test]
fn what_does_not_compress_is_stored_as_it_is() {
    let noise = Random::new(1).bytes(100_000);
    let bytes = segment(&[noise], Framing::default());
    assert!(bytes.len() < 100_100);
}

#[test]
fn a_small_record_costs_seven_bytes_more_than_itself() {
    assert_eq!(segment(&[1u8], Framing::default()).len(), 1 + 7);
}

#[test]
fn every_flipped_bit_is_noticed() {
    let rows = rows(40);
    for framing in framings().into_iter().filter(|framing| framing.checksum) {
        let good = segment(&rows, framing);
        for bit in 0..good.len() * 8 {
            let mut bad = good.to_vec();
            bad[bit / 8] ^= 1 << (bit % 8);
            let read: Result<Vec<Row>> = Records::new(bad.clone()).collect();
            assert!(read.unwrap_err().is_corruption(), "bit {bit}");
            assert!(Segment::verified(Bytes::from(bad)).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn every_cut_is_noticed() {
    for framing in framings() {
        let good = segment(&rows(40), framing);
        for len in 1..good.len() {
            let read: Result<Vec<Row>> = Records::new(good.slice(..len)).collect();
            assert!(matches!(read, Err(Error::Corrupt(Corruption::Truncated))), "{len}");
            let (path, file) = file_of(&good[..len]);
            let read: Result<Vec<Row>> = FramedFile::new(file, path.path(), len as u64).collect();
            assert!(matches!(read, Err(Error::Corrupt(Corruption::Truncated))), "{len}");
        }
    }
}

#[test]
fn an_iterator_ends_after_its_error() {
    let mut bytes = segment(&rows(3), Framing::default()).to_vec();
    bytes.extend_from_slice(b"garbage");
    let mut records = Records::<Row>::new(bytes);
    assert_eq!(records.by_ref().take(3).filter(Result::is_ok).count(), 3);
    assert!(matches!(records.next(), Some(Err(Error::Corrupt(Corruption::Header(b'g'))))));
    assert!(records.next().is_none());
}

#[test]
fn garbage_is_an_error_and_nothing_worse() {
    let mut random = Random::new(7);
    for round in 0..20_000u64 {
        let len = 1 + random.below(200) as usize;
        let mut bytes = random.bytes(len);
        // Half of the rounds get past the first byte.
        if round % 2 == 0 {
            bytes[0] = [0xa0, 0xa3, 0xac, 0xaf][random.below(4) as usize];
        }
        let bytes = Bytes::from(bytes);
        let read: Result<Vec<Row>> = Records::new(bytes.clone()).collect();
        drop(read);
        let read: Result<Vec<Vec<Vec<String>>>> = Records::new(bytes.clone()).collect();
        drop(read);
        let read: Result<Vec<BTreeMap<String, Option<i128>>>> = Records::new(bytes.clone()).collect();
        drop(read);
        let (path, file) = file_of(&bytes);
        let read: Result<Vec<Vec<u64>>> = FramedFile::new(file, path.path(), bytes.len() as u64).collect();
        drop(read);
        let mut input = &bytes[..];
        drop(decode::<Row>(&mut input));
    }
}

#[test]
fn a_header_cannot_ask_for_more_memory_than_its_bytes_can_fill() {
    // LZ4 without checksum, one record, 4 bytes stored, 2^40 bytes raw.
    let bytes = [0xa3, 1, 4, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0, 0, 0, 0];
    let read: Result<Vec<Row>> = Records::new(bytes.to_vec()).collect();
    assert!(matches!(read, Err(Error::Corrupt(Corruption::Compression))));
    // A length of 2^60 stored bytes.
    let bytes = [0xa0, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10, 0];
    let (path, file) = file_of(&bytes);
    let read: Result<Vec<Row>> = FramedFile::new(file, path.path(), bytes.len() as u64).collect();
    assert!(matches!(read, Err(Error::Corrupt(Corruption::Truncated))));
}

#[test]
fn a_record_that_refuses_leaves_no_bytes_behind() {
    struct Refuses;
    impl Serialize for Refuses {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::{Error as _, SerializeTuple};
            let mut tuple = serializer.serialize_tuple(2)?;
            tuple.serialize_element(&1u64)?;
            Err(S::Error::custom("no"))
        }
    }
    let mut out = vec![1, 2, 3];
    assert!(matches!(encode(&Refuses, &mut out), Err(Error::Encode { .. })));
    assert_eq!(out, [1, 2, 3]);
}
