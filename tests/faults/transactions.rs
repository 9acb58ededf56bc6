//! What became of a process's transactions, from the broker's log: the coordinator's states say which was open when
//! the process died, the control records in the partitions it wrote to say how it ended.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::segments::{self, Cursor, Entry};

const STATES: &str = "__transaction_state";
const OFFSETS: &str = "__consumer_offsets";
/// An ended transaction counts as the one that a process was killed right after for so long, ms.
const RIGHT_AFTER_MS: i64 = 3_000;

/// What became of the transaction that was open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Landed,
    Aborted,
    /// No transaction with an output was open.
    NoneOpen,
}

impl End {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Landed => "landed",
            Self::Aborted => "aborted",
            Self::NoneOpen => "none open",
        }
    }
}

/// One transaction as its coordinator saw it.
#[derive(Debug, Default, Clone)]
struct Transaction {
    producer: i64,
    started_ms: i64,
    ended_ms: Option<i64>,
    /// With outputs; offsets apart.
    partitions: Vec<(String, i32)>,
}

/// The log of a broker on this machine.
pub struct Transactions {
    logs: PathBuf,
    by_id: BTreeMap<String, Vec<Transaction>>,
    markers: BTreeMap<(String, i32), Vec<Entry>>,
}

impl Transactions {
    /// Reads what the coordinators know of ids that begin with `prefix`.
    pub fn read(logs: &Path, prefix: &str) -> Self {
        let mut by_id: BTreeMap<String, Vec<Transaction>> = BTreeMap::new();
        let folders = std::fs::read_dir(logs).into_iter().flatten().flatten();
        let states = folders.filter(|folder| folder.file_name().to_string_lossy().starts_with(STATES));
        for entry in states.flat_map(|folder| segments::read(&folder.path())) {
            if let Some((id, state)) = parse_state(&entry).filter(|(id, _)| id.starts_with(prefix)) {
                note(by_id.entry(id).or_default(), state);
            }
        }
        Self { logs: logs.to_owned(), by_id, markers: BTreeMap::new() }
    }

    /// What became of the transaction that the workers of a process had open when it died. `has_ended`: it died with
    /// its transaction ended by the broker and not yet known to have.
    pub fn end_of(&mut self, process: &str, died_ms: i64, has_ended: bool) -> End {
        let ids: Vec<String> = self.by_id.keys().filter(|id| id.starts_with(process)).cloned().collect();
        let ends: Vec<End> = ids.iter().map(|id| self.end_of_worker(id, died_ms, has_ended)).collect();
        let wanted = if has_ended { [End::Landed, End::Aborted] } else { [End::Aborted, End::Landed] };
        wanted.into_iter().find(|end| ends.contains(end)).unwrap_or(End::NoneOpen)
    }

    fn end_of_worker(&mut self, id: &str, died_ms: i64, has_ended: bool) -> End {
        let last = self.by_id[id].iter().rev().find(|one| one.started_ms <= died_ms && !one.partitions.is_empty());
        let Some(last) = last.cloned() else { return End::NoneOpen };
        let was_open = last.ended_ms.is_none_or(|ended| ended > died_ms);
        let just_ended = has_ended && last.ended_ms.is_some_and(|ended| ended + RIGHT_AFTER_MS > died_ms);
        if was_open || just_ended { self.marker(&last) } else { End::NoneOpen }
    }

    /// The control record that ended it, in the first partition it wrote to.
    fn marker(&mut self, transaction: &Transaction) -> End {
        let (topic, partition) = transaction.partitions[0].clone();
        let folder = self.logs.join(format!("{topic}-{partition}"));
        let markers = self.markers.entry((topic, partition)).or_insert_with(|| {
            let mut entries = segments::read(&folder);
            entries.retain(|entry| entry.is_control);
            entries
        });
        let ended = |entry: &&Entry| entry.producer == transaction.producer && entry.at_ms >= transaction.started_ms;
        match markers.iter().find(ended).map(|entry| entry.key.as_slice()) {
            Some([0, 0, 0, 1]) => End::Landed,
            Some([0, 0, 0, 0]) => End::Aborted,
            _ => End::NoneOpen,
        }
    }
}

