//! A crisis opens by severity and kind, with its approvals, and ends with its alert.

use super::*;

/// The shipped pack, in which a crisis opens from that severity on and for these kinds.
fn pack_with(from: &str, kinds: &str) -> Pack {
    let mut files = rules::shipped();
    for file in files.iter_mut().filter(|file| file.path.starts_with("alerts/")) {
        file.text = file
            .text
            .replace("  from: S1\n", &format!("  from: {from}\n"))
            .replace("kinds: [outage, viral, spike]\n", &format!("kinds: [{kinds}]\n"));
    }
    rules::load(&files, &[]).expect("the pack is clean")
}

#[test]
fn a_crisis_opens_by_severity_and_kind_and_ends_with_its_alert() {
    let posts = world(Burst::Outage);
    // from which severity, for which kinds; whether an outage of S2 is one
    for (from, kinds, is_one) in [
        ("S2", "outage, viral, spike", true),
        ("S3", "outage", true),
        ("S1", "outage, viral, spike", false),
        ("S2", "viral", false),
    ] {
        let pack = pack_with(from, kinds);
        let verdicts = run(&posts, &[50], &pack);
        let events: Vec<&AlertEvent> = verdicts
            .iter()
            .filter_map(|verdict| match verdict {
                Verdict::Alert(event) if event.kind == AlertKind::Outage => Some(&**event),
                Verdict::Alert(_)
                | Verdict::FollowUp(_)
                | Verdict::Case(_)
                | Verdict::Measured(_)
                | Verdict::Voice(_) => None,
            })
            .collect();
        let opened = events.first().expect("an outage opens");
        assert_eq!(opened.severity, Severity::S2);
        assert_eq!(opened.crisis.is_some(), is_one, "{from} {kinds}");
        if !is_one {
            continue;
        }
        let plan = pack.crisis_plan(opened.kind, opened.severity, opened.at).expect("the pack has a protocol");
        let crisis = opened.crisis.as_ref().expect("it is one");
        assert_eq!((crisis.opened, crisis.over, &crisis.team), (opened.at, false, &plan.team));
        let due: Vec<_> = plan.approvers.iter().map(|approver| approver.from(opened.at)).collect();
        assert_eq!((&crisis.approvals, &crisis.statement), (&due, &plan.statement));
        assert_eq!(opened.ack_by, Some(opened.at.plus_seconds(600)), "sooner than the thirty minutes of the kind");
        assert!(opened.explain.iter().any(|line| line.starts_with("a crisis is open")), "{:?}", opened.explain);
        for event in &events {
            let crisis = event.crisis.as_ref().expect("every event of it says so");
            assert_eq!((crisis.opened, crisis.over), (opened.at, event.state.ends()), "{:?}", event.state);
            assert_eq!(crisis.approvals.is_empty(), event.state.ends());
        }
        assert!(events.last().expect("one").state.ends());
    }
}
