//! The log port's contract, held against a real broker: what `src/log/mod.rs` promises, the Kafka adapter keeps.
#![cfg(feature = "kafka")]
#![allow(clippy::panic, clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use groundswell::log::kafka::{KafkaLog, KafkaSettings};
use groundswell::log::{
    Bounds, Commit, Committed, Event, Log, LogError, Output, Place, Progress, Record, Settled, TopicPartition,
    partition_for,
};
use support::{broker, unique};

const PATIENCE: Duration = Duration::from_secs(40);

/// One test's topics and group.
struct Scene {
    source: String,
    sink: String,
    group: String,
}

impl Scene {
    fn new(name: &str, partitions: i32) -> Self {
        let name = unique(name);
        let scene =
            Self { source: format!("{name}.source"), sink: format!("{name}.sink"), group: format!("{name}.group") };
        broker().create_topic(&scene.source, partitions, &[]);
        broker().create_topic(&scene.sink, 2, &[]);
        scene
    }

    fn settings(&self, member: &str) -> KafkaSettings {
        KafkaSettings {
            brokers: broker().brokers.clone(),
            group: self.group.clone(),
            transactional_id: format!("{}-{member}", self.group),
            topics: vec![self.source.clone()],
            memory_budget_bytes: 64 << 20,
            extra: BTreeMap::new(),
        }
    }

    fn connect(&self, member: &str) -> KafkaLog {
        KafkaLog::connect(&self.settings(member)).unwrap()
    }

    fn at(&self, partition: i32) -> TopicPartition {
        TopicPartition::new(self.source.as_str(), partition)
    }

    fn output(&self, value: &str) -> Output {
        Output {
            topic: Arc::from(self.sink.as_str()),
            place: Place::Hashed(value.as_bytes().to_vec()),
            key: Some(value.as_bytes().to_vec()),
            value: Some(value.as_bytes().to_vec()),
            headers: vec![("h".to_owned(), b"1".to_vec())],
        }
    }

    fn fill(&self, count: usize) -> Vec<String> {
        let records: Vec<(String, String)> = (0..count).map(|n| (format!("k{n}"), format!("v{n}"))).collect();
        broker().produce_texts(&self.source, &records);
        records.into_iter().map(|(_, value)| value).collect()
    }
}

/// A worker as small as can be: copies values, keeps its place.
struct Copier<'a> {
    scene: &'a Scene,
    log: KafkaLog,
    next: BTreeMap<TopicPartition, i64>,
    outputs: Vec<Output>,
    batch_records_max: usize,
}

impl<'a> Copier<'a> {
    fn new(scene: &'a Scene, log: KafkaLog) -> Self {
        Self { scene, log, next: BTreeMap::new(), outputs: Vec::new(), batch_records_max: 50 }
    }

    /// One poll, and a commit for each batch; what was assigned, revoked and lost comes back.
    fn turn(&mut self) -> Turn {
        let mut turn = Turn::default();
        for event in self.log.poll(self.batch_records_max, Duration::from_millis(50)).unwrap() {
            match event {
                Event::Assigned(sources) => {
                    self.begin(&sources);
                    turn.assigned.extend(sources);
                }
                Event::Revoked(sources) => {
                    self.commit();
                    self.log.release(&sources).unwrap();
                    self.forget(&sources);
                    turn.revoked.extend(sources);
                }
                Event::Lost(sources) => {
                    self.outputs.clear();
                    self.forget(&sources);
                    turn.lost.extend(sources);
                }
                Event::Record(record) => {
                    assert!(record.offset >= self.next[&record.source], "{} went back", record.source);
                    self.next.insert(record.source, record.offset + 1);
                    self.outputs.push(self.scene.output(&String::from_utf8(record.value.unwrap()).unwrap()));
                    turn.records += 1;
                }
                Event::End(..) => {}
            }
        }
        self.commit();
        turn
    }

    fn forget(&mut self, sources: &[TopicPartition]) {
        self.next.retain(|source, _| !sources.contains(source));
    }

    fn begin(&mut self, sources: &[TopicPartition]) {
        let committed = self.log.committed(sources).unwrap();
        for (source, committed) in sources.iter().zip(committed) {
            let next = committed.map_or(0, |committed| committed.next);
            self.log.start(source, next).unwrap();
            self.next.insert(source.clone(), next);
        }
    }

