//! Tests of a pack that need no post: what the pack says of an alert of a kind and query, and when somebody works.

use super::alerts::KINDS;
use super::condition::SEVERITIES;
use super::crisis::ROLES;
use super::fields::Fields;
use super::sheet::{Ctx, Kind};
use super::verdict::Found;
use super::yaml::Node;
use super::{Crisis, Difference, Hours, Pack};
use crate::alert::AlertKind;
use crate::mention::Timestamp;
use crate::route::{Raise, Severity, Sign};

/// A test that needs no post.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The file it stands in.
    pub path: String,
    /// Its line.
    pub line: u32,
    /// What it shows.
    pub name: String,
    /// What is asked.
    pub about: Asked,
}

/// What a [`Check`] asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// What holds of alerts of this kind about this query.
    Alert(Box<AlertAsked>),
    /// When somebody works.
    Hours(HoursAsked),
    /// How severe an issue is in time.
    Raise(RaiseAsked),
}

/// An alert, and what must hold of it; what is absent is not asked.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertAsked {
    /// Its kind.
    pub kind: AlertKind,
    /// Its query; none for what holds of every query that nothing else is said of.
    pub query: Option<String>,
    at: Timestamp,
    enabled: Option<bool>,
    team: Option<String>,
    severity: Option<Severity>,
    /// Seconds.
    acknowledge: Option<i64>,
    path: Option<Vec<String>>,
    next_step: Option<String>,
    /// Id of the wording, or `none`.
    pub(super) reply: Option<String>,
    group: Option<String>,
    floor: Option<u32>,
    ratio: Option<f64>,
    excess: Option<u32>,
    people: Option<u32>,
    false_alerts: Option<f64>,
    /// At which severity it is asked, where not at that of the rule.
    at_severity: Option<Severity>,
    /// The crisis that it opens.
    pub(super) crisis: Option<CrisisAsked>,
}

/// What must hold of the crisis that an alert opens.
#[derive(Debug, Clone, PartialEq)]
pub struct CrisisAsked {
    /// A team, or `none`.
    team: Option<String>,
    roles: Vec<(String, String)>,
    acknowledge: Option<i64>,
    path: Option<Vec<String>>,
    approve: Option<Vec<String>>,
    statement: Option<String>,
}

impl CrisisAsked {
    /// A crisis is expected, and what it says.
    pub(super) fn is_of_one(&self) -> bool {
        self.team.as_ref().is_some_and(|team| team != "none")
    }
}

/// A team or contact, with times at which it works, and at which it does not.
#[derive(Debug, Clone, PartialEq)]
pub struct HoursAsked {
    of: String,
    open: Vec<Timestamp>,
    closed: Vec<Timestamp>,
}

/// An issue, and how severe it is with so many contacts, or posts in its threads.
#[derive(Debug, Clone, PartialEq)]
pub struct RaiseAsked {
    intent: String,
    from: Severity,
    sign: Sign,
    count: u64,
    within_seconds: i64,
    severity: Option<Severity>,
}

/// Reads a test that is about an alert, about hours, or about time.
pub(super) fn read(ctx: Ctx<'_>, node: &Node) -> Option<Check> {
    let fields = Fields::open(ctx, node, "a test without a post", &["name", "alert", "hours", "raise", "expect"])?;
    let name = fields.text("name").unwrap_or_default();
    let about = if fields.node("alert").is_some() {
        Asked::Alert(Box::new(read_alert(&fields)?))
    } else if fields.node("raise").is_some() {
        Asked::Raise(read_raise(&fields)?)
    } else {
        Asked::Hours(read_hours(&fields)?)
    };
    Some(Check { path: ctx.file.path.clone(), line: fields.at.line, name, about })
}

const EXPECT_KEYS: [&str; 14] = [
    "enabled",
    "team",
    "severity",
    "acknowledge",
    "path",
    "next_step",
    "reply",
    "group",
    "floor",
    "ratio",
    "excess",
    "people",
    "false_alerts",
    "crisis",
];

