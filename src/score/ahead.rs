//! Fetching from memory what is read next: places that are far from each other are waited for together, not in turn.

use std::hint::black_box;

/// Looks at one number of each place, so that all of them are on their way before the first one is read.
pub(crate) fn fetch(places: impl Iterator<Item = u8>) {
    // nothing else may come between two looks: the machine has so many instructions at hand and no more
    black_box(places.fold(0, |all, place| all ^ place));
}