    fn commit(&mut self) {
        if self.outputs.is_empty() {
            return;
        }
        let outputs = std::mem::take(&mut self.outputs);
        let place = |(source, next): (&TopicPartition, &i64)| Progress {
            source: source.clone(),
            next: *next,
            metadata: format!("at {next}"),
        };
        let progress: Vec<Progress> = self.next.iter().map(place).collect();
        // restoring from what is committed is right whatever became of it
        match self.log.commit(outputs, progress.clone()).unwrap() {
            Commit::Landed => return,
            Commit::Aborted => {}
            // restoring from what is committed is right whatever became of it
            Commit::Ambiguous => drop(self.log.settle(&progress).unwrap()),
        }
        let sources: Vec<TopicPartition> = self.next.keys().cloned().collect();
        self.begin(&sources);
    }

    fn until(&mut self, what: &str, done: impl Fn(&Self, &Turn) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let turn = self.turn();
            if done(self, &turn) {
                return;
            }
            assert!(Instant::now() < deadline, "waited in vain: {what}");
        }
    }
}

#[derive(Default)]
struct Turn {
    assigned: Vec<TopicPartition>,
    revoked: Vec<TopicPartition>,
    lost: Vec<TopicPartition>,
    records: usize,
}

/// Polls until the events that `take` wants have come.
fn poll_until(log: &mut KafkaLog, what: &str, mut take: impl FnMut(Event) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let mut done = false;
        for event in log.poll(10_000, Duration::from_millis(100)).unwrap() {
            done |= take(event);
        }
        if done {
            return;
        }
    }
    panic!("waited in vain: {what}");
}

/// A transaction's control records are written after its end is answered.
fn wait_for_high(log: &mut KafkaLog, source: &TopicPartition, high: i64) -> Bounds {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let bounds = log.bounds(source).unwrap();
        if bounds.high == high {
            return bounds;
        }
        assert!(Instant::now() < deadline, "the high watermark is {}, not {high}", bounds.high);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Compares as multisets, and names what is missing and what is there too often.
fn assert_same(got: Vec<String>, expected: Vec<String>) {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    got.into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
    expected.into_iter().for_each(|value| *counts.entry(value).or_default() -= 1);
    let wrong: Vec<(String, i64)> = counts.into_iter().filter(|(_, count)| *count != 0).collect();
    assert!(
        wrong.is_empty(),
        "{} values differ (+ too often, - missing): {:?}",
        wrong.len(),
        &wrong[..wrong.len().min(20)]
    );
}

#[test]
fn a_transaction_is_there_whole_with_its_context() {
    let scene = Scene::new("whole", 1);
    let mut log = scene.connect("a");
    poll_until(&mut log, "assignment", |event| matches!(event, Event::Assigned(s) if s == [scene.at(0)]));
    assert_eq!(log.committed(&[scene.at(0)]).unwrap(), [None]);
    let metadata = "k\u{e9}".repeat(1_300);
    assert_eq!(metadata.len(), 3_900);
    let progress = vec![Progress { source: scene.at(0), next: 7, metadata: metadata.clone() }];
    assert_eq!(log.commit(vec![scene.output("x"), scene.output("y")], progress).unwrap(), Commit::Landed);
    assert_eq!(log.committed(&[scene.at(0)]).unwrap(), [Some(Committed { next: 7, metadata })]);
    let seen = broker().read_all(&scene.sink);
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|record| record.headers == [("h".to_owned(), b"1".to_vec())]));
    assert_eq!(log.commit(vec![], vec![]).unwrap(), Commit::Landed, "an empty transaction is none");
}

