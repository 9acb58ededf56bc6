//! Alerts that open in one bucket are gathered to incidents: one is told, what moves with it stands in its evidence.
//!
//! Everything it compares lies in one signals partition: the queries of a group are counted in one place. It goes by
//! gravity, time and name, so the order in which things were read leaves no trace.

use super::{Say, Step};
use crate::alert::{
    AlertKind, AlertState, Episode, MEMBERS_MAX, Moved, Slot, gravity, is_echo, lead_order, moved, moves_together,
};
use crate::detect::Bucket;
use crate::pipeline::WatchState;
use crate::rules::{Group, Pack};

/// An alert: of which query, and which of its alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) query: String,
    slot: Slot,
}

impl Part {
    pub(super) fn of<'a>(&self, state: &'a WatchState) -> Option<&'a Episode> {
        state.of_query(&self.query).and_then(|of_query| of_query.tracker.slot(self.slot))
    }

    fn say<'a>(&self, steps: &'a mut [Step]) -> Option<&'a mut Option<Say>> {
        let place = steps.binary_search_by(|step| step.query.cmp(&self.query)).ok()?;
        Some(match self.slot {
            Slot::Counts => &mut steps[place].volume,
            Slot::Mood => &mut steps[place].mood,
            Slot::Topic => &mut steps[place].topic,
        })
    }
}

/// Decides for every alert that has something to tell whether it is told itself or through the one that leads.
pub(super) fn gather(steps: &mut [Step], bucket: Bucket, state: &mut WatchState, pack: &Pack) {
    let (mut opening, followed) = speaking(steps, state);
    if opening.is_empty() && followed.is_empty() {
        return;
    }
    opening.sort_by(|a, b| order(a, state, pack).cmp(&order(b, state, pack)));
    for place in 0..opening.len() {
        let (part, later) = (&opening[place], &opening[place + 1..]);
        match leader(part, later, state, pack) {
            None => lead(part, bucket, steps, state),
            Some(leading) if takes_over(part, &leading, state) => take_over(part, &leading, steps, state, pack),
            Some(leading) => join(part, &leading, steps, state),
        }
    }
    for part in followed {
        follow(&part, steps, state, pack);
    }
}

/// Other series of its incident are open, so what leads it is not over.
pub(super) fn is_held(query: &str, state: &WatchState, pack: &Pack) -> bool {
    let own = state.of_query(query).and_then(|of_query| of_query.tracker.slot(Slot::Counts));
    let Some(episode) = own.filter(|episode| episode.is_open()) else { return false };
    let mut others = pack.group_of(query).into_iter().flat_map(|group| others(query, group));
    others
        .any(|other| other.slot == Slot::Counts && is_led(&other, query, episode, state).is_some_and(Episode::is_open))
}

/// What is told through an alert that leads: gravest and largest first.
pub(super) fn members(query: &str, leading: &Episode, state: &WatchState, pack: &Pack) -> Vec<Moved> {
    let own = Slot::ALL.into_iter().map(|slot| Part { query: query.to_owned(), slot });
    let others = pack.group_of(query).into_iter().flat_map(|group| others(query, group));
    let mut members: Vec<(Part, &Episode)> = own
        .chain(others)
        .filter_map(|part| is_led(&part, query, leading, state).map(|episode| (part, episode)))
        .collect();
    members.sort_by(|(a, one), (b, other)| {
        let rank = |episode: &Episode| (gravity(episode.kind), episode.told);
        rank(other).cmp(&rank(one)).then_with(|| (&a.query, a.slot).cmp(&(&b.query, b.slot)))
    });
    members.iter().take(MEMBERS_MAX).map(|(part, episode)| moved(&part.query, episode)).collect()
}

/// The episode, where it belongs to the incident that this one leads.
fn is_led<'a>(part: &Part, query: &str, leading: &Episode, state: &'a WatchState) -> Option<&'a Episode> {
    let led = |episode: &&Episode| {
        episode.led_by.as_deref() == Some(query)
            && episode.incident_id == leading.incident_id
            && leading.led_by.is_none()
    };
    part.of(state).filter(led)
}

/// The alerts of the other queries of a group.
pub(super) fn others<'a>(query: &'a str, group: &'a Group) -> impl Iterator<Item = Part> + 'a {
    let queries = group.queries.iter().filter(move |other| *other != query);
    queries.flat_map(|query| Slot::ALL.into_iter().map(|slot| Part { query: query.clone(), slot }))
}

