//! A flat table: values by key, ascending, a few dozen to a page.
//!
//! Why so: of a million quiet series the keys and the nodes of a map take as much as what is known of them. In a page
//! every key is kept as what it has not in common with the one before it, and pages are no larger than what is in them.
//! It answers as a map does; how its pages are cut is no part of what it holds.

use std::cmp::Ordering;

/// Entries of a page, at most.
const PAGE_MAX: usize = 32;

/// Values by key.
#[derive(Debug, Clone)]
pub struct Table<V> {
    /// Ascending, none empty.
    pages: Vec<Page<V>>,
    len: usize,
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> Table<V> {
    /// One without entries.
    #[must_use]
    pub const fn new() -> Self {
        Self { pages: Vec::new(), len: 0 }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&V> {
        let key = key.as_ref();
        let page = self.pages.get(self.page_of(key)?)?;
        page.values.get(page.place(key).ok()?)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, key: impl AsRef<[u8]>) -> Option<&mut V> {
        let key = key.as_ref();
        let page = self.page_of(key)?;
        let page = self.pages.get_mut(page)?;
        let place = page.place(key).ok()?;
        page.values.get_mut(place)
    }

    /// Whether there is a value of a key.
    #[must_use]
    pub fn contains_key(&self, key: impl AsRef<[u8]>) -> bool {
        self.get(key).is_some()
    }

    /// The value of a key, to be changed; made where there is none.
    pub fn get_or_insert_with(&mut self, key: impl AsRef<[u8]>, make: impl FnOnce() -> V) -> &mut V {
        let key = key.as_ref();
        let (page, place) = match self.find(key) {
            Ok(at) => at,
            Err(at) => self.insert_at(at, key, make()),
        };
        &mut self.pages[page].values[place]
    }

    /// Puts a value in; the one that was there.
    pub fn insert(&mut self, key: impl AsRef<[u8]>, value: V) -> Option<V> {
        let key = key.as_ref();
        match self.find(key) {
            Ok((page, place)) => Some(std::mem::replace(&mut self.pages[page].values[place], value)),
            Err(at) => {
                self.insert_at(at, key, value);
                None
            }
        }
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: impl AsRef<[u8]>) -> Option<V> {
        let (number, place) = self.find(key.as_ref()).ok()?;
        let page = &mut self.pages[number];
        let value = page.remove(place);
        if page.values.is_empty() {
            self.pages.remove(number);
        }
        self.len -= 1;
        Some(value)
    }

    /// The entries, by key.
    pub fn iter(&self) -> impl Iterator<Item = (Vec<u8>, &V)> {
        self.pages.iter().flat_map(|page| page.keys().zip(&page.values))
    }

    /// The entries after a key, which are text; all where it is none.
    pub fn after(&self, key: Option<&str>) -> impl Iterator<Item = (String, &V)> {
        let page = key.and_then(|key| self.page_of(key.as_bytes())).unwrap_or(0);
        let entries = self.pages[page.min(self.pages.len())..].iter().flat_map(|page| page.keys().zip(&page.values));
        let entries = entries.skip_while(move |(found, _)| key.is_some_and(|key| &**found <= key.as_bytes()));
        entries.map(|(key, value)| (text(key), value))
    }

    /// The keys, ascending, which are text.
    pub fn keys(&self) -> impl Iterator<Item = String> {
        self.pages.iter().flat_map(Page::keys).map(text)
    }

    /// The values, by key.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.pages.iter().flat_map(|page| &page.values)
    }

    /// The same, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.pages.iter_mut().flat_map(|page| &mut page.values)
    }

    /// The page that holds a key, if any does: the last that begins no later.
    fn page_of(&self, key: &[u8]) -> Option<usize> {
        self.pages.partition_point(|page| page.first() <= key).checked_sub(1)
    }

    /// Page and place of a key, or where it would stand.
    fn find(&self, key: &[u8]) -> Result<(usize, usize), (usize, usize)> {
        let page = self.page_of(key).unwrap_or(0);
        let Some(found) = self.pages.get(page) else { return Err((0, 0)) };
        found.place(key).map(|place| (page, place)).map_err(|place| (page, place))
    }

