use super::super::{FileRef, read_whole, read_whole_bytes, whole_files};
use super::*;
use crate::codec::Codec;
use crate::testing::{Folder, compress};

#[test]
fn files_are_grouped_until_a_group_has_its_share() {
    let folder = Folder::new();
    for (name, size) in [("a", 10), ("b", 10), ("c", 30), ("d", 0), ("e", 1)] {
        folder.file(&format!("in/{name}"), vec![b'x'; size]);
    }
    folder.file("in/nested/x", "is passed over");
    let groups = |min| {
        let groups = whole_files(&folder.at("in"), min, &InputOptions::default()).unwrap();
        groups.iter().map(|files| files.iter().map(|f| f.path.clone().pop().unwrap()).collect()).collect()
    };
    let one: Vec<String> = groups(1);
    assert_eq!(one, ["abcde"]);
    let two: Vec<String> = groups(2);
    assert_eq!(two, ["abc", "de"]);
    let four: Vec<String> = groups(4);
    assert_eq!(four, ["ab", "c", "de"]);
    let recursive =
        whole_files(&folder.at("in"), 1, &InputOptions { recursive: true, ..Default::default() }).unwrap();
    assert_eq!(recursive.concat().len(), 6);
}

#[test]
fn empty_files_are_one_group() {
    let folder = Folder::new();
    folder.file("in/a", "");
    folder.file("in/b", "");
    assert_eq!(whole_files(&folder.at("in"), 2, &InputOptions::default()).unwrap().len(), 1);
}

#[test]
fn whole_files_are_decompressed_and_repaired() {
    let folder = Folder::new();
    let read = |path: String| read_whole(&FileRef { path, size: 3 });
    assert_eq!(read(folder.file("x.gz", compress(Codec::Gzip, b"one\ntwo\r\n"))).unwrap(), "one\ntwo\r\n");
    assert_eq!(read(folder.file("x", b"a\xFFb")).unwrap(), "a\u{FFFD}b");
    let path = folder.file("y", b"a\xFFb");
    assert_eq!(read_whole_bytes(&FileRef { path, size: 0 }).unwrap()[..], b"a\xFFb"[..]);
    let data = compress(Codec::Gzip, &[b'x'; 1000]);
    let error = read(folder.file("z.gz", &data[..data.len() - 3])).unwrap_err();
    assert!(matches!(error, Error::Truncated { .. }), "{error}");
    let error = read(folder.file("empty.gz", "")).unwrap_err();
    assert!(matches!(error, Error::Truncated { .. }), "{error}");
    assert!(read(folder.at("none")).unwrap_err().to_string().contains("none is not there"));
}
