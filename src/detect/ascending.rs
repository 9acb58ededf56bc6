//! A few values by key, in a list that ascends: smaller than a map, and as fast while it is short.

use std::borrow::Borrow;

/// The value of a key; made where there is none. No room is made to spare: such lists are kept by the hundred thousand.
pub(super) fn value_of<'a, K: Borrow<Q>, Q: Ord + ToOwned<Owned = K> + ?Sized, V>(
    list: &'a mut Vec<(K, V)>,
    key: &Q,
    make: impl FnOnce() -> V,
) -> &'a mut V {
    let place = list.partition_point(|(known, _)| known.borrow() < key);
    if list.get(place).is_none_or(|(known, _)| known.borrow() != key) {
        list.reserve_exact(1);
        list.insert(place, (key.to_owned(), make()));
    }
    &mut list[place].1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_holds_what_a_map_would(keys in proptest::collection::vec(0u8..20, 0..40)) {
            let (mut list, mut map) = (Vec::new(), BTreeMap::new());
            for (made, key) in keys.iter().enumerate() {
                let kept = value_of(&mut list, key, || (made, 0));
                kept.1 += 1;
                map.entry(*key).or_insert((made, 0)).1 += 1;
            }
            prop_assert!(list.into_iter().eq(map));
        }
    }
}