#[test]
fn a_record_the_broker_refuses_leaves_nothing_of_its_transaction() {
    let scene = Scene::new("refused", 1);
    let small = unique("small");
    broker().create_topic(&small, 1, &[("max.message.bytes", "1000")]);
    let mut log = scene.connect("a");
    poll_until(&mut log, "assignment", |event| matches!(event, Event::Assigned(_)));
    let mut large = scene.output("large");
    large.topic = Arc::from(small.as_str());
    // does not compress below the topic's limit
    large.value = Some((0..4_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect());
    let progress = vec![Progress { source: scene.at(0), next: 5, metadata: String::new() }];
    let refused = log.commit(vec![scene.output("beside"), large], progress);
    assert!(matches!(refused, Err(LogError::Fatal { .. })), "{refused:?}");
    assert!(matches!(log.commit(vec![scene.output("after")], vec![]), Err(LogError::Fatal { .. })), "dead stays dead");
    drop(log);
    let mut again = scene.connect("a");
    assert_eq!(again.committed(&[scene.at(0)]).unwrap(), [None]);
    assert_eq!(broker().read_values(&scene.sink), Vec::<String>::new());
}

#[test]
fn a_member_that_lost_its_partitions_commits_nothing() {
    let scene = Scene::new("lost", 1);
    let mut settings = scene.settings("a");
    for key in ["session.timeout.ms", "max.poll.interval.ms"] {
        settings.extra.insert(format!("consumer.{key}"), "1500".to_owned());
    }
    settings.extra.insert("consumer.heartbeat.interval.ms".to_owned(), "300".to_owned());
    let mut log = KafkaLog::connect(&settings).unwrap();
    poll_until(&mut log, "assignment", |event| matches!(event, Event::Assigned(_)));
    std::thread::sleep(Duration::from_secs(4));
    let progress = vec![Progress { source: scene.at(0), next: 5, metadata: String::new() }];
    assert_eq!(log.commit(vec![scene.output("zombie")], progress).unwrap(), Commit::Aborted);
    poll_until(&mut log, "loss", |event| matches!(event, Event::Lost(s) if s == [scene.at(0)]));
    poll_until(&mut log, "assignment again", |event| matches!(event, Event::Assigned(_)));
    assert_eq!(log.committed(&[scene.at(0)]).unwrap(), [None]);
    assert_eq!(log.commit(vec![scene.output("alive")], vec![]).unwrap(), Commit::Landed);
    assert_eq!(broker().read_values(&scene.sink), ["alive"]);
}

#[test]
fn nothing_comes_before_the_start_and_a_restart_goes_back() {
    let scene = Scene::new("start", 1);
    let values = scene.fill(500);
    let mut log = scene.connect("a");
    poll_until(&mut log, "assignment", |event| matches!(event, Event::Assigned(_)));
    for _ in 0..5 {
        let events = log.poll(100, Duration::from_millis(100)).unwrap();
        assert!(events.is_empty(), "before the start: {events:?}");
    }
    let from = |log: &mut KafkaLog, next: i64, count: usize| {
        log.start(&scene.at(0), next).unwrap();
        let mut records: Vec<Record> = Vec::new();
        while records.len() < count {
            for event in log.poll(count - records.len(), Duration::from_secs(5)).unwrap() {
                if let Event::Record(record) = event {
                    records.push(record);
                }
            }
        }
        let first = usize::try_from(next).unwrap();
        let got: Vec<String> = records.into_iter().map(|r| String::from_utf8(r.value.unwrap()).unwrap()).collect();
        assert_eq!(got, values[first..first + count]);
    };
    // the client has fetched far ahead by the time of each restart
    for (next, count) in [(0, 100), (50, 20), (3, 300), (490, 10), (0, 500)] {
        from(&mut log, next, count);
    }
    poll_until(&mut log, "end", |event| matches!(event, Event::End(s, 500) if s == scene.at(0)));
}

#[test]
fn two_members_share_and_hand_over_without_loss_or_duplicates() {
    let scene = Scene::new("share", 4);
    let mut expected = scene.fill(2_000);
    let mut first = Copier::new(&scene, scene.connect("a"));
    first.until("all partitions", |copier, _| copier.next.len() == 4);
    first.until("some records", |_, turn| turn.records > 0);
    let mut second = Copier::new(&scene, scene.connect("b"));
    let deadline = Instant::now() + PATIENCE;
    let (mut revoked, mut taken) = (Vec::new(), Vec::new());
    while second.next.len() < 2 {
        assert!(Instant::now() < deadline, "the second member got nothing");
        revoked.extend(first.turn().revoked);
        taken.extend(second.turn().assigned);
    }
    revoked.sort();
    taken.sort();
    assert_eq!((revoked.len(), &revoked), (2, &taken), "what one gives up the other gets, and no more moves");
    let more: Vec<(String, String)> = (0..1_000).map(|n| (format!("m{n}"), format!("w{n}"))).collect();
    broker().produce_texts(&scene.source, &more);
    expected.extend(more.into_iter().map(|(_, value)| value));
    drop(second);
    first.until("everything again", |copier, _| copier.next.len() == 4);
    let highs: BTreeMap<TopicPartition, i64> =
        (0..4).map(|n| (scene.at(n), first.log.bounds(&scene.at(n)).unwrap().high)).collect();
    first.until("the end", |copier, _| copier.next == highs);
    assert_same(broker().read_values(&scene.sink), expected);
}

#[test]
fn members_come_and_go_without_loss_or_duplicates() {
    let scene = Scene::new("churn", 5);
    let expected = scene.fill(6_000);
    let mut steady = Copier::new(&scene, scene.connect("steady"));
    let (mut read, deadline) = (0, Instant::now() + 2 * PATIENCE);
    for round in 0..4 {
        let mut guest = Copier::new(&scene, scene.connect(&format!("guest-{round}")));
        (steady.batch_records_max, guest.batch_records_max) = (20, 20);
        let mut guest_read = 0;
        // it leaves in the middle of its work, with records read and not committed
        while guest_read < 100 && read < expected.len() {
            assert!(Instant::now() < deadline, "round {round}: {read} read");
            let records = guest.turn().records;
            guest_read += records;
            read += records + steady.turn().records;
        }
        let _ = guest.log.poll(50, Duration::from_millis(200)).unwrap();
    }
    steady.batch_records_max = 500;
    steady.until("all partitions", |copier, _| copier.next.len() == 5);
    let highs: BTreeMap<TopicPartition, i64> =
        (0..5).map(|n| (scene.at(n), steady.log.bounds(&scene.at(n)).unwrap().high)).collect();
    steady.until("the end", |copier, _| copier.next == highs);
    assert_same(broker().read_values(&scene.sink), expected);
}

#[test]
fn a_successor_ends_an_open_transaction_and_goes_on_where_it_began() {
    use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
    let scene = Scene::new("killed", 1);
    let expected = scene.fill(300);
    let mut first = Copier::new(&scene, scene.connect("a"));
    first.batch_records_max = 100;
    first.until("records", |_, turn| turn.records > 0);
    let done = first.next[&scene.at(0)];
    // read and not committed: the successor reads it again
    let more = first.log.poll(100, Duration::from_secs(5)).unwrap();
    assert!(more.iter().any(|event| matches!(event, Event::Record(_))));
    drop(first);
    // the open transaction of a killed process: same id, records sent, never ended, client still alive
    let mut config = rdkafka::ClientConfig::new();
    config.set("bootstrap.servers", &broker().brokers).set("transactional.id", scene.settings("a").transactional_id);
    let killed: BaseProducer = config.create().unwrap();
    killed.init_transactions(PATIENCE).unwrap();
    killed.begin_transaction().unwrap();
    killed.send(BaseRecord::<[u8], str>::to(&scene.sink).partition(0).payload("never")).unwrap();
    killed.flush(PATIENCE).unwrap();
    let mut second = Copier::new(&scene, scene.connect("a"));
    assert!(killed.commit_transaction(PATIENCE).is_err(), "the zombie is fenced");
    second.until("the rest", |copier, _| copier.next.get(&scene.at(0)) == Some(&300));
    let committed = second.log.committed(&[scene.at(0)]).unwrap();
    assert_eq!(committed, [Some(Committed { next: 300, metadata: "at 300".to_owned() })]);
    assert!(done > 0 && done < 300);
    assert_same(broker().read_values(&scene.sink), expected);
}

#[test]
fn a_range_is_read_to_the_high_watermark_past_control_records() {
    let scene = Scene::new("range", 1);
    let mut log = scene.connect("a");
    let sink = TopicPartition::new(scene.sink.as_str(), 1);
    for n in 0..5 {
        let mut output = scene.output(&format!("r{n}"));
        output.place = Place::Exact(1);
        assert_eq!(log.commit(vec![output], vec![]).unwrap(), Commit::Landed);
    }
    // each record is followed by a control record
    let bounds = wait_for_high(&mut log, &sink, 10);
    assert_eq!(bounds.low, 0);
    let mut read = |from: i64, to: i64| {
        let (mut values, begun) = (Vec::new(), Instant::now());
        log.read(&sink, from, to, &mut |r| values.push(String::from_utf8(r.value.unwrap()).unwrap())).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5), "{from}..{to} took {:?}", begun.elapsed());
        values
    };
    assert_eq!(read(0, bounds.high), ["r0", "r1", "r2", "r3", "r4"]);
    assert_eq!(read(2, 5), ["r1", "r2"]);
    assert_eq!(read(9, 10), Vec::<String>::new(), "a control record alone");
    assert_eq!(read(4, 4), Vec::<String>::new());
    assert!(matches!(log.bounds(&TopicPartition::new("no.such.topic", 0)), Err(LogError::NoTopic { .. })));
}

