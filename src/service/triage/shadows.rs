//! The shadow pack of a triage worker: asked about every record after the live one, heard by nobody but whoever compares.

use crate::log::Output;
use crate::pipeline::{Item, Memory, PhoneKey, Raw, shadow};
use crate::rules::Pack;
use crate::score::Model;
use crate::wire::{Topics, WireError, shadow_record};
use arc_swap::ArcSwap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A pack beside the live one, and what it has in memory.
#[derive(Debug)]
pub(super) struct Shadow {
    pack: Arc<ArcSwap<Pack>>,
    memory: Memory,
    /// Items by the field in which they differ, of the open transaction; `none` for those that do not.
    open: BTreeMap<&'static str, u64>,
    landed: BTreeMap<&'static str, u64>,
}

impl Shadow {
    pub(super) fn new(pack: Arc<ArcSwap<Pack>>) -> Self {
        Self { pack, memory: Memory::default(), open: BTreeMap::new(), landed: BTreeMap::new() }
    }

    /// What it would have decided differently, as records.
    pub(super) fn look(
        &mut self,
        topics: &Topics,
        raw: &Raw<'_>,
        (items, live, phones): (&[Item], &str, &PhoneKey),
        model: &Model,
        outputs: &mut Vec<Output>,
    ) -> Result<(), WireError> {
        let pack = self.pack.load_full();
        let found = shadow(raw, items, phones, &pack, model, &mut self.memory);
        let differing = found.len() as u64;
        for shadowed in found {
            for difference in &shadowed.differences {
                *self.open.entry(difference.field).or_default() += 1;
            }
            outputs.push(shadow_record(topics, (live, &pack.digest), &shadowed)?);
        }
        *self.open.entry("none").or_default() += (items.len() as u64).saturating_sub(differing);
        Ok(())
    }

    pub(super) fn rollback(&mut self) {
        self.open.clear();
    }

    pub(super) fn landed(&mut self) {
        for (field, count) in std::mem::take(&mut self.open) {
            *self.landed.entry(field).or_default() += count;
        }
    }

    pub(super) fn take_landed(&mut self) -> BTreeMap<&'static str, u64> {
        std::mem::take(&mut self.landed)
    }
}
