//! Reads a broker's log from its segment files: control records and the states of transactions.
//!
//! Kafka's record batch, version 2 (magic 2). It must never be used where a client could answer: it shows what the
//! log holds, aborted records and markers included.

use std::path::Path;

/// Bytes of a batch before its first record.
const HEADER_BYTES: usize = 61;
/// Offset and length stand before what the length counts.
const LENGTH_END: usize = 12;
const IS_CONTROL: i16 = 1 << 5;
const COMPRESSION: i16 = 0b111;

/// One record, with what its batch says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub producer: i64,
    pub is_control: bool,
    pub at_ms: i64,
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

/// All records of a partition's folder, in order, those of compressed batches left out: controls never are.
pub fn read(folder: &Path) -> Vec<Entry> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = files.flatten().map(|file| file.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    files.sort_unstable();
    let mut entries = Vec::new();
    for file in files {
        read_batches(&std::fs::read(file).unwrap_or_default(), &mut entries);
    }
    entries
}

/// The broker may be writing: a cut batch is the end.
fn read_batches(mut rest: &[u8], entries: &mut Vec<Entry>) {
    while rest.len() > HEADER_BYTES {
        let length = usize::try_from(Cursor(&rest[8..]).i32()).unwrap_or(0);
        let Some(batch) = rest.get(..LENGTH_END + length).filter(|batch| batch.len() > HEADER_BYTES) else { return };
        read_batch(batch, entries);
        rest = &rest[batch.len()..];
    }
}

fn read_batch(batch: &[u8], entries: &mut Vec<Entry>) {
    let attributes = Cursor(&batch[21..]).i16();
    if batch[16] != 2 || attributes & COMPRESSION != 0 {
        return;
    }
    let (base_ms, producer) = (Cursor(&batch[27..]).i64(), Cursor(&batch[43..]).i64());
    let is_control = attributes & IS_CONTROL != 0;
    let mut records = Cursor(&batch[HEADER_BYTES..]);
    for _ in 0..Cursor(&batch[57..]).i32() {
        let length = records.varint();
        let mut record = Cursor(records.take(usize::try_from(length).unwrap_or(0)));
        record.take(1);
        let at_ms = base_ms + record.varint();
        record.varint();
        let (key, value) = (record.bytes(), record.bytes());
        entries.push(Entry { producer, is_control, at_ms, key, value });
    }
}

/// Bytes that are read from the front; past the end everything is zero.
pub struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn number<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).try_into().unwrap_or([0; N])
    }

    pub fn i8(&mut self) -> i8 {
        i8::from_be_bytes(self.number())
    }

    pub fn i16(&mut self) -> i16 {
        i16::from_be_bytes(self.number())
    }

    pub fn i32(&mut self) -> i32 {
        i32::from_be_bytes(self.number())
    }

    pub fn i64(&mut self) -> i64 {
        i64::from_be_bytes(self.number())
    }

    /// Seven bits a byte, lowest first.
    pub fn unsigned(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.number();
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }

    /// Zigzag.
    fn varint(&mut self) -> i64 {
        let number = self.unsigned();
        (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
    }

    /// None is nothing.
    fn bytes(&mut self) -> Vec<u8> {
        let length = usize::try_from(self.varint()).unwrap_or(0);
        self.take(length).to_vec()
    }
}

/// A batch as Kafka writes it, and the same cut.
pub fn test_a_marker() {
    let mut batch = vec![0; HEADER_BYTES];
    batch[16] = 2;
    batch[21..23].copy_from_slice(&(IS_CONTROL | 1 << 4).to_be_bytes());
    batch[27..35].copy_from_slice(&1_000i64.to_be_bytes());
    batch[43..51].copy_from_slice(&77i64.to_be_bytes());
    batch[57..61].copy_from_slice(&1i32.to_be_bytes());
    // length 16, attributes, time + 3, offset, key of 4: version 0, type 1; value of 6; no headers
    batch.extend_from_slice(&[32, 0, 6, 0, 8, 0, 0, 0, 1, 12, 0, 0, 0, 0, 0, 0, 0]);
    let length = i32::try_from(batch.len() - LENGTH_END).expect("a small batch");
    batch[8..12].copy_from_slice(&length.to_be_bytes());
    let mut entries = Vec::new();
    read_batches(&[&batch[..], &batch[..70]].concat(), &mut entries);
    let expected =
        Entry { producer: 77, is_control: true, at_ms: 1_003, key: vec![0, 0, 0, 1], value: vec![0, 0, 0, 0, 0, 0] };
    assert_eq!(entries, [expected], "one whole batch, and nothing of the cut one");
}