#[test]
fn a_range_behind_an_open_transaction_waits_for_its_end() {
    use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
    let scene = Scene::new("behind", 1);
    let mut log = scene.connect("a");
    let sink = TopicPartition::new(scene.sink.as_str(), 0);
    let mut config = rdkafka::ClientConfig::new();
    config.set("bootstrap.servers", &broker().brokers).set("transactional.id", unique("open"));
    config.set("transaction.timeout.ms", "60000");
    let open: BaseProducer = config.create().unwrap();
    open.init_transactions(PATIENCE).unwrap();
    open.begin_transaction().unwrap();
    open.send(BaseRecord::<[u8], str>::to(&scene.sink).partition(0).payload("open")).unwrap();
    open.flush(PATIENCE).unwrap();
    let mut output = scene.output("hidden");
    output.place = Place::Exact(0);
    assert_eq!(log.commit(vec![output], vec![]).unwrap(), Commit::Landed);
    wait_for_high(&mut log, &sink, 3);
    let ending = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(2));
        open.abort_transaction(PATIENCE).unwrap();
    });
    let mut values = Vec::new();
    log.read(&sink, 0, 3, &mut |r| values.push(String::from_utf8(r.value.unwrap()).unwrap())).unwrap();
    ending.join().unwrap();
    assert_eq!(values, ["hidden"]);
}