    /// Puts in what is not there, where it was not found; where it is then.
    fn insert_at(&mut self, (mut page, mut place): (usize, usize), key: &[u8], value: V) -> (usize, usize) {
        if self.pages.is_empty() {
            self.pages.push(Page::new());
        }
        if self.pages[page].values.len() == PAGE_MAX {
            // what comes in order fills its pages
            let cut = if place == PAGE_MAX { PAGE_MAX } else { PAGE_MAX / 2 };
            let right = self.pages[page].split_off(cut);
            self.pages.insert(page + 1, right);
            if place > cut || cut == PAGE_MAX {
                (page, place) = (page + 1, place - cut);
            }
        }
        self.pages[page].insert(place, key, value);
        self.len += 1;
        (page, place)
    }
}

/// However their pages are cut.
impl<V: PartialEq> PartialEq for Table<V> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<V: Eq> Eq for Table<V> {}

impl<K: AsRef<[u8]>, V> FromIterator<(K, V)> for Table<V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut table = Self::new();
        for (key, value) in entries {
            table.insert(key, value);
        }
        table
    }
}

/// Entries that follow each other, with no room to spare.
#[derive(Debug, Clone)]
struct Page<V> {
    /// Of each key: how many bytes it begins with of the one before, how many follow, and those.
    keys: Vec<u8>,
    values: Vec<V>,
}

/// Stands for both lengths where one of them is as long: they follow in four bytes each.
const LONG: u8 = u8::MAX;

impl<V> Page<V> {
    const fn new() -> Self {
        Self { keys: Vec::new(), values: Vec::new() }
    }

    /// The first key.
    fn first(&self) -> &[u8] {
        Entries(&self.keys).next().map_or(&[], |(_, key)| key)
    }

    fn keys(&self) -> impl Iterator<Item = Vec<u8>> {
        let mut key = Vec::new();
        Entries(&self.keys).map(move |(shared, rest)| {
            key.truncate(shared);
            key.extend_from_slice(rest);
            key.clone()
        })
    }

    /// Where a key stands, or would.
    fn place(&self, key: &[u8]) -> Result<usize, usize> {
        // so many bytes does it have in common with the entry before
        let mut known = 0;
        for (place, (shared, rest)) in Entries(&self.keys).enumerate() {
            match shared.cmp(&known) {
                // it goes on like the entry before, which is less
                Ordering::Greater => {}
                // it leaves it earlier, upwards
                Ordering::Less => return Err(place),
                Ordering::Equal => {
                    let ours = &key[known..];
                    let common = ours.iter().zip(rest).take_while(|(a, b)| a == b).count();
                    match ours[common..].cmp(&rest[common..]) {
                        Ordering::Equal => return Ok(place),
                        Ordering::Less => return Err(place),
                        Ordering::Greater => known += common,
                    }
                }
            }
        }
        Err(self.values.len())
    }

    fn insert(&mut self, place: usize, key: &[u8], value: V) {
        let before = self.keys();
        if place < self.values.len() {
            let mut keys: Vec<Vec<u8>> = before.collect();
            keys.insert(place, key.to_vec());
            self.keys = written(&keys);
        } else {
            let last = before.last().unwrap_or_default();
            write(&mut self.keys, &last, key);
        }
        self.values.reserve_exact(1);
        self.values.insert(place, value);
    }

    fn remove(&mut self, place: usize) -> V {
        let mut keys: Vec<Vec<u8>> = self.keys().collect();
        keys.remove(place);
        self.keys = written(&keys);
        self.values.remove(place)
    }

    /// Takes out the entries from a place on.
    fn split_off(&mut self, place: usize) -> Self {
        let mut values = self.values.split_off(place);
        values.shrink_to_fit();
        self.values.shrink_to_fit();
        let keys: Vec<Vec<u8>> = self.keys().collect();
        self.keys = written(&keys[..place]);
        Self { keys: written(&keys[place..]), values }
    }
}

fn text(key: Vec<u8>) -> String {
    String::from_utf8(key).unwrap_or_else(|key| String::from_utf8_lossy(key.as_bytes()).into_owned())
}

