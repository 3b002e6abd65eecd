//! What two processes must have in common before they understand each other.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::OnceLock;

use hearth_types::ExecutorId;

use crate::message::Registration;

/// Raised whenever a message changes its meaning.
pub const PROTOCOL_VERSION: u32 = 1;

/// Identity of the running program: the linker's build id, or a checksum of the file where the linker wrote none.
///
/// Closures travel as positions in the program, so they only mean the same in equal builds.
pub fn build_id() -> &'static str {
    static BUILD_ID: OnceLock<String> = OnceLock::new();
    BUILD_ID.get_or_init(|| read_build_id().unwrap_or_else(|error| format!("unreadable: {error}")))
}

/// Whether an executor may join a driver of the build `own`. The error says what to do.
pub fn check_registration(registration: &Registration, own: &str) -> Result<(), String> {
    let Registration { executor, protocol_version, build_id, .. } = registration;
    check_version(*executor, *protocol_version, build_id, own)
}

/// The same for an executor that says no more about itself yet.
pub(crate) fn check_version(
    executor: ExecutorId,
    protocol_version: u32,
    build_id: &str,
    own: &str,
) -> Result<(), String> {
    if protocol_version != PROTOCOL_VERSION {
        return Err(format!(
            "executor {executor} speaks protocol version {protocol_version} and the driver {PROTOCOL_VERSION}: \
             run driver and executors from the same release of Hearth"
        ));
    }
    if build_id != own {
        return Err(format!(
            "executor {executor} runs build {build_id} of the program and the driver build {own}: closures travel only \
             between equal builds, so start both from the same binary (rebuild, or deploy one image for both)"
        ));
    }
    Ok(())
}

fn read_build_id() -> io::Result<String> {
    let mut file = File::open("/proc/self/exe")?;
    if let Some(note) = linker_note(&mut file)? {
        return Ok(hex(&note));
    }
    file.rewind()?;
    checksum(&mut file)
}

/// Length and CRC-32 of a whole file.
fn checksum(file: &mut impl Read) -> io::Result<String> {
    let mut hasher = crc32fast::Hasher::new();
    let mut chunk = vec![0; 256 << 10];
    let mut length = 0;
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(format!("{length:x}-{:08x}", hasher.finalize())),
            read => {
                hasher.update(chunk.get(..read).unwrap_or_default());
                length += read;
            }
        }
    }
}

const PT_NOTE: u32 = 4;
const NT_GNU_BUILD_ID: u32 = 3;
const PROGRAM_HEADER: usize = 56;
/// More than any linker writes; keeps a damaged file from asking for all memory.
const LARGEST_NOTES: u64 = 1 << 16;

/// The build id that the linker wrote into a 64-bit little-endian ELF file. It is a hash of the file's contents.
fn linker_note(file: &mut (impl Read + Seek)) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; 64];
    file.read_exact(&mut header)?;
    let is_elf64_little = header.starts_with(b"\x7fELF\x02\x01");
    let (Some(offset), Some(size), Some(count)) =
        (u64_at(&header, 32), u16_at(&header, 54), u16_at(&header, 56))
    else {
        return Ok(None);
    };
    if !is_elf64_little || usize::from(size) != PROGRAM_HEADER {
        return Ok(None);
    }
    let mut table = vec![0; usize::from(count) * PROGRAM_HEADER];
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(&mut table)?;
    for segment in table.chunks_exact(PROGRAM_HEADER).filter(|s| u32_at(s, 0) == Some(PT_NOTE)) {
        let (Some(offset), Some(length)) = (u64_at(segment, 8), u64_at(segment, 32)) else { continue };
        let mut notes = vec![0; usize::try_from(length.min(LARGEST_NOTES)).unwrap_or_default()];
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(&mut notes)?;
        if let Some(id) = gnu_build_id(&notes) {
            return Ok(Some(id.to_vec()));
        }
    }
    Ok(None)
}

/// Walks the notes of one segment: name length, value length, type, name, value, each padded to four bytes.
fn gnu_build_id(mut notes: &[u8]) -> Option<&[u8]> {
    loop {
        let name_length = u32_at(notes, 0)? as usize;
        let value_length = u32_at(notes, 4)? as usize;
        let kind = u32_at(notes, 8)?;
        let value_at = 12 + name_length.next_multiple_of(4);
        let name = notes.get(12..12 + name_length)?;
        let value = notes.get(value_at..value_at + value_length)?;
        if kind == NT_GNU_BUILD_ID && name == b"GNU\0" && !value.is_empty() {
            return Some(value);
        }
        notes = notes.get(value_at + value_length.next_multiple_of(4)..)?;
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use hearth_types::ExecutorId;

    use super::*;

    fn registration() -> Registration {
        Registration {
            executor: ExecutorId(3),
            host: "h".into(),
            slots: 1,
            block_address: "h:1".into(),
            max_memory: 1,
            protocol_version: PROTOCOL_VERSION,
            build_id: "abc".into(),
        }
    }

    #[test]
    fn the_running_program_has_an_id_that_does_not_change() {
        assert!(build_id().len() >= 8 && !build_id().starts_with("unreadable"), "{}", build_id());
        assert_eq!(build_id(), read_build_id().unwrap());
    }

    #[test]
    fn the_linker_note_is_found_among_others() {
        let mut notes = Vec::new();
        for (name, kind, value) in
            [(&b"Go\0"[..], 4u32, &b"xyzxy"[..]), (b"GNU\0", 3, b"\x01\x02\x03\x04\x05")]
        {
            notes.extend((name.len() as u32).to_le_bytes());
            notes.extend((value.len() as u32).to_le_bytes());
            notes.extend(kind.to_le_bytes());
            for part in [name, value] {
                notes.extend(part);
                notes.resize(notes.len().next_multiple_of(4), 0);
            }
        }
        assert_eq!(gnu_build_id(&notes), Some(&[1, 2, 3, 4, 5][..]));
        for cut in 0..notes.len() - 3 {
            assert_eq!(gnu_build_id(&notes[..cut]), None, "cut at {cut}");
        }
    }

    #[test]
    fn a_file_without_a_note_gets_a_checksum() {
        assert_eq!(checksum(&mut &b"abc"[..]).unwrap(), "3-352441c2");
    }

    #[test]
    fn another_build_or_protocol_is_refused_with_advice() {
        assert_eq!(check_registration(&registration(), "abc"), Ok(()));
        let other = check_registration(&registration(), "def").unwrap_err();
        assert!(other.contains("executor 3") && other.contains("same binary"), "{other}");
        let old = Registration { protocol_version: 0, ..registration() };
        let other = check_registration(&old, "abc").unwrap_err();
        assert!(other.contains("protocol version 0") && other.contains("same release"), "{other}");
    }
}