fn read_alert(fields: &Fields<'_>) -> Option<AlertAsked> {
    let alert = fields.map("alert", "an alert", &["kind", "query", "severity", "at"])?;
    alert.word("kind")?;
    let kind = alert.choice("kind", &KINDS)?;
    let query = alert.reference_if("query", Kind::Query);
    let at = super::cases::read_at(&alert);
    let Some(expect) = fields.map("expect", "what is expected of an alert", &EXPECT_KEYS) else {
        fields.ctx.problem(fields.at, "a test expects nothing", "add \"expect: {team: …}\"".to_owned());
        return None;
    };
    Some(AlertAsked {
        kind,
        query,
        at,
        enabled: expect.flag("enabled"),
        team: expect.reference_if("team", Kind::Team),
        severity: expect.choice("severity", &SEVERITIES),
        acknowledge: expect.duration("acknowledge"),
        path: expect.node("path").map(|_| expect.references("path", Kind::Party)),
        next_step: expect.text_if("next_step"),
        reply: read_named(&expect, "reply", Kind::Reply),
        group: read_named(&expect, "group", Kind::Group),
        floor: expect.small("floor"),
        ratio: expect.number("ratio", 1.0, 1000.0),
        excess: expect.small("excess"),
        people: expect.small("people"),
        false_alerts: expect.number("false_alerts", 0.000_001, 1000.0),
        at_severity: alert.choice("severity", &SEVERITIES),
        crisis: read_crisis(&expect),
    })
}

const CRISIS_KEYS: [&str; 6] = ["team", "roles", "acknowledge", "path", "approve", "statement"];

fn read_crisis(expect: &Fields<'_>) -> Option<CrisisAsked> {
    let fields = expect.map("crisis", "what is expected of a crisis", &CRISIS_KEYS)?;
    let role = |roles: &Fields<'_>, role: &str| Some((role.to_owned(), roles.reference_if(role, Kind::Party)?));
    let roles = fields.map("roles", "the roles of a crisis", &ROLES);
    Some(CrisisAsked {
        team: read_named(&fields, "team", Kind::Team),
        roles: roles.iter().flat_map(|roles| ROLES.iter().filter_map(|name| role(roles, name))).collect(),
        acknowledge: fields.duration("acknowledge"),
        path: fields.node("path").map(|_| fields.references("path", Kind::Party)),
        approve: fields.node("approve").map(|_| fields.texts("approve")),
        statement: read_named(&fields, "statement", Kind::Reply),
    })
}

/// A name defined elsewhere, or `none`.
fn read_named(expect: &Fields<'_>, key: &str, kind: Kind) -> Option<String> {
    let word = expect.word_if(key)?;
    if word.text != "none" {
        expect.ctx.refer(kind, word.text, word.at);
    }
    Some(word.text.to_owned())
}

fn read_hours(fields: &Fields<'_>) -> Option<HoursAsked> {
    let hours = fields.map("hours", "a test of hours", &["of", "open", "closed"])?;
    let of = hours.reference("of", Kind::Party);
    let times = |key| hours.words(key).iter().filter_map(|word| super::cases::read_time(&hours, word)).collect();
    let asked = HoursAsked { of: of?, open: times("open"), closed: times("closed") };
    if asked.open.is_empty() && asked.closed.is_empty() {
        fields.ctx.problem(hours.at, "a test expects nothing", "add \"open: […]\" or \"closed: […]\"".to_owned());
    }
    Some(asked)
}

const RAISE_KEYS: [&str; 5] = ["intent", "severity", "contacts", "posts", "within"];

fn read_raise(fields: &Fields<'_>) -> Option<RaiseAsked> {
    let raise = fields.map("raise", "a rise", &RAISE_KEYS)?;
    let intent = raise.reference("intent", Kind::Intent);
    raise.word("severity")?;
    let from = raise.choice("severity", &SEVERITIES);
    let within_seconds = raise.duration("within");
    let expect = fields.map("expect", "what is expected of a rise", &["severity"]);
    let severity = expect.and_then(|expect| expect.choice("severity", &SEVERITIES));
    if severity.is_none() {
        fields.ctx.problem(fields.at, "a test expects nothing", "add \"expect: {severity: S2}\"".to_owned());
    }
    let (sign, count) = match (raise.small("contacts"), raise.small("posts")) {
        (Some(contacts), None) => (Sign::Contacts, contacts),
        (None, Some(posts)) => (Sign::Thread, posts),
        _ => {
            let message = "a rise counts either \"contacts\" or \"posts\"";
            fields.ctx.problem(raise.at, message, "write \"contacts: 3\", or \"posts: 50\"".to_owned());
            return None;
        }
    };
    Some(RaiseAsked {
        intent: intent?,
        from: from?,
        sign,
        count: u64::from(count),
        within_seconds: within_seconds?,
        severity,
    })
}

