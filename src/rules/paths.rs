//! Whether a path of escalation reaches somebody: at every hour of a week, on holidays too, and a person at its end.
//!
//! Reached is a team in its hours, a contact in its hours, and a contact without hours at any hour. A path that names
//! teams alone is nobody's phone at night; one that ends with a team ends with nobody who must answer.

use super::alerts::AlertPatch;
use super::hours::Opening;
use super::problem::{Finding, Problem};
use super::{Pack, Row};
use crate::mention::Timestamp;
use crate::query::lint::Severity as Lint;
use crate::route::Severity;

/// A Monday in January and one in July, 00:00 UTC: both sides of every daylight saving.
const WEEKS_BEGIN: [i64; 2] = [1_768_176_000, 1_783_900_800];
/// Zones differ by quarters of an hour.
const STEP_SECONDS: i64 = 900;
const STEPS: i64 = 7 * 86_400 / STEP_SECONDS;

/// What is wrong with the paths of a pack.
pub(super) fn findings(pack: &Pack) -> Vec<Finding> {
    let of_row = |row: &Row| path_findings(pack, &format!("row \"{}\"", row.id), &row.path, &row.path_place);
    let mut found: Vec<Finding> = pack.matrix.rows.iter().flat_map(of_row).collect();
    for (kind, patch) in &pack.alerts.kinds {
        let severe = pack.alert_rule(*kind, "").severity <= Severity::S2;
        found.extend(of_alert(pack, &format!("alerts of kind {}", kind.as_str()), patch, severe, &patch.path));
    }
    for over in &pack.alerts.overrides {
        let Some(kind) = over.kind else {
            found.extend(of_alert(
                pack,
                &format!("alerts of \"{}\"", over.query),
                &over.patch,
                false,
                &over.patch.path,
            ));
            continue;
        };
        let rule = pack.alert_rule(kind, &over.query);
        let what = format!("{} alerts of \"{}\"", kind.as_str(), over.query);
        found.extend(of_alert(pack, &what, &over.patch, rule.severity <= Severity::S2, &rule.path));
    }
    found
}

/// `path` is what holds of these alerts, wherever it is written; it is judged where it stands, and missed where a
/// severe alert has none.
fn of_alert(pack: &Pack, what: &str, patch: &AlertPatch, severe: bool, path: &[String]) -> Vec<Finding> {
    let Some(place) = &patch.place else { return Vec::new() };
    if severe && path.is_empty() {
        let message = format!("{what} may be S1 or S2 and have no path: nobody is next");
        return vec![finding("unreached-path", place, message, "write path: [a team, a contact]".to_owned())];
    }
    if patch.path.is_empty() { Vec::new() } else { path_findings(pack, what, &patch.path, place) }
}

pub(super) fn path_findings(pack: &Pack, what: &str, path: &[String], place: &Problem) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(last) = path.last().filter(|last| pack.teams.contains_key(*last)) {
        let message = format!("the path of {what} ends without a person: \"{last}\" is a team");
        let who = pack.teams.get(last).and_then(|team| team.contacts.first());
        let fix = who.map_or_else(|| "a contact".to_owned(), |contact| format!("\"{contact}\""));
        found.push(finding("path-without-person", place, message, format!("add {fix} at its end")));
    }
    if let Some(hour) = unreached(pack, path) {
        let message = format!("the path of {what} reaches nobody {hour}");
        let fix = "add a contact without hours, such as a duty manager, at its end".to_owned();
        found.push(finding("unreached-path", place, message, fix));
    }
    found
}

fn finding(code: &'static str, place: &Problem, message: String, fix: String) -> Finding {
    let problem = Problem { message, suggestion: Some(fix), ..place.clone() };
    Finding { problem, code, severity: Lint::Error }
}

/// The first hour of a week, or the holidays, at which nobody of a path is reached.
fn unreached(pack: &Pack, path: &[String]) -> Option<String> {
    let is_always = |party: &String| pack.contacts.get(party).is_some_and(|contact| contact.hours.is_none());
    if path.iter().any(is_always) {
        return None;
    }
    for keeps_holidays in [false, true] {
        for week in WEEKS_BEGIN {
            let times = (0..STEPS).filter_map(|step| Timestamp::from_seconds(week + step * STEP_SECONDS));
            let reached = |at: Timestamp| path.iter().any(|party| is_reached(pack, party, at, keeps_holidays));
            if let Some(at) = { times }.find(|at| !reached(*at)) {
                let season = if week == WEEKS_BEGIN[0] { "in winter" } else { "in summer" };
                let hour = at.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).strftime("on %A at %H:%M UTC").to_string();
                let free = if keeps_holidays { " on holidays," } else { "" };
                return Some(format!("{free} {hour} {season}").trim_start().to_owned());
            }
        }
    }
    None
}

/// On a holiday, whoever keeps any is away all day.
fn is_reached(pack: &Pack, party: &str, at: Timestamp, keeps_holidays: bool) -> bool {
    let of_contact = pack.contacts.get(party).and_then(|contact| contact.hours.as_ref());
    let Some(hours) = of_contact.or_else(|| pack.teams.get(party).map(|team| &team.hours)) else {
        return pack.contacts.contains_key(party);
    };
    let is_away = keeps_holidays && !hours.holidays.is_empty();
    !is_away && hours.opening(at) != Opening::Closed
}

/// Contacts of a team that names others and not them.
pub(super) fn strangers(pack: &Pack) -> Vec<Finding> {
    let mut found = Vec::new();
    for contact in pack.contacts.values() {
        let Some(team) = contact.team.as_ref().and_then(|team| pack.teams.get(team)) else { continue };
        if !team.contacts.is_empty() && !team.contacts.contains(&contact.id) {
            let message = format!("contact \"{}\" is of team \"{}\", which does not name it", contact.id, team.id);
            let fix = format!("add it to the team's \"contacts\", or remove \"team: {}\"", team.id);
            let problem = Problem { message, suggestion: Some(fix), ..contact.place.clone() };
            found.push(Finding { problem, code: "stranger", severity: Lint::Warning });
        }
    }
    found
}
