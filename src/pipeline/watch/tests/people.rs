//! Clocks of people, on signals alone: who is called when, what stops it, and that ticks and restores call nobody twice.

use super::*;
use crate::case::{CaseItem, Crowd, Page, Said, SaidKind};
use crate::pipeline::UndoLimits;
use crate::route::{Approver, Rung, Tier};
use crate::wire::state_hash;

const HOUR: i64 = 3_600;
/// An instant on a bucket's boundary.
const NOON: i64 = 1_767_704_400;

fn at(seconds: i64) -> Timestamp {
    Timestamp::clamped((NOON + seconds) * 1_000_000)
}

fn bucket(seconds: i64) -> Bucket {
    Bucket::of(at(seconds))
}

/// A post of ana's at a second; an answer is due in an hour.
fn item(number: i64, second: i64) -> CaseItem {
    CaseItem {
        at: at(second),
        item_id: format!("item-{number}"),
        revision: 16,
        case_id: "case-ana".into(),
        team: "finance".into(),
        intent: "billing".into(),
        severity: Severity::S3,
        tier: Tier::Assisted,
        ticket: true,
        thread: format!("thread-{number}"),
        path: vec!["finance-lead".into(), "legal".into()],
        respond_by: at(second + HOUR),
        resolve_by: at(second + 48 * HOUR),
        public: true,
        starts: None,
        approvers: Vec::new(),
        rungs: Vec::new(),
        crowd: None,
    }
}

fn word(kind: SaidKind, about: &str, second: i64) -> Said {
    Said {
        at: at(second),
        feedback_id: format!("{}-{second}", kind.as_str()),
        about: about.into(),
        kind,
        value: "T-1".into(),
        by: "ben".into(),
    }
}

fn said(kind: SaidKind, about: &str, second: i64) -> Signal {
    Signal::Feedback { log: bucket(second), said: vec![word(kind, about, second)] }
}

fn arrives(item: CaseItem) -> Signal {
    Signal::Items { log: Bucket::of(item.at), items: vec![item] }
}

/// Everything before this second is complete.
fn passed(second: i64) -> Signal {
    let clock = |source: &str| SourceClock {
        source: source.into(),
        reached: Some(bucket(second)),
        since: Some(bucket(0)),
        ended: false,
    };
    Signal::Clocks(vec![clock("raw.x/0"), clock("feedback/0")])
}

fn stated(people: bool) -> Signal {
    let members = ["raw.x/0", "feedback/0"].into_iter().take(1 + usize::from(people));
    Signal::Members { at: Bucket::FIRST, members: members.map(str::to_owned).collect() }
}

/// Follow-ups as (second, action, party or ticket), of some signals.
fn told(state: &mut WatchState, signals: Vec<Signal>, pack: &Pack) -> Vec<(i64, FollowUpAction, String)> {
    let verdicts: Vec<Verdict> = signals.into_iter().flat_map(|signal| watch(signal, state, pack)).collect();
    follow_ups(&verdicts)
}

fn follow_ups(verdicts: &[Verdict]) -> Vec<(i64, FollowUpAction, String)> {
    let told = verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::FollowUp(one) => {
            let party = one.step.as_ref().map(|step| step.party.clone());
            Some((one.at.as_seconds() - NOON, one.action, party.unwrap_or_default()))
        }
        Verdict::Alert(_) | Verdict::Case(_) | Verdict::Measured(_) | Verdict::Voice(_) => None,
    });
    told.collect()
}

const CALLED: FollowUpAction = FollowUpAction::Escalate;

/// What is told: when, what, and who is called.
type Told = Vec<(i64, FollowUpAction, String)>;

