//! JSON Schemas of a pack's files, for editors: which keys there are, of which type, with which words.
//!
//! One declared description; a test reads a pack made of every key of it, and holds its keys, types and required fields
//! against what the readers ask for. An editor knows nothing of what names refer to: that is for `check`.

use super::Section;
use super::Way;
use super::alerts::KINDS;
use super::condition::{SEVERITIES, SHARES, kinds, platforms};
use super::crisis::ROLES;
use super::hours::DAYS;
use super::intents::{NOISE_LABELS, TIERS};
use serde_json::{Map, Value, json};

/// Largest count that is asked for anywhere.
const COUNT_MAX: i64 = 1_000_000_000;

/// The schema of every kind of file, by the name of its section.
#[must_use]
pub fn pack_schemas() -> Vec<(&'static str, Value)> {
    let files = [
        ("queries", Section::Queries, "queries/*.yaml: what is listened for", queries()),
        ("intents", Section::Intents, "intents/*.yaml: what counts, how severe it is, and what raises it", intents()),
        ("alerts", Section::Alerts, "alerts/*.yaml: when counts become an alert, and what follows", alerts()),
        ("replies", Section::Replies, "replies/*.yaml: approved wording", replies()),
        ("teams", Section::Teams, "teams.yaml: who there is, and when they work", teams()),
        ("matrix", Section::Matrix, "matrix.yaml: intent and condition to owner, answer, path and clocks", matrix()),
        ("accounts", Section::Accounts, "accounts.yaml: own accounts", vec![("accounts", list(account()))]),
        ("brands", Section::Brands, "brands.yaml: brands and products", vec![("brands", list(brand()))]),
        ("lists", Section::Lists, "lists.yaml: names that conditions ask for", lists()),
        ("overlay", Section::Overlay, "overlay.yaml: what is different for at most 72 hours", overlay()),
    ];
    files.into_iter().map(|(name, section, about, fields)| (name, file(section, about, fields))).collect()
}

/// File name of the schema of a section.
#[must_use]
pub fn pack_schema_file(name: &str) -> String {
    format!("{name}.schema.json")
}

/// Name of the schema that a file of a pack keeps to; none for a file that is none of a pack's, or is learned.
#[must_use]
pub fn schema_of(path: &str) -> Option<&'static str> {
    let name = match Section::of(path)? {
        Section::Queries => "queries",
        Section::Intents => "intents",
        Section::Alerts => "alerts",
        Section::Replies => "replies",
        Section::Teams => "teams",
        Section::Matrix => "matrix",
        Section::Accounts => "accounts",
        Section::Brands => "brands",
        Section::Lists => "lists",
        Section::Overlay => "overlay",
        Section::Heads | Section::Layer | Section::Known => return None,
    };
    Some(name)
}