/// A record of the coordinator.
struct State {
    status: i8,
    updated_ms: i64,
    transaction: Transaction,
}

const ONGOING: i8 = 1;
const PREPARED: [i8; 3] = [2, 3, 7];

fn note(transactions: &mut Vec<Transaction>, state: State) {
    let State { status, updated_ms, transaction } = state;
    if status == ONGOING {
        match transactions.last_mut() {
            Some(last) if last.started_ms == transaction.started_ms => last.partitions = transaction.partitions,
            _ => transactions.push(transaction),
        }
    } else if PREPARED.contains(&status)
        && let Some(last) = transactions.last_mut()
    {
        last.ended_ms.get_or_insert(updated_ms);
    }
}

/// Key: version, id. Value: version 0, or 1 with compact lengths and tags.
fn parse_state(entry: &Entry) -> Option<(String, State)> {
    let mut key = Cursor(&entry.key);
    if entry.is_control || key.i16() != 0 || entry.value.is_empty() {
        return None;
    }
    let length = usize::try_from(key.i16()).ok()?;
    let id = String::from_utf8_lossy(key.take(length)).into_owned();
    let mut value = Cursor(&entry.value);
    let is_compact = value.i16() >= 1;
    let producer = value.i64();
    value.take(2 + 4);
    let status = value.i8();
    let partitions = parse_partitions(&mut value, is_compact);
    let (updated_ms, started_ms) = (value.i64(), value.i64());
    let transaction = Transaction { producer, started_ms, ended_ms: None, partitions };
    Some((id, State { status, updated_ms, transaction }))
}

fn parse_partitions(value: &mut Cursor<'_>, is_compact: bool) -> Vec<(String, i32)> {
    let count = |value: &mut Cursor<'_>| {
        if is_compact { value.unsigned().saturating_sub(1) } else { u64::try_from(value.i32()).unwrap_or(0) }
    };
    let mut partitions = Vec::new();
    for _ in 0..count(value) {
        let length = if is_compact { value.unsigned().saturating_sub(1) } else { value.i16().unsigned_abs().into() };
        let topic = value.take(usize::try_from(length).unwrap_or(0));
        let topic = String::from_utf8_lossy(topic).into_owned();
        for _ in 0..count(value) {
            let partition = value.i32();
            if topic != OFFSETS {
                partitions.push((topic.clone(), partition));
            }
        }
        if is_compact {
            value.take(1);
        }
    }
    partitions
}

/// Both versions of a coordinator's record.
pub fn test_states() {
    let text = |text: &str| [&i16::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat();
    let key = [&0i16.to_be_bytes()[..], &text("t.one-triage-0")].concat();
    let head = |version: i16| [&version.to_be_bytes()[..], &9i64.to_be_bytes(), &[0, 1, 0, 0, 39, 16, 1]].concat();
    let times = [5i64.to_be_bytes(), 4i64.to_be_bytes()].concat();
    let topic = |name: &str, partition: i32| [&text(name)[..], &1i32.to_be_bytes(), &partition.to_be_bytes()].concat();
    let compact = |name: &str, partition: i32| {
        let length = u8::try_from(name.len() + 1).unwrap();
        [&[length][..], name.as_bytes(), &[2], &partition.to_be_bytes(), &[0]].concat()
    };
    let plain = [head(0), 2i32.to_be_bytes().to_vec(), topic(OFFSETS, 1), topic("t.alerts", 3), times.clone()].concat();
    let tagged = [head(1), vec![3], compact(OFFSETS, 1), compact("t.alerts", 3), times, vec![0]].concat();
    for value in [plain, tagged] {
        let entry = Entry { producer: -1, is_control: false, at_ms: 0, key: key.clone(), value };
        let (id, state) = parse_state(&entry).expect("a state");
        assert_eq!((id.as_str(), state.status, state.updated_ms), ("t.one-triage-0", ONGOING, 5));
        assert_eq!((state.transaction.producer, state.transaction.started_ms), (9, 4));
        assert_eq!(state.transaction.partitions, [("t.alerts".to_owned(), 3)]);
    }
}