#[test]
fn nobody_who_answered_is_called_and_everybody_else_is_once_and_in_time() {
    let pack = pack();
    let first = || (HOUR + 3, CALLED, "finance-lead".to_owned());
    let second = || (2 * HOUR + 3, CALLED, "legal".to_owned());
    // what is said and when, about what; who is called
    let about = "item-1";
    let cases: Vec<(&str, Vec<Signal>, Told)> = vec![
        ("nothing is said", vec![], vec![first(), second()]),
        ("it is claimed", vec![said(SaidKind::Claimed, about, 5)], vec![]),
        ("somebody knows", vec![said(SaidKind::Ack, about, HOUR)], vec![]),
        ("a ticket is made", vec![said(SaidKind::Ticket, about, 60)], vec![]),
        ("it is answered", vec![said(SaidKind::ResponsePublished, about, 900)], vec![]),
        ("it is over", vec![said(SaidKind::Resolved, about, 900)], vec![]),
        ("of the case", vec![said(SaidKind::Claimed, "case-ana", 900)], vec![]),
        ("late", vec![said(SaidKind::Claimed, about, HOUR + 600)], vec![first()]),
        ("of something else", vec![said(SaidKind::Claimed, "item-2", 900)], vec![first(), second()]),
        ("no answer", vec![said(SaidKind::Csat, about, 900)], vec![first(), second()]),
        (
            "it begins again",
            vec![said(SaidKind::Resolved, about, 900), said(SaidKind::Reopened, about, 1_800)],
            vec![(1_800 + HOUR, CALLED, "finance-lead".into()), (1_800 + 2 * HOUR, CALLED, "legal".into())],
        ),
    ];
    for (name, words, expected) in cases {
        let mut signals = vec![stated(true), arrives(item(1, 3))];
        signals.extend(words);
        let mut whole = signals.clone();
        whole.push(passed(9 * HOUR));
        assert_eq!(told(&mut WatchState::default(), whole, &pack), expected, "{name}");
        // however often it is looked at
        let mut often = signals.clone();
        often.extend((1..=54).map(|tenth| passed(tenth * 600)));
        assert_eq!(told(&mut WatchState::default(), often, &pack), expected, "{name}, step by step");
        // everything stands still from the first second on: ticks alone
        let mut ticks = signals;
        ticks.extend([passed(10)]);
        ticks.extend((1..=54).map(|tenth| Signal::Tick(at(tenth * 600))));
        let heard_at_once = name == "late" || name == "it begins again";
        let ticked = told(&mut WatchState::default(), ticks, &pack);
        let early = heard_at_once && name == "late";
        assert_eq!(ticked, if early { Vec::new() } else { expected }, "{name}, by ticks");
    }
}

#[test]
fn without_feedback_no_clock_runs() {
    let signals = vec![stated(false), arrives(item(1, 3)), passed(9 * HOUR), Signal::Tick(at(20 * HOUR))];
    assert_eq!(told(&mut WatchState::default(), signals, &pack()), []);
}

#[test]
fn ticks_aborts_and_restores_call_nobody_twice() {
    let pack = pack();
    let mut state = WatchState::new(UndoLimits::default());
    told(&mut state, vec![stated(true), arrives(item(1, 3)), passed(20)], &pack);
    state.landed();
    let before = state_hash(&state).expect("has a binary form");
    let call = Signal::Tick(at(HOUR + 5));
    let first = vec![(HOUR + 3, CALLED, "finance-lead".to_owned())];
    assert_eq!(told(&mut state, vec![call.clone()], &pack), first);
    assert!(state.undo(), "little was touched");
    assert_eq!(state_hash(&state).expect("has a binary form"), before, "undone is untouched");
    assert_eq!(state.next_call(), Some(at(HOUR + 3)));
    assert_eq!(told(&mut state, vec![call.clone()], &pack), first, "the call did not land: it is made again");
    state.landed();
    let mut restored = WatchState::restored(
        state.head(),
        state.queries().clone(),
        state.pending().clone(),
        state.pages().clone(),
        state.voice().clone(),
        UndoLimits::default(),
    );
    for state in [&mut state, &mut restored] {
        assert_eq!(told(state, vec![call.clone(), passed(HOUR + 60)], &pack), [], "once");
        assert_eq!(state.next_call(), Some(at(2 * HOUR + 3)));
    }
    assert_eq!(state_hash(&state).ok(), state_hash(&restored).ok());
}

