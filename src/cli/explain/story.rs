//! What the topics hold about one id: the path of an item or alert, from its decision to the last word about it.

use crate::cli::stored::{Stored, Which};
use regex::bytes::Regex;
use serde_json::Value;
use std::collections::BTreeSet;

/// Records told at most: a case of years, an incident of a night.
const RECORDS_MAX: usize = 2_000;
/// Where a record names what it is about.
const PLACES: [&str; 8] = [
    "/item_id",
    "/mention/mention_id",
    "/alert_id",
    "/incident_id",
    "/case_id",
    "/route/case_id",
    "/route/incident_id",
    "/about",
];

/// What stands about an id.
#[derive(Debug, Default)]
pub struct Story {
    /// Topic without prefix, and record, in the order of reading.
    pub records: Vec<(String, Value)>,
    /// There were more.
    pub cut: bool,
}

impl Story {
    /// Reads the topics, twice where the id leads to others: a mention to its item, an item to its feedback.
    ///
    /// # Errors
    /// When the topics cannot be read.
    pub fn read(stored: &Stored, id: &str) -> anyhow::Result<Self> {
        let first = Self::about(stored, &BTreeSet::from([id.to_owned()]))?;
        let items = first.records.iter().filter_map(|(_, record)| Some(record.get("item_id")?.as_str()?.to_owned()));
        // whoever asks for a case or an incident asks for what belongs to it, not for all that is said of each item
        let is_of_mention =
            |(_, record): &(String, Value)| record.pointer("/mention/mention_id").is_some_and(|m| m == id);
        let ids: BTreeSet<String> =
            if first.records.iter().any(is_of_mention) { items.collect() } else { BTreeSet::new() };
        if ids.is_empty() { Ok(first) } else { Self::about(stored, &ids) }
    }

    fn about(stored: &Stored, ids: &BTreeSet<String>) -> anyhow::Result<Self> {
        let any = ids.iter().map(|id| regex::escape(id)).collect::<Vec<_>>().join("|");
        let names_one = Regex::new(&any)?;
        let mut story = Self::default();
        for which in [Which::Mentions, Which::Others] {
            stored.each(which, &mut |topic, value| {
                // most records are of something else: they are not taken apart
                if names_one.is_match(value) {
                    story.take(topic, value, ids);
                }
                Ok(())
            })?;
        }
        Ok(story)
    }

    fn take(&mut self, topic: &str, value: &[u8], ids: &BTreeSet<String>) {
        let Ok(record) = serde_json::from_slice::<Value>(value) else { return };
        let named = PLACES.iter().filter_map(|place| record.pointer(place)?.as_str());
        if !named.into_iter().any(|name| ids.contains(name)) {
            return;
        }
        // a team's copy of an alert says nothing new
        let is_copy = topic.contains("routed.") && record.get("alert_id").is_some();
        if self.records.len() == RECORDS_MAX {
            self.cut = true;
        } else if !is_copy {
            self.records.push((topic.to_owned(), record));
        }
    }

    /// For people, in order of time; what has none of its own (a follow-up) stands with its item.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut told: Vec<(String, String)> = Vec::new();
        for (_, record) in &self.records {
            let at = ["at", "created_at"].iter().find_map(|key| record.get(key)?.as_str());
            let at = at.or_else(|| record.pointer("/mention/created_at")?.as_str()).unwrap_or_default();
            told.push((at.to_owned(), words(record)));
        }
        // stable: follow-ups have no time, and are read after the item they name
        let mut last = String::new();
        for (at, _) in &mut told {
            if at.is_empty() {
                at.clone_from(&last);
            }
            last.clone_from(at);
        }
        told.sort_by(|a, b| a.0.cmp(&b.0));
        let mut text: String = told.into_iter().map(|(at, words)| format!("{at}  {words}")).collect();
        if self.cut {
            text.push_str(&format!("… and more: the first {RECORDS_MAX} records are told\n"));
        }
        text
    }
}

fn words(record: &Value) -> String {
    match record.get("type").and_then(Value::as_str).unwrap_or_default() {
        crate::wire::ITEM_TYPE => item(record),
        crate::wire::MENTION_TYPE => mention(record),
        crate::wire::FOLLOW_UP_TYPE => follow_up(record),
        crate::alert::ALERT_TYPE => alert(record),
        crate::case::FEEDBACK_TYPE => feedback(record),
        other => format!("{other}\n"),
    }
}

