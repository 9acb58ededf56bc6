//! What all rounds of a run are fed with, and what it must become.

use crate::round::PARTITIONS;
use crate::support::load::{Load, Replayed, load_pack, replay, write_pack};
use crate::support::process::temporary;
use groundswell::service::local::RawRecord;

/// Records, and the outputs of an undisturbed run.
pub struct Expected {
    pub records: Vec<RawRecord>,
    pub brands: Vec<String>,
    pub replayed: Replayed,
}

impl Expected {
    /// Generates `count` mentions; none where the generator is not there, which is said.
    pub fn generate(count: u64, seed: u64) -> Option<Self> {
        let folder = temporary("faults-load");
        let load = Load::generate(count, seed, &folder)?;
        write_pack(&folder.join("rules"), &load.brands);
        let replayed = replay(&load.records, load_pack(&folder.join("rules")), PARTITIONS);
        let _ = std::fs::remove_dir_all(folder);
        Some(Self { records: load.records, brands: load.brands, replayed })
    }
}