#[test]
fn a_case_holds_its_posts_and_what_is_said_and_is_forgotten_in_the_end() {
    let pack = pack();
    let mut state = WatchState::default();
    let mut signals = vec![stated(true), arrives(item(1, 3)), arrives(item(1, 3))];
    signals.extend((2..50).map(|number| arrives(item(number, number * 10))));
    signals.extend([said(SaidKind::Ticket, "item-49", 495), passed(600)]);
    let verdicts: Vec<Verdict> = signals.into_iter().flat_map(|signal| watch(signal, &mut state, &pack)).collect();
    let written: Vec<&CaseTold> = verdicts
        .iter()
        .filter_map(|verdict| match verdict {
            Verdict::Case(told) => Some(&**told),
            Verdict::Alert(_) | Verdict::FollowUp(_) | Verdict::Measured(_) | Verdict::Voice(_) => None,
        })
        .collect();
    let case = written.last().and_then(|told| told.case.clone()).expect("it was written");
    assert_eq!(case.revision, written.len() as u64, "each bucket once");
    assert_eq!((case.items.len(), case.items_total), (case::ITEMS_MAX, 49));
    assert_eq!(case.timeline.len(), case::TIMELINE_MAX);
    assert_eq!((case.ticket.as_deref(), case.state().as_str()), (Some("T-1"), "claimed"));
    assert_eq!(case.timeline[0].what.as_str(), "opened");
    assert_eq!(state.cases_open(), 1);
    let day = 86_400;
    let over = watch(said(SaidKind::Resolved, "item-49", day), &mut state, &pack);
    assert_eq!(over, [], "it waits for its bucket");
    watch(passed(2 * day), &mut state, &pack);
    assert_eq!((state.cases_open(), state.pages().len()), (0, 1));
    watch(passed(180 * day), &mut state, &pack);
    assert_eq!(state.pages().len(), 1, "not yet");
    let gone = watch(passed(182 * day), &mut state, &pack);
    assert_eq!(gone, [Verdict::Case(Box::new(CaseTold { key: "case-ana".into(), case: None }))]);
    assert!(state.pages().is_empty());
}

#[test]
fn a_false_alarm_is_withdrawn_and_does_not_come_back_as_it_was() {
    let pack = pack();
    let posts = world(Burst::Outage);
    let opened = opened(&run(&posts, &[50], &pack));
    let (mut state, mut told) = (WatchState::default(), Vec::new());
    let mut hear = |signals: Vec<Signal>| {
        for signal in signals {
            told.extend(watch(signal, &mut state, &pack));
        }
    };
    let reached = |bucket: i64| {
        let clock = |source: &str| SourceClock {
            source: source.into(),
            reached: Some(Bucket(bucket)),
            since: Some(Bucket(START)),
            ended: false,
        };
        Signal::Clocks(vec![clock("raw.x/0"), clock("feedback/0")])
    };
    hear(vec![stated(true)]);
    let says = opened.at.plus_seconds(30);
    let mut partials: BTreeMap<i64, Partial> = BTreeMap::new();
    for (bucket, contribution) in &posts {
        partials.entry(*bucket).or_default().add(contribution);
    }
    for (bucket, partial) in partials {
        let (log, event) = (Bucket(bucket), Bucket(bucket));
        hear(vec![
            Signal::Partial { query: QUERY.to_owned(), log, event, partial: Box::new(partial) },
            reached(bucket),
        ]);
        if Bucket(bucket) == Bucket::of(says) {
            let words = Said {
                at: says,
                feedback_id: "f".into(),
                about: opened.alert_id.clone(),
                kind: SaidKind::FalseAlarm,
                value: String::new(),
                by: "ben".into(),
            };
            hear(vec![Signal::Feedback { log: Bucket(bucket), said: vec![words] }]);
        }
    }
    hear(vec![reached(START + 100_000)]);
    let events: Vec<_> = told
        .iter()
        .filter_map(|verdict| match verdict {
            Verdict::Alert(event) if event.state != AlertState::Updated => Some((event.state, event.alert_id.clone())),
            Verdict::Alert(_) | Verdict::FollowUp(_) | Verdict::Case(_) | Verdict::Measured(_) | Verdict::Voice(_) => {
                None
            }
        })
        .collect();
    let id = opened.alert_id;
    assert_eq!(events, [(AlertState::Opened, id.clone()), (AlertState::Withdrawn, id)]);
    assert!(state.pages().values().all(|page| !matches!(page, Page::Alarm(_))), "nobody is called for it");
}

