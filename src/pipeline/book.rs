//! The book of one part of watch: what arrived and was said in open buckets, cases, and alerts that somebody must take.
//!
//! One page per key. What follows from the pages (when each is to be looked at, which case an item is of, which cases
//! hang on the incident of a query) is kept beside them, changes with them, and is never written.

use crate::case::{Case, Page, Told};
use crate::detect::Bucket;
use crate::mention::Timestamp;
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

/// How keys of what waits for its log bucket begin.
const WAITING: [&str; 3] = ["arrivals:", "said:", "threads:"];
/// Cases kept by one part of watch.
pub(super) const CASES_MAX: usize = 20_000;
/// A case is forgotten so long after it was over, or was last heard of: 180 days.
const FORGOTTEN_AFTER_SECONDS: i64 = 180 * 86_400;

/// Pages, and what follows from them.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    pages: BTreeMap<String, Page>,
    agenda: BTreeSet<(Bucket, String)>,
    calls: BTreeSet<(Timestamp, String)>,
    by_item: BTreeMap<String, BTreeSet<String>>,
    attached: BTreeMap<String, BTreeSet<String>>,
    held: BTreeMap<String, BTreeSet<String>>,
    by_thread: BTreeMap<u64, BTreeSet<String>>,
    cases: usize,
    cases_open: usize,
}

impl Book {
    /// A book read back.
    pub(super) fn of(pages: BTreeMap<String, Page>) -> Self {
        let mut book = Self::default();
        for (key, page) in pages {
            book.put(key, Some(page));
        }
        book
    }

    /// All pages, in the order of their keys.
    pub(super) fn pages(&self) -> &BTreeMap<String, Page> {
        &self.pages
    }

    /// Takes a page out, with all that follows from it.
    pub(super) fn take(&mut self, key: &str) -> Option<Page> {
        let page = self.pages.remove(key)?;
        self.agenda.remove(&(due_bucket(key, &page), key.to_owned()));
        if let Some(at) = call(&page) {
            self.calls.remove(&(at, key.to_owned()));
        }
        if let Page::Case(case) = &page {
            self.cases -= 1;
            self.cases_open -= usize::from(!is_over(case));
            for item in &case.items {
                unlink(&mut self.by_item, item.item_id.as_str(), key);
            }
            for thread in case.threads() {
                unlink(&mut self.by_thread, thread, key);
            }
            if let Some(crowd) = &case.crowd {
                unlink(&mut self.attached, crowd.query.as_str(), key);
                unlink(&mut self.held, crowd.query.as_str(), key);
            }
        }
        Some(page)
    }

    /// Puts a page in; none leaves it out. There is none of that key.
    pub(super) fn put(&mut self, key: String, page: Option<Page>) {
        let Some(page) = page else { return };
        self.agenda.insert((due_bucket(&key, &page), key.clone()));
        self.calls.extend(call(&page).map(|at| (at, key.clone())));
        if let Page::Case(case) = &page {
            self.cases += 1;
            self.cases_open += usize::from(!is_over(case));
            for item in &case.items {
                self.by_item.entry(item.item_id.clone()).or_default().insert(key.clone());
            }
            for thread in case.threads() {
                self.by_thread.entry(*thread).or_default().insert(key.clone());
            }
            if let Some(crowd) = case.crowd.as_ref().filter(|_| case.is_attached()) {
                self.attached.entry(crowd.query.clone()).or_default().insert(key.clone());
            }
            if let Some(crowd) = case.crowd.as_ref().filter(|_| !case.held().is_empty()) {
                self.held.entry(crowd.query.clone()).or_default().insert(key.clone());
            }
        }
        self.pages.insert(key, page);
    }

    /// The next bucket in which something is to be looked at.
    pub(super) fn next(&self) -> Option<Bucket> {
        self.agenda.first().map(|(bucket, _)| *bucket)
    }

    /// The pages to be looked at by the end of a bucket, in their order.
    pub(super) fn due(&self, bucket: Bucket) -> Vec<String> {
        let due = self.agenda.iter().take_while(|(at, _)| *at <= bucket);
        due.map(|(_, key)| key.clone()).collect()
    }

    /// The pages that may be due by an instant.
    pub(super) fn due_by(&self, at: Timestamp) -> Vec<String> {
        self.due(ends_by(at))
    }

    /// When somebody is to be called next.
    pub(super) fn next_call(&self) -> Option<Timestamp> {
        self.calls.first().map(|(at, _)| *at)
    }

    /// The last bucket that something waits for to close; none where nothing does.
    pub(super) fn last_waiting(&self) -> Option<Bucket> {
        let waits = |kind: &str| self.pages.range(format!("{kind}:")..format!("{kind};"));
        let waiting = waits("arrivals").chain(waits("said")).chain(waits("threads"));
        waiting.map(|(key, page)| due_bucket(key, page)).max()
    }