impl Check {
    /// Everything that is not as the test says; empty when it passes.
    #[must_use]
    pub fn differences(&self, pack: &Pack) -> Vec<Difference> {
        let mut found = Found::default();
        match &self.about {
            Asked::Alert(asked) => asked.compare(pack, &mut found),
            Asked::Hours(asked) => asked.compare(pack, &mut found),
            Asked::Raise(asked) => {
                found.shown("severity", asked.severity.as_ref(), &asked.raised(pack).0);
            }
        }
        found.0
    }
}

impl AlertAsked {
    fn compare(&self, pack: &Pack, found: &mut Found) {
        let query = self.query.as_deref().unwrap_or_default();
        let rule = pack.alert_rule(self.kind, query);
        found.shown("enabled", self.enabled.as_ref(), &rule.enabled);
        found.same("team", self.team.as_ref(), &rule.team);
        found.shown("severity", self.severity.as_ref(), &rule.severity);
        let acknowledge = rule.ack_minutes.map_or(0, |minutes| minutes * 60);
        found.shown("acknowledge, seconds", self.acknowledge.as_ref(), &acknowledge);
        found.lists("path", self.path.as_ref(), &rule.path);
        found.same("next_step", self.next_step.as_ref(), rule.next_step.as_deref().unwrap_or_default());
        let reply = rule.reply.as_ref().filter(|reply| reply.is_valid(self.at));
        found.same("reply", self.reply.as_ref(), reply.map_or("none", |reply| reply.id.as_str()));
        found.same("group", self.group.as_ref(), pack.group_of(query).map_or("none", |group| group.id.as_str()));
        found.shown("floor", self.floor.as_ref(), &rule.detect.floor);
        found.shown("ratio", self.ratio.as_ref(), &rule.detect.ratio);
        found.shown("excess", self.excess.as_ref(), &rule.detect.excess);
        found.shown("people", self.people.as_ref(), &rule.detect.people);
        found.shown("false_alerts", self.false_alerts.as_ref(), &rule.detect.false_alerts_per_key_week);
        if let Some(asked) = &self.crisis {
            let crisis = pack.alerts.crisis.as_ref();
            let severity = self.at_severity.unwrap_or(rule.severity);
            asked.compare(pack, crisis.filter(|crisis| crisis.is_opened_by(self.kind, severity)), found);
        }
    }
}

impl CrisisAsked {
    fn compare(&self, pack: &Pack, crisis: Option<&Crisis>, found: &mut Found) {
        found.same("crisis team", self.team.as_ref(), crisis.map_or("none", |crisis| crisis.team.as_str()));
        let Some(crisis) = crisis else { return };
        for (role, who) in &self.roles {
            let has = crisis.roles.iter().find(|(name, _)| name == role).map_or("nobody", |(_, who)| who.as_str());
            found.compare("crisis roles", who, has);
        }
        let acknowledge = crisis.acknowledge_seconds.unwrap_or(0);
        found.shown("crisis acknowledge, seconds", self.acknowledge.as_ref(), &acknowledge);
        found.lists("crisis path", self.path.as_ref(), &crisis.path);
        let approve: Vec<String> = crisis.approvals.iter().map(|asked| pack.approver(asked).to_string()).collect();
        found.lists("crisis approve", self.approve.as_ref(), &approve);
        found.same("crisis statement", self.statement.as_ref(), crisis.statement.as_deref().unwrap_or("none"));
    }
}

impl RaiseAsked {
    /// How severe it is, and the rules that raise it.
    pub(super) fn raised<'p>(&self, pack: &'p Pack) -> (Severity, Vec<&'p Raise>) {
        pack.intents.raised(&self.intent, self.from, self.sign, self.count, self.within_seconds)
    }
}

impl HoursAsked {
    fn compare(&self, pack: &Pack, found: &mut Found) {
        let of_team = pack.teams.get(&self.of).map(|team| &team.hours);
        let hours: Option<&Hours> = of_team.or_else(|| pack.contacts.get(&self.of)?.hours.as_ref());
        let word = |open: bool| if open { "open" } else { "closed" };
        for (times, wanted) in [(&self.open, true), (&self.closed, false)] {
            for at in times {
                let is_open = hours.is_none_or(|hours| hours.is_open(*at));
                found.compare("hours", &format!("{} at {at}", word(wanted)), &format!("{} at {at}", word(is_open)));
            }
        }
    }
}
