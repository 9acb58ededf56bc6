//! What an ambiguous transaction came to, by what is committed once it was ended for good.
//!
//! It must never call a transaction landed or aborted on a guess: what is neither ours nor what stood before ours is
//! nobody's word.

use crate::log::{Committed, Progress, Settled};

/// What one partition, or all of them, say of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It landed.
    Landed,
    /// Nothing of it is in the log.
    Aborted,
    /// This says nothing of it.
    Unknown,
}

/// What a partition says: `ours` is what the transaction was to commit, `before` what was committed before it.
pub(super) fn of_partition(ours: &Progress, before: Option<&Committed>, now: &Settled) -> Verdict {
    match now {
        Settled::At(now) if ours.is(now.as_ref()) => Verdict::Landed,
        Settled::At(now) if now.as_ref() == before => Verdict::Aborted,
        Settled::At(_) | Settled::Gone => Verdict::Unknown,
    }
}

/// What they say together. A transaction is whole: partitions that contradict each other say nothing.
pub(super) fn of_all(verdicts: &[Verdict]) -> Verdict {
    let says = |wanted: Verdict| verdicts.contains(&wanted);
    match (says(Verdict::Landed), says(Verdict::Aborted)) {
        (true, false) => Verdict::Landed,
        (false, true) => Verdict::Aborted,
        _ => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::TopicPartition;

    #[test]
    fn a_partition_speaks_by_what_is_committed() {
        let at = |next: i64, metadata: &str| Committed { next, metadata: metadata.to_owned() };
        let ours = Progress { source: TopicPartition::new("t", 0), next: 9, metadata: "4".to_owned() };
        let still = Progress { next: 7, ..ours.clone() };
        let (third, fourth) = (at(7, "3"), at(9, "4"));
        let cases = [
            (&ours, Some(&third), Settled::At(Some(fourth.clone())), Verdict::Landed),
            (&ours, Some(&third), Settled::At(Some(third.clone())), Verdict::Aborted),
            (&ours, None, Settled::At(Some(fourth)), Verdict::Landed),
            (&ours, None, Settled::At(None), Verdict::Aborted),
            // the reader's number tells transactions apart where the offset stands still
            (&still, Some(&third), Settled::At(Some(at(7, "4"))), Verdict::Landed),
            (&still, Some(&third), Settled::At(Some(third.clone())), Verdict::Aborted),
            // somebody else's
            (&ours, Some(&third), Settled::At(Some(at(9, "5"))), Verdict::Unknown),
            (&ours, Some(&third), Settled::At(Some(at(12, "4"))), Verdict::Unknown),
            (&ours, Some(&third), Settled::At(None), Verdict::Unknown),
            (&ours, Some(&third), Settled::Gone, Verdict::Unknown),
        ];
        for (ours, before, now, expected) in cases {
            assert_eq!(of_partition(ours, before, &now), expected, "{now:?}");
        }
    }

    #[test]
    fn all_together_are_whole_or_say_nothing() {
        use Verdict::{Aborted, Landed, Unknown};
        let cases: [(&[Verdict], Verdict); 7] = [
            (&[], Unknown),
            (&[Landed, Landed], Landed),
            (&[Landed, Unknown], Landed),
            (&[Unknown, Aborted], Aborted),
            (&[Unknown, Unknown], Unknown),
            (&[Landed, Aborted], Unknown),
            (&[Aborted, Unknown, Landed], Unknown),
        ];
        for (verdicts, expected) in cases {
            assert_eq!(of_all(verdicts), expected, "{verdicts:?}");
        }
    }
}