#[test]
fn keys_are_placed_as_other_producers_place_them() {
    let scene = Scene::new("placed", 7);
    scene.fill(300);
    for seen in broker().read_all(&scene.source) {
        assert_eq!(seen.partition, partition_for(seen.key.as_deref().unwrap(), 7));
    }
    let mut log = scene.connect("a");
    assert_eq!(log.partitions(&scene.source).unwrap(), 7);
    let outputs: Vec<Output> = (0..50).map(|n| scene.output(&format!("p{n}"))).collect();
    assert_eq!(log.commit(outputs, vec![]).unwrap(), Commit::Landed);
    for seen in broker().read_all(&scene.sink) {
        assert_eq!(seen.partition, partition_for(seen.key.as_deref().unwrap(), 2));
    }
}

#[test]
fn the_end_is_told_of_the_right_topic() {
    let scene = Scene::new("ends", 1);
    let other = unique("ends-other");
    broker().create_topic(&other, 1, &[]);
    scene.fill(20);
    broker().produce_texts(&other, &[("k".to_owned(), "v".to_owned())]);
    let mut settings = scene.settings("a");
    settings.topics.push(other.clone());
    let mut log = KafkaLog::connect(&settings).unwrap();
    let mut ends: BTreeMap<String, i64> = BTreeMap::new();
    let (mut assigned, deadline) = (Vec::new(), Instant::now() + PATIENCE);
    while ends.len() < 2 {
        assert!(Instant::now() < deadline, "{ends:?}");
        for event in log.poll(5, Duration::from_millis(100)).unwrap() {
            match event {
                Event::Assigned(sources) => assigned.extend(sources),
                Event::End(source, offset) => {
                    ends.insert(source.topic.to_string(), offset);
                }
                _ => {}
            }
        }
        assigned.drain(..).for_each(|source| log.start(&source, 0).unwrap());
    }
    assert_eq!(ends, BTreeMap::from([(scene.source.clone(), 20), (other, 1)]));
}

#[test]
fn the_end_is_told_again_after_a_start_where_nothing_is_left() {
    let scene = Scene::new("end-again", 1);
    scene.fill(20);
    let mut log = scene.connect("a");
    poll_until(&mut log, "assignment", |event| matches!(event, Event::Assigned(_)));
    let source = TopicPartition::new(scene.source.as_str(), 0);
    for _ in 0..3 {
        log.start(&source, 20).unwrap();
        poll_until(&mut log, "the end", |event| matches!(event, Event::End(_, 20)));
    }
}

#[test]
fn a_missing_topic_is_named() {
    let scene = Scene::new("missing", 1);
    let mut settings = scene.settings("a");
    settings.topics = vec!["no.such.topic".to_owned()];
    match KafkaLog::connect(&settings) {
        Err(LogError::NoTopic { topic }) => assert_eq!(topic, "no.such.topic"),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("connected"),
    }
}

