//! What a triage worker tells of brands: counts kept over the transaction, told before the clocks.

use crate::detect::{Bucket, Merge, hour_of};
use crate::log::Output;
use crate::pipeline::{Brands, Decided, spoken};
use crate::rules::Pack;
use crate::wire::{self, Topics, WireError};
use std::collections::BTreeMap;

/// What the open transaction is to tell, by topic, log bucket and hour.
#[derive(Debug, Default)]
pub(super) struct Open(BTreeMap<(String, Bucket, Bucket), Brands>);

impl Open {
    /// A decided item.
    pub(super) fn hear(&mut self, log: Bucket, decided: &Decided, pack: &Pack) {
        let Some(spoken) = spoken(decided, pack) else { return };
        let hour = hour_of(Bucket::of(decided.event_at).min(log));
        for topic in spoken.topics {
            let brands = self.0.entry((topic, log, hour)).or_default();
            for brand in &spoken.brands {
                brands.entry(brand.clone()).or_default().merge(&spoken.counts);
            }
        }
    }

    /// A record for each topic, log bucket and hour.
    pub(super) fn seal(&mut self, topics: &Topics, outputs: &mut Vec<Output>) -> Result<(), WireError> {
        for ((topic, log, hour), brands) in std::mem::take(&mut self.0) {
            outputs.push(wire::voice_signal(topics, log, hour, topic, brands)?);
        }
        Ok(())
    }
}
