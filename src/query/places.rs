//! Where words, phrases and NEARs stand: lists of places in, lists of places out, in time linear in the lists but for
//! a factor that the length of a phrase bounds. Knows nothing of queries.
//!
//! Lists are sorted and without repeats. Between two places lie the positions from the end of one to the beginning of
//! the other; places that share a position are not apart and never near each other. Signs cover no position and stand
//! before the word of their position: to tell them apart, bounds are counted in half positions.

use super::scratch::{Hit, Place, Pool};

/// Beginnings kept of a phrase for each position where it ends; more only arise from hashtags within each other.
const BEGINNINGS_MAX: usize = 8;

/// Parts of a group with a distance.
pub const PARTS_MAX: usize = 16;

/// Puts into `places` where terms stand in a row, each ending where the next begins. `lists` are the hits of each term.
/// Signs cover no position and are not part of a row. `spare` is memory.
pub(super) fn in_a_row<'h>(
    lists: impl Iterator<Item = &'h [Hit]>,
    places: &mut Vec<Place>,
    spare: &mut Vec<Place>,
    work: &mut u64,
) {
    places.clear();
    for (index, list) in lists.enumerate() {
        let covers = |hit: &&Hit| hit.position_end > hit.position;
        *work += (list.len() + places.len()) as u64;
        if index == 0 {
            places.extend(list.iter().filter(covers).map(Place::from));
            continue;
        }
        places.sort_unstable_by_key(|place| (place.position_end, place.position, place.span));
        places.dedup_by_key(|place| (place.position_end, place.position));
        std::mem::swap(places, spare);
        places.clear();
        let mut rest = list;
        for chain in spare.chunk_by(|a, b| a.position_end == b.position_end) {
            let end = chain[0].position_end;
            rest = &rest[rest.partition_point(|hit| hit.position < end)..];
            for hit in rest.iter().take_while(|hit| hit.position == end).filter(covers) {
                places.extend(chain.iter().take(BEGINNINGS_MAX).map(|place| place.hull(Place::from(hit))));
            }
        }
        if places.is_empty() {
            return;
        }
    }
    places.sort_unstable();
    places.dedup();
}

impl Place {
    /// Where it begins, in half positions: odd for words, even for signs.
    fn start(&self) -> u64 {
        2 * u64::from(self.position) + u64::from(self.position < self.position_end)
    }

    /// Where it ends, in half positions.
    fn end(&self) -> u64 {
        2 * u64::from(self.position_end)
    }
}

/// Half positions that `distance` words between two places may come to.
fn reach(distance: u32) -> u64 {
    2 * u64::from(distance) + 1
}

/// A list in the orders that questions about it need.
struct Sorted<'p> {
    /// By beginning.
    places: &'p [Place],
    /// By end.
    by_end: &'p [Place],
}

impl Sorted<'_> {
    /// True when one of the list stands at most `distance` words after a place.
    fn has_after(&self, place: &Place, distance: u32) -> bool {
        first_after(place, self.places).first().is_some_and(|other| other.start() - place.end() <= reach(distance))
    }

    /// True when one of the list stands at most `distance` words before a place.
    fn has_before(&self, place: &Place, distance: u32) -> bool {
        let start = place.start();
        let until = self.by_end.partition_point(|other| (other.end(), other.start()) < (start, start));
        let last = until.checked_sub(1).and_then(|index| self.by_end.get(index));
        last.is_some_and(|other| start - other.end() <= reach(distance))
    }
}

/// What of a list begins where a place ends or later.
fn first_after<'p>(place: &Place, places: &'p [Place]) -> &'p [Place] {
    let from = place.end().max(place.start() + 1);
    &places[places.partition_point(|other| other.start() < from)..]
}

fn sort_by_end(places: &mut [Place]) {
    places.sort_unstable_by_key(|place| (place.end(), place.start(), place.span));
}

/// Sorts a list as the functions here want it.
pub(super) fn sort(places: &mut Vec<Place>) {
    places.sort_unstable_by_key(|place| (place.start(), *place));
    places.dedup();
}

/// What is near what, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nearness {
    pub distance: u32,
    pub is_ordered: bool,
}

impl Nearness {
    /// True when a place of the one list is near a place of the other.
    pub fn holds(self, left: &[Place], right: &[Place], work: &mut u64) -> bool {
        *work += (left.len() + right.len()) as u64;
        let one_after = |first: &[Place], then: &[Place]| {
            let then = Sorted { places: then, by_end: &[] };
            first.iter().any(|place| then.has_after(place, self.distance))
        };
        one_after(left, right) || (!self.is_ordered && one_after(right, left))
    }

    /// Leaves in each list what is near a place of the other.
    pub fn keep(self, left: &mut Vec<Place>, right: &mut Vec<Place>, pool: &mut Pool, work: &mut u64) {
        *work += (left.len() + right.len()) as u64;
        let (mut left_ends, mut right_ends, mut all_left) = (pool.take(), pool.take(), pool.take());
        left_ends.extend_from_slice(left);
        right_ends.extend_from_slice(right);
        all_left.extend_from_slice(left);
        sort_by_end(&mut left_ends);
        sort_by_end(&mut right_ends);
        let others = Sorted { places: right, by_end: &right_ends };
        left.retain(|place| {
            others.has_after(place, self.distance) || (!self.is_ordered && others.has_before(place, self.distance))
        });
        let others = Sorted { places: &all_left, by_end: &left_ends };
        right.retain(|place| {
            others.has_before(place, self.distance) || (!self.is_ordered && others.has_after(place, self.distance))
        });
        for list in [left_ends, right_ends, all_left] {
            pool.give(list);
        }
    }