#[test]
fn of_two_workers_with_one_id_the_older_is_told_of_the_other() {
    let scene = Scene::new("twins", 1);
    let mut older = scene.connect("a");
    poll_until(&mut older, "assignment", |event| matches!(event, Event::Assigned(_)));
    assert_eq!(older.commit(vec![scene.output("before")], vec![]).unwrap(), Commit::Landed);
    let mut newer = scene.connect("a");
    match older.commit(vec![scene.output("zombie")], vec![]) {
        Err(error @ LogError::Fenced { .. }) => {
            let text = error.to_string();
            assert!(text.contains(&scene.settings("a").transactional_id) && text.contains("`instance`"), "{text}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(newer.commit(vec![scene.output("after")], vec![]).unwrap(), Commit::Landed);
    let mut values = broker().read_values(&scene.sink);
    values.sort();
    assert_eq!(values, ["after", "before"]);
}

#[test]
fn a_transaction_in_doubt_is_settled_by_what_is_committed() {
    let scene = Scene::new("doubt", 2);
    let progress =
        |partition: i32, next: i64| Progress { source: scene.at(partition), next, metadata: format!("number {next}") };
    let standing = |partition: i32, next: i64| {
        let Progress { next, metadata, .. } = progress(partition, next);
        Settled::At(Some(Committed { next, metadata }))
    };
    let mut log = scene.connect("a");
    let (mut owned, all) = (Vec::new(), [scene.at(0), scene.at(1)]);
    poll_until(&mut log, "assignment", |event| {
        if let Event::Assigned(sources) = event {
            owned.extend(sources);
        }
        owned.len() == all.len()
    });
    all.iter().for_each(|source| log.start(source, 0).unwrap());
    assert_eq!(log.settle(&[progress(0, 3)]).unwrap(), [Settled::At(None)], "nothing of it is there");
    assert_eq!(log.commit(vec![scene.output("x")], vec![progress(0, 3), progress(1, 4)]).unwrap(), Commit::Landed);
    assert_eq!(log.settle(&[progress(0, 3), progress(1, 4)]).unwrap(), [standing(0, 3), standing(1, 4)], "ours");
    assert_eq!(log.settle(&[progress(0, 7), progress(1, 4)]).unwrap(), [standing(0, 3), standing(1, 4)]);
    assert_eq!(log.commit(vec![scene.output("y")], vec![progress(0, 7)]).unwrap(), Commit::Landed, "it goes on");
    // another member takes a partition over, and commits the same
    let mut other = Copier::new(&scene, scene.connect("b"));
    let (deadline, mut moved) = (Instant::now() + PATIENCE, Vec::new());
    while moved.is_empty() {
        assert!(Instant::now() < deadline, "nothing was handed over");
        for event in log.poll(10, Duration::from_millis(50)).unwrap() {
            if let Event::Revoked(sources) = event {
                log.release(&sources).unwrap();
                moved.extend(sources);
            }
        }
        other.turn();
    }
    let (gone, next) = if moved == [scene.at(0)] { (0, 7) } else { (1, 4) };
    let (kept, kept_next) = if gone == 0 { (1, 4) } else { (0, 7) };
    let settled = log.settle(&[progress(gone, next), progress(kept, kept_next)]).unwrap();
    assert_eq!(settled[0], Settled::Gone, "it may be somebody else's");
    assert!(settled[1] == standing(kept, kept_next) || settled[1] == Settled::Gone, "{settled:?}");
    assert_eq!(broker().read_values(&scene.sink).len(), 2, "settling writes no output");
}

#[test]
fn an_offset_that_is_gone_is_told_and_never_passed_over_in_silence() {
    let scene = Scene::new("gone", 1);
    scene.fill(300);
    let mut log = scene.connect("a");
    poll_until(&mut log, "assignment", |event| matches!(event, Event::Assigned(_)));
    let delete_before = |offset: i64| {
        let mut list = rdkafka::TopicPartitionList::new();
        list.add_partition_offset(&scene.source, 0, rdkafka::Offset::Offset(offset)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let options = rdkafka::admin::AdminOptions::new();
        runtime.block_on(broker().admin().delete_records(&list, &options)).unwrap();
    };
    delete_before(120);
    assert_eq!(log.bounds(&scene.at(0)).unwrap(), Bounds { low: 120, high: 300 });
    log.start(&scene.at(0), 50).unwrap();
    let deadline = Instant::now() + PATIENCE;
    loop {
        match log.poll(500, Duration::from_millis(100)) {
            Ok(events) => {
                let passed = events.iter().any(|event| matches!(event, Event::Record(_) | Event::End(..)));
                assert!(!passed && Instant::now() < deadline, "{events:?}");
            }
            Err(LogError::Retriable { cause, .. }) => break assert!(cause.contains("ffset"), "{cause}"),
            Err(other) => panic!("{other}"),
        }
    }
}