/// Alerts that open in this bucket, and members of incidents of which something else is to be told.
fn speaking(steps: &[Step], state: &WatchState) -> (Vec<Part>, Vec<Part>) {
    let (mut opening, mut followed) = (Vec::new(), Vec::new());
    for step in steps {
        for slot in Slot::ALL {
            let say = step.say(slot);
            let Some(say) = say else { continue };
            let part = Part { query: step.query.clone(), slot };
            if say.state.opens() {
                opening.push(part);
            } else if part.of(state).is_some_and(|episode| episode.led_by.is_some()) {
                followed.push(part);
            }
        }
    }
    (opening, followed)
}

fn order<'a>(part: &'a Part, state: &WatchState, pack: &Pack) -> Option<impl Ord + use<'a>> {
    let is_parent = pack.group_of(&part.query).is_some_and(|group| group.parent.as_ref() == Some(&part.query));
    part.of(state).map(|episode| (lead_order(is_parent, episode, &part.query), part.slot))
}

/// The alert that leads the incident this one belongs to: of the same query first, then the one that opened first.
fn leader(part: &Part, later: &[Part], state: &WatchState, pack: &Pack) -> Option<Part> {
    let opening = part.of(state)?;
    let own = Slot::ALL.into_iter().map(|slot| Part { query: part.query.clone(), slot });
    let group = pack.group_of(&part.query);
    let others = group.into_iter().flat_map(|group| others(&part.query, group));
    let leads = |other: &Part| {
        let episode = other.of(state).filter(|episode| episode.is_open() && episode.led_by.is_none())?;
        let same_query = other.query == part.query;
        let latest = latest(other, episode, state, group);
        let is_one = other != part && !later.contains(other) && moves_together(opening, episode, latest, same_query);
        is_one.then_some((!same_query, episode.since))
    };
    let found = own.chain(others).filter_map(|other| leads(&other).map(|rank| (rank, other)));
    found
        .min_by(|(a, one), (b, other)| (a, &one.query, one.slot).cmp(&(b, &other.query, other.slot)))
        .map(|(_, part)| part)
}

/// When the last series of an incident began to move.
fn latest(part: &Part, leading: &Episode, state: &WatchState, group: Option<&Group>) -> Bucket {
    let members = group.into_iter().flat_map(|group| others(&part.query, group));
    let since = members.filter_map(|other| is_led(&other, &part.query, leading, state).map(|episode| episode.since));
    since.max().map_or(leading.since, |since| since.max(leading.since))
}

/// It is told itself. What was only ever told through another opens; a mood right after an incident is its echo.
fn lead(part: &Part, bucket: Bucket, steps: &mut [Step], state: &mut WatchState) {
    let tracker = &mut state.query(&part.query).tracker;
    let echo =
        tracker.volume.as_ref().filter(|of| part.slot == Slot::Mood && is_echo(AlertKind::SentimentShift, of, bucket));
    let echo = echo.map(|of| of.incident_id.clone());
    let Some(episode) = tracker.slot_mut(part.slot) else { return };
    if let Some(incident) = echo {
        episode.incident_id = incident;
    }
    let was_told = episode.led_by.take().is_none();
    if let Some(Some(say)) = part.say(steps)
        && !was_told
    {
        say.state = AlertState::Opened;
    }
}

/// What is graver takes over what leads, and its name with it: people know the alert by that.
fn takes_over(part: &Part, leading: &Part, state: &WatchState) -> bool {
    let (Some(opening), Some(leading)) = (part.of(state), leading.of(state)) else { return false };
    gravity(opening.kind) > gravity(leading.kind)
}

fn take_over(part: &Part, leading: &Part, steps: &mut [Step], state: &mut WatchState, pack: &Pack) {
    let (Some(new), Some(old)) = (part.of(state).cloned(), leading.of(state).cloned()) else { return };
    let is_reopened = |say: &mut Option<Say>| say.as_ref().is_some_and(|say| say.state == AlertState::Reopened);
    let was_told = new.led_by.is_none() && part.say(steps).is_some_and(is_reopened);
    repoint(part, leading, if was_told { &new.incident_id } else { &old.incident_id }, state, pack);
    if was_told {
        // both have a name of their own: the lesser ends, the other goes on
        let incident = new.incident_id.clone();
        set(leading, state, |episode| (episode.led_by, episode.incident_id) = (Some(part.query.clone()), incident));
        let why = vec![format!("goes on as {}, {} on {}", new.alert_id, new.kind.as_str(), part.query)];
        if let Some(say) = leading.say(steps) {
            *say = Some(Say { why, ..Say::new(AlertState::Resolved) });
        }
        return;
    }
    set(part, state, |episode| {
        (episode.alert_id, episode.incident_id) = (old.alert_id.clone(), old.incident_id.clone());
        (episode.led_by, episode.severity) = (None, new.severity.min(old.severity));
        // what people know of it goes with the name
        (episode.known, episode.untold, episode.crisis) = (old.known, old.untold.clone(), old.crisis);
    });
    set(leading, state, |episode| {
        (episode.alert_id, episode.led_by) = (new.alert_id.clone(), Some(part.query.clone()));
        (episode.known, episode.untold) = (false, None);
    });
    hand_over_kept(part, leading, &old.alert_id, state);
    if let Some(say) = leading.say(steps) {
        *say = None;
    }
    let why = vec![format!("began as {} on {}: the same event", old.kind.as_str(), leading.query)];
    if let Some(say) = part.say(steps) {
        *say = Some(Say { graver: new.severity < old.severity, why, ..Say::new(AlertState::Updated) });
    }
}