    /// Keys of what waits for a later bucket than this.
    pub(super) fn later(&self, bucket: Bucket) -> Vec<String> {
        let later = self.agenda.range((bucket.plus(1), String::new())..);
        let waits = |key: &&String| WAITING.iter().any(|kind| key.starts_with(kind));
        later.map(|(_, key)| key).filter(waits).cloned().collect()
    }

    /// Keys of what is meant by the id of an item, a case or an alert.
    pub(super) fn about(&self, id: &str) -> Vec<String> {
        let mut keys: BTreeSet<String> = self.by_item.get(id).cloned().unwrap_or_default();
        let (case, alert) = (format!("case:{id}"), format!("alert:{id}"));
        let parts = self.pages.range(format!("{case}/")..format!("{case}0")).map(|(key, _)| key.clone());
        keys.extend(parts);
        keys.extend([case, alert].into_iter().filter(|key| self.pages.contains_key(key)));
        keys.into_iter().collect()
    }

    /// Keys of the cases whose author began a thread.
    pub(super) fn of_thread(&self, thread: u64) -> Vec<String> {
        self.by_thread.get(&thread).into_iter().flatten().cloned().collect()
    }

    /// Queries on whose incidents cases hang, and these cases.
    pub(super) fn attached(&self) -> &BTreeMap<String, BTreeSet<String>> {
        &self.attached
    }

    /// Items whose decision is put off: the query whose incident they may belong to, what a follow-up is told of, and
    /// until when.
    pub(super) fn held_items(&self) -> Vec<(String, Told, Timestamp)> {
        let cases = self.held.iter().flat_map(|(query, keys)| keys.iter().map(move |key| (query, key)));
        let of_case = |(query, key): (&String, &String)| match self.pages.get(key) {
            Some(Page::Case(case)) => {
                case.held().into_iter().map(|(told, until)| (query.clone(), told, until)).collect::<Vec<_>>()
            }
            Some(Page::Arrivals(_) | Page::Said(_) | Page::Threads(_) | Page::Alarm(_)) | None => Vec::new(),
        };
        cases.flat_map(of_case).collect()
    }

    /// Cases that are not over.
    pub(super) fn cases_open(&self) -> usize {
        self.cases_open
    }

    /// The cases that there is no room for: those that are over first, then those not heard of for longest.
    pub(super) fn surplus(&self) -> Vec<String> {
        let Some(count) = self.cases.checked_sub(CASES_MAX).filter(|count| *count > 0) else { return Vec::new() };
        let rank = |(key, case): (&String, &Case)| (!is_over(case), case.idle_since(), key.clone());
        let mut ranked: Vec<_> = self.cases().map(rank).collect();
        ranked.sort_unstable();
        ranked.into_iter().take(count).map(|(_, _, key)| key).collect()
    }

    fn cases(&self) -> impl Iterator<Item = (&String, &Case)> {
        let pages = self.pages.range("case:".to_owned().."case;".to_owned());
        pages.filter_map(|(key, page)| match page {
            Page::Case(case) => Some((key, &**case)),
            Page::Arrivals(_) | Page::Said(_) | Page::Threads(_) | Page::Alarm(_) => None,
        })
    }
}

/// Key of what waits for a log bucket; buckets stand in it, so that the page need not say it again.
pub(super) fn waiting_key(kind: &str, log: Bucket) -> String {
    format!("{kind}:{}", log.0)
}

/// When a case is to be forgotten.
pub(super) fn forgotten(case: &Case) -> Timestamp {
    case.idle_since().plus_seconds(FORGOTTEN_AFTER_SECONDS)
}

fn is_over(case: &Case) -> bool {
    case.state() == crate::case::CaseState::Resolved
}

fn call(page: &Page) -> Option<Timestamp> {
    match page {
        Page::Case(case) => case.due(),
        Page::Alarm(alarm) => alarm.due(),
        Page::Arrivals(_) | Page::Said(_) | Page::Threads(_) => None,
    }
}

fn unlink<K, Q>(index: &mut BTreeMap<K, BTreeSet<String>>, from: &Q, key: &str)
where
    K: Ord + Borrow<Q>,
    Q: Ord + ?Sized,
{
    if let Some(keys) = index.get_mut(from) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(from);
        }
    }
}

/// The bucket at whose end a page is to be looked at.
fn due_bucket(key: &str, page: &Page) -> Bucket {
    match page {
        Page::Arrivals(_) | Page::Said(_) | Page::Threads(_) => {
            let number = key.rsplit_once(':').and_then(|(_, number)| number.parse().ok());
            number.map_or(Bucket::FIRST, Bucket)
        }
        Page::Case(case) => {
            let gone = forgotten(case);
            ends_by(case.next_look().map_or(gone, |look| look.min(gone)))
        }
        // one without a clock waits for the end of its alert
        Page::Alarm(alarm) => alarm.due().map_or(Bucket(i64::MAX), ends_by),
    }
}

/// The first bucket that ends no earlier than this.
fn ends_by(at: Timestamp) -> Bucket {
    Bucket::of(Timestamp::clamped(at.as_micros().saturating_sub(1)))
}