    /// Puts into `hulls` the places that cover one of each list and no such place within them.
    pub fn tightest(self, left: &[Place], right: &[Place], hulls: &mut Vec<Place>, work: &mut u64) {
        hulls.clear();
        self.add_hulls(left, right, hulls, work);
        if !self.is_ordered {
            self.add_hulls(right, left, hulls, work);
        }
        // From the last beginning to the first: what ends no earlier than something seen already covers it.
        hulls.sort_unstable_by_key(|hull| (std::cmp::Reverse(hull.position), *hull));
        let mut earliest = u32::MAX;
        hulls.retain(|hull| {
            let is_tight = hull.position_end < earliest;
            earliest = earliest.min(hull.position_end);
            is_tight
        });
        sort(hulls);
    }

    /// For each of the first list the nearest end of one that follows it.
    fn add_hulls(self, first: &[Place], then: &[Place], hulls: &mut Vec<Place>, work: &mut u64) {
        for place in first {
            let mut best: Option<Place> = None;
            for other in first_after(place, then) {
                *work += 1;
                let is_far = other.start() - place.end() > reach(self.distance);
                if is_far || best.is_some_and(|best| other.start() > best.end()) {
                    break;
                }
                let hull = place.hull(*other);
                if best.is_none_or(|best| (hull.position_end, hull) < (best.position_end, best)) {
                    best = Some(hull);
                }
            }
            hulls.extend(best);
        }
    }
}

/// The places of each part of a group with a distance.
#[derive(Default)]
pub(super) struct Parts {
    lists: [Vec<Place>; PARTS_MAX],
    count: usize,
}

impl Parts {
    /// So many parts, each nowhere yet.
    pub fn new(count: usize) -> Self {
        Self { count: count.min(PARTS_MAX), ..Self::default() }
    }

    pub fn lists(&self) -> &[Vec<Place>] {
        &self.lists[..self.count]
    }

    pub fn lists_mut(&mut self) -> &mut [Vec<Place>] {
        &mut self.lists[..self.count]
    }

    /// Gives the memory back.
    pub fn give_to(self, pool: &mut Pool) {
        self.lists.into_iter().for_each(|list| pool.give(list));
    }
}

/// Whether one place of every list can be chosen so that no two have more than `distance` words between them.
pub(super) fn are_within(parts: &[Vec<Place>], distance: u32, pool: &mut Pool, work: &mut u64) -> bool {
    let mut ends = pool.take();
    let holds = {
        chosen_ends(parts, distance, true, pool, &mut ends, work);
        !ends.is_empty()
    };
    pool.give(ends);
    holds
}

/// Leaves in each list what takes part in such a choice.
pub(super) fn keep_within(parts: &mut [Vec<Place>], distance: u32, pool: &mut Pool, work: &mut u64) {
    let mut ends = pool.take();
    chosen_ends(parts, distance, false, pool, &mut ends, work);
    for part in parts {
        part.retain(|place| {
            let until = ends.partition_point(|end| end.end() <= place.end());
            let last = until.checked_sub(1).and_then(|index| ends.get(index));
            last.is_some_and(|end| place.start() <= end.end() + reach(distance))
        });
    }
    pool.give(ends);
}

/// Puts into `ends`, sorted, every place from whose end on each list has a place that begins within reach: it can be
/// the first to end of a choice. One is enough where `is_one_enough`.
fn chosen_ends(
    parts: &[Vec<Place>],
    distance: u32,
    is_one_enough: bool,
    pool: &mut Pool,
    ends: &mut Vec<Place>,
    work: &mut u64,
) {
    if parts.iter().any(Vec::is_empty) {
        return;
    }
    // Each list by its ends, and beside each place the one that begins first of those that end there or later.
    let mut lists: [(Vec<Place>, Vec<Place>); PARTS_MAX] = Default::default();
    for (list, part) in lists.iter_mut().zip(parts) {
        *list = (pool.take(), pool.take());
        list.0.extend_from_slice(part);
        sort_by_end(&mut list.0);
        list.1.extend_from_slice(&list.0);
        for index in (0..list.1.len().saturating_sub(1)).rev() {
            if list.1[index + 1].start() < list.1[index].start() {
                list.1[index] = list.1[index + 1];
            }
        }
    }
    let lists_used = &lists[..parts.len().min(PARTS_MAX)];
    'parts: for part in parts {
        for place in part {
            *work += parts.len() as u64;
            let end = place.end();
            let all = lists_used.iter().all(|(by_end, first)| {
                let from = by_end.partition_point(|other| other.end() < end);
                first.get(from).is_some_and(|other| other.start() <= end + reach(distance))
            });
            if all {
                ends.push(*place);
                if is_one_enough {
                    break 'parts;
                }
            }
        }
    }
    sort_by_end(ends);
    for (by_end, first) in lists {
        pool.give(by_end);
        pool.give(first);
    }
}