/// The other series of the incident are told through the new one.
fn repoint(part: &Part, leading: &Part, incident: &str, state: &mut WatchState, pack: &Pack) {
    let Some(old) = leading.of(state).cloned() else { return };
    let group = pack.group_of(&leading.query);
    let members: Vec<Part> = group.into_iter().flat_map(|group| others(&leading.query, group)).collect();
    for member in members {
        if member != *part && is_led(&member, &leading.query, &old, state).is_some() {
            set(&member, state, |episode| {
                (episode.led_by, episode.incident_id) = (Some(part.query.clone()), incident.to_owned());
            });
        }
    }
}

/// What was kept of the alert over the night goes with its name.
fn hand_over_kept(to: &Part, from: &Part, alert_id: &str, state: &mut WatchState) {
    if to.query == from.query {
        return;
    }
    let kept = std::mem::take(&mut state.query(&from.query).kept);
    let (with_it, stays): (Vec<_>, Vec<_>) = kept.into_iter().partition(|event| event.alert_id == alert_id);
    state.query(&from.query).kept = stays;
    state.query(&to.query).kept.extend(with_it);
}

/// It is told through the one that leads, which says so.
fn join(part: &Part, leading: &Part, steps: &mut [Step], state: &mut WatchState) {
    let (Some(joining), Some(chief)) = (part.of(state).cloned(), leading.of(state).cloned()) else { return };
    set(part, state, |episode| {
        (episode.led_by, episode.incident_id) = (Some(leading.query.clone()), chief.incident_id.clone());
    });
    if let Some(say) = part.say(steps) {
        *say = None;
    }
    let why = format!(
        "{} on {} moves with it: {} counted, {:.1} expected",
        joining.kind.as_str(),
        part.query,
        joining.told,
        joining.expected
    );
    tell_through(leading, &joining, why, steps, state);
}

/// Something happened to a member: its end is seen in the evidence, its growth may make the incident graver.
fn follow(part: &Part, steps: &mut [Step], state: &mut WatchState, pack: &Pack) {
    let Some(say) = part.say(steps).and_then(Option::take) else { return };
    let Some(member) = part.of(state).cloned() else { return };
    let Some(query) = member.led_by.clone() else { return };
    let slots = Slot::ALL.into_iter().map(|slot| Part { query: query.clone(), slot });
    let leads = |leading: &Part| {
        leading
            .of(state)
            .is_some_and(|chief| chief.is_open() && chief.led_by.is_none() && chief.incident_id == member.incident_id)
    };
    let Some(leading) = slots.into_iter().find(leads) else { return };
    if say.state != AlertState::Updated {
        return;
    }
    if takes_over(part, &leading, state) {
        return take_over(part, &leading, steps, state, pack);
    }
    let (kind, query) = (member.kind.as_str(), &part.query);
    let why = format!("{kind} on {query} has grown: {} counted, {:.1} expected", member.told, member.expected);
    tell_through(&leading, &member, why, steps, state);
}

/// The one that leads tells of a member, and is as severe as that at least.
fn tell_through(leading: &Part, member: &Episode, why: String, steps: &mut [Step], state: &mut WatchState) {
    let graver = leading.of(state).is_some_and(|chief| member.severity < chief.severity);
    set(leading, state, |chief| chief.severity = chief.severity.min(member.severity));
    let Some(say) = leading.say(steps) else { return };
    let say = say.get_or_insert_with(|| Say::new(AlertState::Updated));
    say.graver |= graver && say.state == AlertState::Updated;
    say.why.push(why);
}

fn set(part: &Part, state: &mut WatchState, change: impl FnOnce(&mut Episode)) {
    if let Some(episode) = state.query(&part.query).tracker.slot_mut(part.slot) {
        change(episode);
    }
}
