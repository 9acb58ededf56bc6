//! CSV as commands read it: one line in memory at a time, of bounded length, with the number it has in the input.

use anyhow::Context;
use std::io::{BufRead, Read};

/// Longer lines are bad rows; the rest of the line is skipped, not kept.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// Lines of the input, one in memory at a time.
pub(super) struct Lines<'a> {
    input: &'a mut dyn BufRead,
    /// Of the current line, from 1.
    pub(super) number: u64,
    /// The current line without its end, at most one byte longer than [`LINE_BYTES_MAX`].
    pub(super) bytes: Vec<u8>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead) -> Self {
        Self { input, number: 0, bytes: Vec::new() }
    }

    /// Reads the next line; `false` at the end of the input.
    pub(super) fn next(&mut self) -> anyhow::Result<bool> {
        self.bytes.clear();
        let read = Read::take(&mut *self.input, LINE_BYTES_MAX + 1)
            .read_until(b'\n', &mut self.bytes)
            .with_context(|| format!("cannot read line {}", self.number + 1))?;
        self.number += 1;
        if self.bytes.last() == Some(&b'\n') {
            self.bytes.pop();
            if self.bytes.last() == Some(&b'\r') {
                self.bytes.pop();
            }
        } else if self.is_cut() {
            self.input.skip_until(b'\n').with_context(|| format!("cannot read line {}", self.number))?;
        }
        Ok(read > 0)
    }

    pub(super) fn is_cut(&self) -> bool {
        self.bytes.len() as u64 > LINE_BYTES_MAX
    }
}

/// The fields of a CSV line as written, quotes included; a comma within quotes does not part.
pub(super) fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    parted(line, b',')
}

/// The same of a line whose fields something else parts.
pub(super) fn parted(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    line.split(move |&byte| {
        quoted ^= byte == b'"';
        byte == separator && !quoted
    })
}

pub(super) fn field(line: &[u8], place: usize) -> Option<&[u8]> {
    fields(line).nth(place)
}

/// A field's content, without blanks and quotes around it.
pub(super) fn unquoted(field: &[u8]) -> &[u8] {
    let field = field.trim_ascii();
    field.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")).unwrap_or(field).trim_ascii()
}
