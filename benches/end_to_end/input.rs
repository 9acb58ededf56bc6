//! Keyed NDJSON, by platform.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::support::Keyed;

/// What goes into the raw topics.
pub struct Input {
    /// Records by platform, in order.
    pub platforms: BTreeMap<String, Vec<Keyed>>,
    pub records: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
}

impl Input {
    /// Reads `platform:key<TAB>payload` lines.
    pub fn read(path: &Path) -> std::io::Result<Self> {
        let mut input = Self { platforms: BTreeMap::new(), records: 0, bytes: 0 };
        for line in BufReader::new(std::fs::File::open(path)?).split(b'\n') {
            let line = line?;
            let tab = line.iter().position(|byte| *byte == b'\t').expect("every line is keyed");
            let prefix = String::from_utf8_lossy(&line[..tab]).into_owned();
            let (platform, key) = prefix.split_once(':').expect("platform:key");
            let value = line[tab + 1..].to_vec();
            input.records += 1;
            input.bytes += (key.len() + value.len()) as u64;
            let record = (key.as_bytes().to_vec(), value, Vec::new());
            input.platforms.entry(platform.to_owned()).or_default().push(record);
        }
        Ok(input)
    }
}