/// Keys that ascend, as a page keeps them.
fn written(keys: &[Vec<u8>]) -> Vec<u8> {
    let (mut bytes, mut before) = (Vec::new(), &[][..]);
    for key in keys {
        write(&mut bytes, before, key);
        before = key;
    }
    bytes.shrink_to_fit();
    bytes
}

fn write(bytes: &mut Vec<u8>, before: &[u8], key: &[u8]) {
    let shared = before.iter().zip(key).take_while(|(a, b)| a == b).count();
    let rest = &key[shared..];
    let short = |length: usize| u8::try_from(length).ok().filter(|length| *length != LONG);
    if let (Some(shared), Some(length)) = (short(shared), short(rest.len())) {
        bytes.reserve_exact(2 + rest.len());
        bytes.extend([shared, length]);
    } else {
        bytes.extend([LONG, LONG]);
        for length in [shared, rest.len()] {
            bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        }
    }
    bytes.extend_from_slice(rest);
}

/// Of each key how much it shares with the one before, and the rest.
struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[shared, length], mut after) = self.0.split_first_chunk()?;
        let (mut shared, mut length) = (usize::from(shared), usize::from(length));
        if length == usize::from(LONG) {
            let (bytes, rest) = after.split_first_chunk::<8>()?;
            let lengths = u64::from_le_bytes(*bytes);
            (shared, length, after) = (lengths as u32 as usize, (lengths >> 32) as usize, rest);
        }
        let (rest, after) = after.split_at_checked(length)?;
        self.0 = after;
        Some((shared, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn keys() -> impl Strategy<Value = String> {
        prop_oneof![
            6 => (0u32..400).prop_map(|number| format!("query-{number}")),
            2 => "[äab]{0,4}",
            1 => (250usize..260, 0u8..3).prop_map(|(length, end)| format!("{}{end}", "long".repeat(length))),
        ]
    }

    proptest! {
        #[test]
        fn it_answers_as_a_map_does(steps in proptest::collection::vec((0u8..8, keys()), 0..300), from in keys()) {
            let (mut table, mut map) = (Table::new(), BTreeMap::new());
            for (value, (step, key)) in steps.into_iter().enumerate() {
                match step {
                    0 | 1 => prop_assert_eq!(table.remove(&key), map.remove(&key)),
                    2 => prop_assert_eq!(
                        *table.get_or_insert_with(&key, || value),
                        *map.entry(key.clone()).or_insert(value)
                    ),
                    3 => prop_assert_eq!(table.get_mut(&key).copied(), map.get(&key).copied()),
                    _ => prop_assert_eq!(table.insert(&key, value), map.insert(key.clone(), value)),
                }
                prop_assert_eq!(table.get(&key), map.get(&key));
                prop_assert_eq!(table.len(), map.len());
            }
            prop_assert!(table.iter().eq(map.iter().map(|(key, value)| (key.clone().into_bytes(), value))));
            prop_assert_eq!(&table, &map.iter().map(|(key, value)| (key, *value)).collect());
            prop_assert!(table.keys().eq(map.keys().cloned()));
            prop_assert!(table.values_mut().map(|value| &*value).eq(map.values()));
            let after = map.range(from.clone()..).filter(|(key, _)| **key != from);
            prop_assert!(table.after(Some(&from)).eq(after.map(|(key, value)| (key.clone(), value))));
            prop_assert!(table.after(None).map(|(_, value)| value).eq(map.values()));
            prop_assert!(table.pages.iter().all(|page| (1..=PAGE_MAX).contains(&page.values.len())));
        }
    }

    #[test]
    fn keys_in_order_fill_their_pages_and_take_little() {
        let table: Table<()> = (0..10_000).map(|number| (format!("watched-query-{number:05}"), ())).collect();
        assert_eq!(table.pages.len(), 10_000usize.div_ceil(PAGE_MAX));
        let bytes: usize = table.pages.iter().map(|page| page.keys.capacity()).sum();
        assert!(bytes < 10_000 * 5, "{bytes}");
    }
}