fn item(record: &Value) -> String {
    let at = |place: &str| text(record, place);
    let mut lines = vec![format!(
        "item {} (revision {}): {} to {}, {}, {}, ticket {}",
        at("/item_id"),
        at("/revision"),
        at("/route/intent"),
        at("/route/team"),
        at("/route/severity"),
        at("/route/tier"),
        at("/ticket/action")
    )];
    lines.push(format!("  clock: answer by {}, over by {}", at("/route/respond_by"), at("/route/resolve_by")));
    lines.push(format!("  path: {}; approvals: {}", list(record, "/route/path"), list(record, "/route/approvals")));
    lines.push(format!("  case {}{}", at("/route/case_id"), some("; incident ", &at("/route/incident_id"))));
    lines.push(scores(record));
    lines.extend(decision(record));
    lines.join("\n") + "\n"
}

fn mention(record: &Value) -> String {
    let at = |place: &str| text(record, place);
    let mut lines =
        vec![format!("mention {}: {}{}", at("/mention/mention_id"), at("/outcome"), some(": ", &at("/noise")))];
    // a routed one is explained with its item
    if record.get("outcome").is_some_and(|outcome| outcome == "noise") {
        lines.push(scores(record));
        lines.extend(decision(record));
    }
    lines.join("\n") + "\n"
}

fn scores(record: &Value) -> String {
    let intents = record.pointer("/scores/intents").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let intents = intents.iter().take(3).map(|one| format!("{} {}", text(one, "/id"), text(one, "/probability")));
    let at = |place: &str| text(record, place);
    format!(
        "  scores: {}; sentiment {} {}; urgency {}; noise {} {}; language {}",
        intents.collect::<Vec<_>>().join(", "),
        at("/scores/sentiment/label"),
        at("/scores/sentiment/score"),
        at("/scores/urgency/label"),
        at("/scores/noise/label"),
        at("/scores/noise/probability"),
        at("/scores/language/code")
    )
}

/// By which pack and model, by which rules and why.
fn decision(record: &Value) -> Vec<String> {
    let at = |place: &str| text(record, place);
    let mut lines = vec![format!(
        "  decided by pack {}, model {}{}",
        at("/decision/pack"),
        at("/decision/model"),
        some(", layer ", &at("/decision/layer"))
    )];
    let all = |place: &str| record.pointer(place).and_then(Value::as_array).cloned().unwrap_or_default();
    for (rule, reason) in all("/decision/rules").iter().zip(all("/decision/reasons")) {
        lines.push(format!("    {}: {}", plain(rule), plain(&reason)));
    }
    lines
}

fn follow_up(record: &Value) -> String {
    let at = |place: &str| text(record, place);
    format!(
        "follow-up (revision {}): {}{}{}: {}\n",
        at("/revision"),
        at("/action"),
        some(" to ", &at("/incident_id")),
        some(", ticket ", &at("/ticket/action")),
        list(record, "/reasons")
    )
}

fn alert(record: &Value) -> String {
    let at = |place: &str| text(record, place);
    let kept = some("; not told: by ", &at("/suppressed/by"));
    let mut lines = vec![format!(
        "alert {} of {} {}: {} {}, owned by {}{kept}",
        at("/alert_id"),
        at("/incident_id"),
        at("/state"),
        at("/severity"),
        at("/headline"),
        at("/team")
    )];
    lines.push(format!("  decided by pack {}{}", at("/pack"), some("; acknowledge by ", &at("/ack_by"))));
    let reasons = record.get("explain").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    lines.extend(reasons.iter().map(|reason| format!("    {}", plain(reason))));
    lines.join("\n") + "\n"
}

fn feedback(record: &Value) -> String {
    let at = |place: &str| text(record, place);
    format!("{}{}{}\n", at("/kind"), some(": ", &at("/value")), some(", by ", &at("/by")))
}

fn text(record: &Value, place: &str) -> String {
    record.pointer(place).map(plain).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn list(record: &Value, place: &str) -> String {
    let names = record.pointer(place).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if names.is_empty() { "nobody".to_owned() } else { names.iter().map(plain).collect::<Vec<_>>().join(", ") }
}

fn some(before: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{before}{text}") }
}