type Field = (&'static str, Value);

/// A file: its owner, its content and, where it may have some, its tests.
fn file(section: Section, about: &str, content: Vec<Field>) -> Value {
    debug_assert!(content.iter().all(|(key, _)| section.keys().contains(key)), "{about}");
    let mut fields = vec![("owner", name("who owns the file: a team or contact of teams.yaml"))];
    fields.extend(content);
    if section.keys().contains(&"tests") {
        fields.push(("tests", list(test())));
    }
    let mut schema = map("the file", &["owner"], fields);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["description"] = json!(about);
    schema
}

/// A mapping with these keys and no others; `what` is what messages call it.
fn map(what: &str, required: &[&str], fields: Vec<Field>) -> Value {
    let properties: Map<String, Value> = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    json!({
        "title": what, "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    })
}

fn text() -> Value {
    json!({"type": "string"})
}

fn name(about: &str) -> Value {
    json!({"type": "string", "description": about})
}

fn id() -> Value {
    json!({"type": "string", "pattern": "^[a-z0-9_-]{1,64}$", "description": "its name; unique in its kind"})
}

fn flag() -> Value {
    json!({"type": "boolean"})
}

fn share() -> Value {
    json!({"type": "number", "minimum": 0, "maximum": 1, "description": "a probability, 0 to 1"})
}

fn number(low: f64, high: f64) -> Value {
    json!({"type": "number", "minimum": low, "maximum": high})
}

fn whole(low: i64, high: i64) -> Value {
    json!({"type": "integer", "minimum": low, "maximum": high})
}

fn duration() -> Value {
    json!({
        "type": "string", "pattern": "^([0-9]+[smhd])+$", "examples": ["30m", "4h", "1h30m", "2d"],
        "description": "a number with a unit: s, m, h, d",
    })
}

fn word(pattern: &str, example: &str) -> Value {
    json!({"type": "string", "pattern": pattern, "examples": [example]})
}

fn date() -> Value {
    word("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "2026-04-03")
}

fn time() -> Value {
    word("^[0-9]{4}-[0-9]{2}-[0-9]{2}T", "2026-03-03T12:00:00Z")
}

fn moment() -> Value {
    word("^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]?", "2026-03-03 12:00")
}

fn clock_time() -> Value {
    word("^[0-9]{2}:[0-9]{2}$", "09:00")
}

fn language() -> Value {
    word("^[a-z]{2}$", "en")
}

fn market() -> Value {
    word("^([A-Z]{2}|unknown)$", "DE")
}

fn one_of<T>(choices: &[(&str, T)]) -> Value {
    json!({"type": "string", "enum": choices.iter().map(|(name, _)| *name).collect::<Vec<_>>()})
}

fn words(choices: &[&str]) -> Value {
    json!({"type": "string", "enum": choices})
}

fn severity() -> Value {
    one_of(&SEVERITIES)
}

fn list(of: Value) -> Value {
    let mut schema = json!({"type": "array"});
    schema["items"] = of;
    schema
}

fn names() -> Value {
    list(text())
}

/// Keys of one's own.
fn entries(of: Value) -> Value {
    let mut schema = json!({"type": "object"});
    schema["additionalProperties"] = of;
    schema
}

fn any(forms: Vec<Value>) -> Value {
    let mut schema = json!({});
    schema["anyOf"] = Value::Array(forms);
    schema
}

fn approvals() -> Value {
    let fields = vec![("who", text()), ("by", duration()), ("deputy", text())];
    list(any(vec![text(), map("an approval", &["who"], fields)]))
}

fn heads() -> Value {
    entries(any(vec![text(), entries(share())]))
}

fn condition() -> Value {
    let mut fields = vec![
        ("intents", names()),
        ("severity", list(severity())),
        ("platforms", list(one_of(&platforms()))),
        ("kinds", list(one_of(&kinds()))),
        ("channels", list(one_of(&Way::ALL))),
        ("markets", list(market())),
        ("languages", names()),
        ("tier", names()),
        ("queries", names()),
        ("without", names()),
        ("triggers", names()),
        ("reads", entries(share())),
        ("phrases", names()),
        ("heads", heads()),
        ("followers", whole(0, 1_000_000_000_000)),
    ];
    fields.extend(SHARES.map(|key| (key, share())));
    let flags = ["verified", "private", "impersonation", "visible", "competitor", "executive", "regulated"];
    fields.extend(flags.map(|key| (key, flag())));
    map("a condition", &[], fields)
}

fn queries() -> Vec<Field> {
    let query = map(
        "a query",
        &["id", "query"],
        vec![("id", id()), ("about", text()), ("query", text()), ("team", text()), ("watch", flag()), ("mark", flag())],
    );
    vec![("queries", list(query))]
}

fn intents() -> Vec<Field> {
    let intent = map(
        "an intent",
        &["id"],
        vec![("id", id()), ("about", text()), ("threshold", share()), ("severity", severity())],
    );
    let trigger = map(
        "a trigger",
        &["id"],
        vec![
            ("id", id()),
            ("about", text()),
            ("when", condition()),
            ("severity", severity()),
            ("tier", one_of(&TIERS)),
            ("intent", text()),
            ("also", names()),
            ("approvals", approvals()),
            ("path", names()),
        ],
    );
    let raise = map(
        "a rule that raises",
        &["id", "severity"],
        vec![
            ("id", id()),
            ("about", text()),
            ("intents", names()),
            ("contacts", whole(2, 16)),
            ("posts", whole(1, 1_000_000)),
            ("within", duration()),
            ("severity", severity()),
        ],
    );
    let unless = map(
        "unless",
        &[],
        vec![("any_intent", share()), ("threat", share()), ("human", flag()), ("part", flag()), ("queries", names())],
    );
    let mut noise: Vec<Field> = NOISE_LABELS.map(|label| (label, share())).to_vec();
    noise.push(("unless", unless));
    vec![
        ("intents", list(intent)),
        ("triggers", list(trigger)),
        ("raises", list(raise)),
        ("noise", map("noise", &[], noise)),
    ]
}

/// What is said of alerts of a kind, or of a query.
fn patch() -> Vec<Field> {
    vec![
        ("enabled", flag()),
        ("team", text()),
        ("severity", severity()),
        ("acknowledge", duration()),
        ("path", names()),
        ("next_step", text()),
        ("reply", text()),
        ("floor", whole(0, COUNT_MAX)),
        ("ratio", number(1.0, 1000.0)),
        ("excess", whole(0, COUNT_MAX)),
        ("people", whole(0, COUNT_MAX)),
    ]
}

fn roles() -> Value {
    map("the roles of a crisis", &[], ROLES.map(|role| (role, text())).to_vec())
}

fn days_and_hours() -> Vec<Field> {
    vec![("days", list(one_of(&DAYS))), ("from", clock_time()), ("to", clock_time())]
}

fn alerts() -> Vec<Field> {
    let detect = map(
        "detect",
        &[],
        vec![
            ("floor", whole(0, COUNT_MAX)),
            ("ratio", number(1.0, 1000.0)),
            ("excess", whole(0, COUNT_MAX)),
            ("people", whole(0, COUNT_MAX)),
            ("false_alerts_per_key_week", number(0.000_001, 1000.0)),
        ],
    );
    let kinds = KINDS.map(|(kind, _)| (kind, map("an alert kind", &[], patch()))).to_vec();
    let mut of_query = vec![("query", text()), ("kind", one_of(&KINDS))];
    of_query.extend(patch());
    let group = map("a group", &["id"], vec![("id", id()), ("parent", text()), ("queries", names())]);
    let silence = || {
        vec![
            ("id", id()),
            ("queries", names()),
            ("kinds", list(one_of(&KINDS))),
            ("team", text()),
            ("up_to", severity()),
            ("author", text()),
            ("reason", text()),
            ("clock", text()),
            ("from", moment()),
            ("until", moment()),
        ]
    };
    let mut maintenance = silence();
    maintenance.push(("every", map("a recurring window", &[], days_and_hours())));
    vec![
        ("team", text()),
        ("detect", detect),
        ("kinds", map("kinds", &[], kinds)),
        ("queries", list(map("alerts of a query", &["query"], of_query))),
        ("groups", list(group)),
        ("silences", list(map("a silence", &["id", "author", "reason", "until"], silence()))),
        ("maintenance", list(map("a maintenance window", &["id", "author", "reason"], maintenance))),
        ("crisis", crisis()),
    ]
}

fn crisis() -> Value {
    let fields = vec![
        ("from", severity()),
        ("kinds", list(one_of(&KINDS))),
        ("team", text()),
        ("roles", roles()),
        ("acknowledge", duration()),
        ("path", names()),
        ("approvals", approvals()),
        ("statement", text()),
    ];
    map("the crisis protocol", &["from", "team"], fields)
}

fn replies() -> Vec<Field> {
    let reply = map(
        "a reply",
        &["id", "intent", "text", "approved_by"],
        vec![
            ("id", id()),
            ("intent", text()),
            ("rows", names()),
            ("channel", words(&["public", "private", "any"])),
            ("language", language()),
            ("text", text()),
            ("approved_by", text()),
            ("approvals", approvals()),
            ("owner", text()),
            ("expires", date()),
        ],
    );
    vec![("variables", entries(text())), ("fallback", language()), ("replies", list(reply))]
}

fn teams() -> Vec<Field> {
    let hours = || {
        let hours = || map("hours", &[], days_and_hours());
        any(vec![hours(), list(hours())])
    };
    let receiver = map(
        "a receiver",
        &["kind", "url"],
        vec![
            ("kind", words(&["slack", "webhook"])),
            ("url", word("^(https?://|[$][{](env|file):)", "https://example.com")),
            ("secret", word("^[$][{](env|file):.*[}]$", "${env:SECRET}")),
        ],
    );
    let team = map(
        "a team",
        &["id", "name"],
        vec![
            ("id", id()),
            ("name", text()),
            ("topic", id()),
            ("time_zone", json!({"type": "string", "examples": ["Europe/Berlin"], "description": "an IANA name"})),
            ("hours", hours()),
            ("holidays", names()),
            ("contacts", names()),
            ("receivers", list(receiver.clone())),
        ],
    );
    let contact = map(
        "a contact",
        &["id", "name"],
        vec![
            ("id", id()),
            ("name", text()),
            ("team", text()),
            ("deputy", text()),
            ("time_zone", json!({"type": "string", "examples": ["Europe/Berlin"], "description": "an IANA name"})),
            ("hours", hours()),
            ("holidays", names()),
            ("receivers", list(receiver)),
        ],
    );
    let every = word("^[0-9]{2}-[0-9]{2}$", "12-25");
    let day = map("a holiday", &["name"], vec![("date", date()), ("every", every), ("name", text())]);
    let calendar = map("a calendar", &["id", "days"], vec![("id", id()), ("about", text()), ("days", list(day))]);
    vec![("teams", list(team)), ("contacts", list(contact)), ("calendars", list(calendar))]
}

fn matrix() -> Vec<Field> {
    let respond =
        || map("respond", &[], ["crisis", "urgent", "business", "outside"].map(|key| (key, duration())).to_vec());
    let defaults = map("defaults", &[], vec![("respond", respond()), ("resolve", duration()), ("approve", duration())]);
    let row = map(
        "a row",
        &["id"],
        vec![
            ("id", id()),
            ("like", name("another row, whose keys hold where this one says nothing")),
            ("about", text()),
            ("intent", text()),
            ("when", condition()),
            ("team", text()),
            ("public_response", text()),
            ("private_handoff", text()),
            ("ticket", text()),
            ("path", names()),
            ("tier", one_of(&TIERS)),
            ("approvals", approvals()),
            ("respond", respond()),
            ("resolve", duration()),
            ("crowd", flag()),
        ],
    );
    vec![("defaults", defaults), ("rows", list(row))]
}

fn account() -> Value {
    let fields = vec![
        ("platform", one_of(&platforms())),
        ("handle", text()),
        ("id", text()),
        ("name", text()),
        ("about", text()),
    ];
    map("an account", &["platform"], fields)
}

fn brand() -> Value {
    let fields = || vec![("name", text()), ("about", text()), ("also", names()), ("not", names())];
    let mut brand = fields();
    brand.push(("products", list(any(vec![text(), map("a product", &["name"], fields())]))));
    map("a brand", &["name"], brand)
}

fn lists() -> Vec<Field> {
    let author = map(
        "an author",
        &["platform", "handle"],
        vec![("platform", one_of(&platforms())), ("handle", text()), ("about", text())],
    );
    vec![
        ("competitors", names()),
        ("executives", names()),
        ("visible_authors", list(author)),
        ("regulated_markets", list(market())),
    ]
}

/// A test of a post, of an alert, of hours, or of what time raises.
fn test() -> Value {
    let plain = "a test without a post";
    let test = |fields: Vec<Field>| {
        let mut all = vec![("name", text())];
        let required: Vec<&str> = std::iter::once("name").chain(fields.iter().map(|(key, _)| *key)).collect();
        all.extend(fields.clone());
        map(plain, &required, all)
    };
    let alert = vec![("kind", one_of(&KINDS)), ("query", text()), ("severity", severity()), ("at", time())];
    let hours = vec![("of", text()), ("open", list(time())), ("closed", list(time()))];
    let raise = vec![
        ("intent", text()),
        ("severity", severity()),
        ("contacts", whole(0, COUNT_MAX)),
        ("posts", whole(0, COUNT_MAX)),
        ("within", duration()),
    ];
    any(vec![
        post_test(),
        test(vec![("alert", map("an alert", &["kind"], alert)), ("expect", expected_alert())]),
        test(vec![("hours", map("a test of hours", &["of"], hours))]),
        test(vec![
            ("raise", map("a rise", &["intent", "severity"], raise)),
            ("expect", map("what is expected of a rise", &[], vec![("severity", severity())])),
        ]),
    ])
}

fn expected_alert() -> Value {
    let crisis = vec![
        ("team", text()),
        ("roles", roles()),
        ("acknowledge", duration()),
        ("path", names()),
        ("approve", names()),
        ("statement", text()),
    ];
    let mut fields = patch();
    fields.extend([
        ("group", text()),
        ("false_alerts", number(0.000_001, 1000.0)),
        ("crisis", map("what is expected of a crisis", &[], crisis)),
    ]);
    map("what is expected of an alert", &[], fields)
}

fn post_test() -> Value {
    let mut noise: Vec<&str> = NOISE_LABELS.to_vec();
    noise.extend(["none", super::OWN_VOICE]);
    let account = vec![("tier", text()), ("market", market()), ("language", language())];
    let fields = vec![
        ("name", text()),
        ("text", text()),
        ("title", text()),
        ("platform", one_of(&platforms())),
        ("language", text()),
        ("country", text()),
        ("kind", one_of(&kinds())),
        ("followers", whole(0, 1_000_000_000_000)),
        ("verified", flag()),
        ("author", text()),
        ("account", map("a known account", &[], account)),
        ("visibility", words(&["public", "unlisted", "private", "direct"])),
        ("at", time()),
        ("given", given()),
        ("match", names()),
        ("no_match", names()),
        ("noise", words(&noise)),
        ("heads", heads()),
        ("route", expected_route()),
        ("id", text()),
        ("container", text()),
    ];
    map("a test", &["text"], fields)
}

fn overlay() -> Vec<Field> {
    let watch = map("a watch", &["query"], vec![("query", text()), ("team", text())]);
    let exclude = map("an exclusion", &["query", "term"], vec![("query", text()), ("term", text())]);
    let threshold = map(
        "a threshold",
        &["query"],
        vec![
            ("query", text()),
            ("kind", one_of(&KINDS)),
            ("floor", whole(0, COUNT_MAX)),
            ("ratio", number(1.0, 1000.0)),
            ("excess", whole(0, COUNT_MAX)),
            ("people", whole(0, COUNT_MAX)),
        ],
    );
    let silence = map(
        "a silence",
        &[],
        vec![("queries", names()), ("kinds", list(one_of(&KINDS))), ("team", text()), ("up_to", severity())],
    );
    let changes = [("watch", watch), ("exclude", exclude), ("threshold", threshold), ("silence", silence)];
    let entry = |change: Field| {
        let who = name("a team or contact of teams.yaml");
        let fields =
            vec![("id", id()), ("author", who), ("reason", text()), ("from", time()), ("until", time()), change];
        map("an overlay entry", &["id", "author", "reason", "from", "until"], fields)
    };
    vec![("entries", list(any(changes.into_iter().map(entry).collect())))]
}

fn given() -> Value {
    let mut fields =
        vec![("language", text()), ("intents", entries(share())), ("noise", entries(share())), ("heads", heads())];
    fields.extend(SHARES.map(|key| (key, share())));
    map("given scores", &[], fields)
}

fn expected_route() -> Value {
    let fields = vec![
        ("ticket", text()),
        ("intent", text()),
        ("team", text()),
        ("also", names()),
        ("severity", severity()),
        ("tier", one_of(&TIERS)),
        ("action", words(&["upsert", "pending", "none"])),
        ("public_response", text()),
        ("private_handoff", text()),
        ("path", names()),
        ("approvals", names()),
        ("approve", names()),
        ("respond_within", duration()),
        ("resolve_within", duration()),
        ("reply", text()),
        ("reply_says", text()),
        ("rules", names()),
    ];
    map("an expected route", &[], fields)
}

#[cfg(test)]
mod tests;
