//! Share of voice: which brands an item names, on which topics.
//!
//! Brands are the pack's own (`brands.yaml`, a product counts for its brand) and its competitors (`lists.yaml`); topics
//! are the queries that brought the item in, and [`ALL`] of them together. So both are as many as the pack has, and a
//! post that names a competitor alone counts where a query brings it in.

use super::item::{Decided, contribution};
use crate::detect::BrandCounts;
use crate::mention::Action;
use crate::rules::Pack;
use std::collections::BTreeSet;

/// The topic of everything that was brought in, each item once.
pub const ALL: &str = "all";

/// What an item adds, to each of the topics and each of the brands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// Topics, [`ALL`] among them.
    pub topics: BTreeSet<String>,
    /// Brands, as the pack writes them.
    pub brands: BTreeSet<String>,
    /// The counts.
    pub counts: BrandCounts,
}

/// What a decided item adds; none where it names no brand. As with series, edits are counted once, and what an own
/// account says is not what people say.
#[must_use]
pub fn spoken(decided: &Decided, pack: &Pack) -> Option<Spoken> {
    let scores = decided.scores.as_ref()?;
    if decided.mention.action != Action::Create {
        return None;
    }
    let own = decided.brands.iter().map(|named| &named.brand);
    let brands: BTreeSet<String> = own.chain(&decided.competitors).cloned().collect();
    if brands.is_empty() {
        return None;
    }
    let brings = |query: &&str| pack.query_of(query).is_some_and(|rule| !rule.mark);
    let matched = decided.matches.iter().map(|matched| matched.query.as_str()).filter(brings);
    // a query of that name is lost in all of them
    let topics = matched.chain([ALL]).map(str::to_owned).collect();
    let counts = BrandCounts::of(&contribution(decided, &[], None), scores.sentiment.label == "positive");
    Some(Spoken { topics, brands, counts })
}

/// True for a brand that is our own.
#[must_use]
pub fn is_own_brand(brand: &str, pack: &Pack) -> bool {
    !pack.lists.competitors.iter().any(|name| name.written == brand)
}