#[test]
fn what_comes_in_crowds_is_held_while_a_rise_is_suspected_and_told_when_its_incident_is_over() {
    let pack = pack();
    let crowd = Crowd { group: pack.counted_by(QUERY), query: QUERY.to_owned() };
    let mut state = WatchState::default();
    let mut verdicts = Vec::new();
    let mut partials: BTreeMap<i64, Partial> = BTreeMap::new();
    let mut items: BTreeMap<i64, Vec<CaseItem>> = BTreeMap::new();
    for (bucket, contribution) in &world(Burst::Outage) {
        partials.entry(*bucket).or_default().add(contribution);
        if let Some((item_id, pending)) = &contribution.pending {
            let at = Bucket(*bucket).start();
            items.entry(*bucket).or_default().push(CaseItem {
                at,
                item_id: item_id.clone(),
                revision: pending.revision,
                case_id: format!("case-{item_id}"),
                team: pending.team.clone(),
                thread: pending.thread.clone(),
                crowd: Some(crowd.clone()),
                respond_by: at.plus_seconds(HOUR),
                ..item(0, 0)
            });
        }
    }
    let total: usize = items.values().map(Vec::len).sum();
    verdicts.extend(watch(stated(false), &mut state, &pack));
    for (bucket, partial) in partials {
        let (log, event) = (Bucket(bucket), Bucket(bucket));
        let mut signals = vec![Signal::Partial { query: QUERY.to_owned(), log, event, partial: Box::new(partial) }];
        signals.extend(items.remove(&bucket).map(|items| Signal::Items { log, items }));
        let (reached, since) = (Some(Bucket(bucket)), Some(Bucket(START)));
        signals.push(Signal::Clocks(vec![SourceClock { source: "raw.x/0".into(), reached, since, ended: false }]));
        verdicts.extend(signals.into_iter().flat_map(|signal| watch(signal, &mut state, &pack)));
    }
    let reached = Some(Bucket(START + 100_000));
    let clock = SourceClock { source: "raw.x/0".into(), reached, since: Some(Bucket(START)), ended: false };
    verdicts.extend(watch(Signal::Clocks(vec![clock]), &mut state, &pack));
    let count = |is: &dyn Fn(&FollowUp) -> bool| {
        let all = verdicts.iter();
        all.filter(|verdict| matches!(verdict, Verdict::FollowUp(one) if is(one))).count()
    };
    let tickets = count(&|one| one.ticket == TicketAction::Upsert);
    let attached = count(&|one| one.action == FollowUpAction::Attach);
    let let_go = count(&|one| one.action == FollowUpAction::Release && one.incident_id.is_some());
    assert_eq!((tickets + attached, let_go), (total, attached), "each is decided once, and told of the end");
    assert!(tickets <= 20, "{tickets} tickets of {total}");
}

/// Follow-ups that raise a case: when, how severe it is, whose it is and why.
fn raises(verdicts: &[Verdict]) -> Vec<(i64, Severity, String, Vec<String>)> {
    let told = verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::FollowUp(one) => {
            let raised = one.raised.as_ref()?;
            Some((one.at.as_seconds() - NOON, raised.severity, raised.team.clone(), one.reasons.clone()))
        }
        Verdict::Alert(_) | Verdict::Case(_) | Verdict::Measured(_) | Verdict::Voice(_) => None,
    });
    told.collect()
}

fn urgent() -> Rung {
    let path = vec!["duty-manager".to_owned()];
    Rung { severity: Severity::S2, row: "billing-urgent".into(), team: "comms".into(), path, respond_seconds: 600 }
}

#[test]
fn the_third_contact_without_an_answer_makes_a_case_urgent_once_whatever_the_order() {
    let pack = pack();
    let post = |number: i64, second| CaseItem { rungs: vec![urgent()], ..item(number, second) };
    let run = |signals: Vec<Signal>| {
        let mut state = WatchState::default();
        let verdicts: Vec<Verdict> = signals.into_iter().flat_map(|signal| watch(signal, &mut state, &pack)).collect();
        (raises(&verdicts), follow_ups(&verdicts), state_hash(&state).expect("has a binary form"))
    };
    let posts = || [(1, 3), (2, 300), (3, 600)].map(|(number, second)| arrives(post(number, second)));
    let all = |between: Vec<Signal>| {
        [vec![stated(true)], posts().to_vec(), between, vec![passed(700)]].into_iter().flatten().collect::<Vec<_>>()
    };
    let (raised, _, hash) = run(all(vec![]));
    let why = [
        "repeat_contact: 3 in 24 h without an answer, at least 3: at least S2",
        "row billing-urgent gives it to Communications",
    ];
    assert_eq!(raised, [(610, Severity::S2, "comms".to_owned(), why.map(str::to_owned).to_vec())]);
    let mut shuffled = all(vec![]);
    shuffled.swap(1, 3);
    let (other, _, other_hash) = run(shuffled);
    assert_eq!((&other, other_hash), (&raised, hash), "whatever came first");
    // an answer in between: it is counted anew
    let (answered, ..) = run(all(vec![said(SaidKind::ResponsePublished, "item-2", 400)]));
    assert_eq!(answered, [], "the third is the first since the answer");
    // what nobody takes is called by the path of the graver row, ten minutes after
    let mut late = all(vec![]);
    late.push(passed(1_300));
    let (_, told, _) = run(late);
    assert_eq!(told, [(610, CALLED, String::new()), (1_210, CALLED, "duty-manager".to_owned())]);
    // a fourth tells nothing new
    let mut more = all(vec![]);
    more.extend([arrives(post(4, 900)), passed(1_000)]);
    assert_eq!(run(more).0.len(), 1);
    // and without feedback nobody could have answered
    let unheard = all(vec![]).into_iter().map(|signal| if signal == stated(true) { stated(false) } else { signal });
    assert_eq!(run(unheard.collect()).0, []);
}

