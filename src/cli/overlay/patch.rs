//! An entry of the overlay as a change of the pack's files, for whoever wants it to stay.

use crate::alert::AlertKind;
use crate::rules::{AlertPatch, Change, OverlayEntry, Pack, place_of_query};

/// What to write where. Comments say it to people; what stands between them is YAML.
pub(super) fn of(pack: &Pack, entry: &OverlayEntry) -> String {
    let OverlayEntry { id, author, reason, until, .. } = entry;
    let edit = match &entry.change {
        Change::Watch { query, team } => watch(entry, query, team.as_deref()),
        Change::Exclude { query, term } => exclude(pack, query, term),
        Change::Threshold { query, kind, patch } => threshold(pack, query, *kind, patch),
        Change::Silence => silence(pack, entry),
    };
    let then = "check and test the pack";
    format!(
        "# overlay {id}, until {until}, by {author}: {reason}\n{edit}# then {then}, and: groundswell overlay remove {id}\n"
    )
}

fn watch(entry: &OverlayEntry, query: &str, team: Option<&str>) -> String {
    let (id, about) = (&entry.id, quoted(&entry.reason));
    let team = team.map(|team| format!("    team: {team}\n")).unwrap_or_default();
    format!(
        "# a new file queries/{id}.yaml, with a text that it matches and one that it does not\n\
         owner: {}\nqueries:\n  - id: {id}\n    about: {about}\n    query: {}\n{team}\
         tests:\n  - {{name: {id}, text: \"…\", match: [{id}]}}\n  - {{name: not {id}, text: \"…\", no_match: [{id}]}}\n",
        entry.author,
        quoted(query)
    )
}

fn exclude(pack: &Pack, query: &str, term: &str) -> String {
    let place = place_of_query(pack, query).map(|at| format!("{}:{}", at.path, at.line)).unwrap_or_default();
    let old = pack.query_of(query).map_or("", |query| query.text.as_str());
    let new = quoted(&format!("({old}) NOT ({term})"));
    format!(
        "# {place}, query {query}, instead of its \"query\", with a test that has no_match: [{query}]\n    query: {new}\n"
    )
}

/// The first file of alerts, or a new one.
fn alerts_file(pack: &Pack) -> &str {
    let mut paths = pack.source.files.iter().map(|file| file.path.as_str());
    paths.find(|path| path.starts_with("alerts/")).unwrap_or("alerts/alerts.yaml")
}

fn threshold(pack: &Pack, query: &str, kind: Option<AlertKind>, patch: &AlertPatch) -> String {
    let kind = kind.map(|kind| format!(", kind: {}", kind.as_str())).unwrap_or_default();
    let whole = [("floor", patch.floor), ("excess", patch.excess), ("people", patch.people)];
    let numbers = whole.into_iter().filter_map(|(name, number)| Some(format!(", {name}: {}", number?)));
    let ratio = patch.ratio.map(|ratio| format!(", ratio: {ratio}"));
    let numbers: String = numbers.chain(ratio).collect();
    let file = alerts_file(pack);
    format!("# {file}, under \"queries\", or in what stands there of {query}\n  - {{query: {query}{kind}{numbers}}}\n")
}

fn silence(pack: &Pack, entry: &OverlayEntry) -> String {
    let OverlayEntry { id, author, reason, from, until, .. } = entry;
    let found = pack.alerts.silences.iter().find(|silence| silence.id == entry.rule());
    let about = found.map(|silence| {
        let queries = format!("queries: [{}]", silence.queries.join(", "));
        let kinds: Vec<&str> = silence.kinds.iter().map(|kind| kind.as_str()).collect();
        let kinds = format!("kinds: [{}]", kinds.join(", "));
        let team = silence.team.iter().map(|team| format!("team: {team}"));
        let parts = [(silence.queries.is_empty(), queries), (silence.kinds.is_empty(), kinds)];
        let parts = parts.into_iter().filter(|(is_empty, _)| !is_empty).map(|(_, part)| part);
        let parts = parts.chain(team).chain([format!("up_to: {}", silence.up_to.as_str())]);
        parts.map(|part| format!("    {part}\n")).collect::<String>()
    });
    format!(
        "# {}, under \"silences\", with the end that is meant (at most 92 days)\n  - id: {id}\n{}    author: {author}\n    \
         reason: {}\n    from: \"{from}\"\n    until: \"{until}\"\n",
        alerts_file(pack),
        about.unwrap_or_default(),
        quoted(reason)
    )
}

/// Text in quotes: what JSON writes, YAML reads.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