#[test]
fn a_thread_that_grows_raises_the_case_of_who_began_it() {
    let pack = pack();
    let post = CaseItem { starts: Some(7), ..item(1, 3) };
    let grows = |thread: u64, posts: u64, second| Signal::Threads { log: bucket(second), posts: vec![(thread, posts)] };
    for (posts, expected) in [(vec![(7, 49)], 0), (vec![(7, 25), (7, 25)], 1), (vec![(8, 500)], 0), (vec![(7, 500)], 1)]
    {
        let mut signals = vec![stated(false), arrives(post.clone())];
        signals.extend(posts.iter().map(|(thread, posts)| grows(*thread, *posts, 60)));
        signals.push(passed(120));
        let mut state = WatchState::new(UndoLimits::default());
        let verdicts: Vec<Verdict> = signals.into_iter().flat_map(|signal| watch(signal, &mut state, &pack)).collect();
        let raised = raises(&verdicts);
        assert_eq!(raised.len(), expected, "{posts:?}: {raised:?}");
        assert!(raised.iter().all(|(_, severity, team, _)| (*severity, &**team) == (Severity::S2, "finance")));
        // what is kept is kept over a restart, and an abort leaves no trace
        state.landed();
        let before = state_hash(&state).expect("has a binary form");
        watch(grows(7, 5, 130), &mut state, &pack);
        watch(passed(200), &mut state, &pack);
        assert!(state.undo());
        assert_eq!(state_hash(&state).expect("has a binary form"), before);
        let pages = state.pages().clone();
        let queries = state.queries().clone();
        let restored = WatchState::restored(
            state.head(),
            queries,
            state.pending().clone(),
            pages,
            BTreeMap::new(),
            UndoLimits::default(),
        );
        assert_eq!(state_hash(&restored).expect("has a binary form"), before);
        for mut state in [state, restored] {
            let more = watch(grows(7, 100, 130), &mut state, &pack);
            assert_eq!(more, []);
            let told = raises(&watch(passed(200), &mut state, &pack));
            assert_eq!(told.len(), usize::from(expected == 0), "once");
        }
    }
}

#[test]
fn whoever_stands_in_is_asked_once_when_a_word_does_not_come_in_time() {
    let pack = pack();
    let approver = Approver { who: "finance-lead".into(), deputy: Some("operations-lead".into()), seconds: 1_800 };
    let post = CaseItem { approvers: vec![approver], ..item(1, 3) };
    let asks = |second| Signal::Feedback {
        log: bucket(second),
        said: vec![Said { value: String::new(), ..word(SaidKind::ApprovalRequested, "item-1", second) }],
    };
    let given = |second| Signal::Feedback {
        log: bucket(second),
        said: vec![Said { by: "finance-lead".into(), ..word(SaidKind::Approved, "item-1", second) }],
    };
    let claimed = || said(SaidKind::Claimed, "item-1", 20);
    let deputy = || vec![(2_400, CALLED, "operations-lead".to_owned())];
    let cases = [
        ("nobody asks", vec![claimed()], vec![]),
        ("no word", vec![claimed(), asks(600)], deputy()),
        ("in time", vec![claimed(), asks(600), given(700)], vec![]),
        ("too late", vec![claimed(), asks(600), given(2_500)], deputy()),
    ];
    for (name, words, expected) in cases {
        let mut signals = vec![stated(true), arrives(post.clone())];
        signals.extend(words);
        let mut ticks = signals.clone();
        signals.push(passed(9 * HOUR));
        assert_eq!(told(&mut WatchState::default(), signals, &pack), expected, "{name}");
        if name != "too late" {
            ticks.extend([passed(10)]);
            ticks.extend((1..=54).map(|tenth| Signal::Tick(at(tenth * 600))));
            assert_eq!(told(&mut WatchState::default(), ticks, &pack), expected, "{name}, by ticks");
        }
    }
}
