//! The compiled rules: what triage and watch ask of them.

use super::alerts::{self, AlertRule, AlertRules, DetectSettings};
use super::{
    Accounts, Case, Check, Condition, Contact, Group, Intents, KnownAccounts, Lists, Matrix, OverlayEntry, PackSource,
    QueryRule, Replies, Reply, Row, Silenceable, Team,
};
use crate::alert::{AlertKind, Suppressed};
use crate::mention::{Author, Mention, Platform, Timestamp};
use crate::query::QuerySet;
use crate::score::Additions;
use crate::text::brands::Brands;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A validated rule pack. Immutable, cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Pack {
    /// First 16 hex digits of the SHA-256 over everything it was read from.
    pub digest: String,
    /// What it was read from.
    pub source: PackSource,
    /// Every query, those of the command line last; a query's place is its number in `set`.
    pub queries: Vec<QueryRule>,
    /// The same, compiled.
    pub set: QuerySet,
    /// Numbers of queries by id.
    pub(super) numbers: HashMap<String, u32>,
    /// By id.
    pub teams: BTreeMap<String, Team>,
    /// By id.
    pub contacts: BTreeMap<String, Contact>,
    /// Who owns what; has an unconditional catch-all and an unconditional row for every intent.
    pub matrix: Matrix,
    /// Thresholds, severities, triggers, noise.
    pub intents: Intents,
    /// Settings of detection and ownership of alerts.
    pub alerts: AlertRules,
    /// Approved wording.
    pub replies: Replies,
    /// What conditions ask for by list.
    pub lists: Lists,
    /// Own accounts.
    pub accounts: Accounts,
    /// What is known of other people's accounts; nothing where it was read from sources that are kept without them.
    pub known: KnownAccounts,
    /// Brands and products, found in texts also where they are misspelt.
    pub brands: Brands,
    /// The pack's own tests.
    pub cases: Vec<Case>,
    /// Those of its tests that need no post.
    pub checks: Vec<Check>,
    /// What it adds to the model; nothing where it was read from sources that are kept without weights.
    pub additions: Additions,
    /// What is changed of it for a time, in the order of lines.
    pub overlay: Vec<OverlayEntry>,
}

impl Pack {
    /// True when the author, by id or handle, is an own account on that platform.
    #[must_use]
    pub fn is_own(&self, platform: Platform, author: &Author) -> bool {
        self.accounts.is_own_author(platform, author)
    }

    /// Notes on the author which own account it passes itself off as.
    pub fn note_impersonation(&self, mention: &mut Mention) {
        let platform = mention.platform;
        if let Some(author) = &mut mention.author {
            author.impersonates = self.accounts.impersonated(platform, author);
        }
    }

    /// True for what is addressed to an own account: it always matches.
    #[must_use]
    pub fn is_addressed(&self, mention: &Mention) -> bool {
        self.accounts.is_addressed(mention)
    }

    /// Suffixes of the routed topics: one per team, sorted.
    #[must_use]
    pub fn topics(&self) -> BTreeSet<String> {
        self.teams.values().map(|team| team.topic.clone()).collect()
    }

    /// Suffix of a team's routed topic; the team's id where the pack does not know it.
    #[must_use]
    pub fn topic<'a>(&'a self, team: &'a str) -> &'a str {
        self.teams.get(team).map_or(team, |t| t.topic.as_str())
    }

    /// The query of that number in the set.
    #[must_use]
    pub fn query(&self, number: u32) -> Option<&QueryRule> {
        self.queries.get(usize::try_from(number).ok()?)
    }

    /// True for a query that brings in what it matches: all but marks.
    #[must_use]
    pub fn brings(&self, number: u32) -> bool {
        self.query(number).is_some_and(|query| !query.mark)
    }

    /// The query of that id.
    #[must_use]
    pub fn query_of(&self, id: &str) -> Option<&QueryRule> {
        self.query(*self.numbers.get(id)?)
    }

    /// The first row of an intent whose condition holds.
    #[must_use]
    pub fn row(&self, intent: &str, holds: impl Fn(&Condition) -> bool) -> Option<&Row> {
        self.matrix.rows.iter().find(|row| row.intent == intent && holds(&row.when))
    }

    /// The approved wording of that id.
    #[must_use]
    pub fn reply(&self, id: &str) -> Option<&Reply> {
        self.replies.list.iter().find(|reply| reply.id == id)
    }

    /// The name of a team or contact for people; the id where the pack does not know it.
    #[must_use]
    pub fn name_of<'a>(&'a self, party: &'a str) -> &'a str {
        let team = self.teams.get(party).map(|team| team.name.as_str());
        team.or_else(|| self.contacts.get(party).map(|contact| contact.name.as_str())).unwrap_or(party)
    }

    /// What is to happen with an alert of this kind about this query.
    ///
    /// The owner is, strongest first: an override for the query, the query's team, the kind's team, the team of
    /// `alerts/`, the catch-all's team. A silent source is the kind's affair, whatever the query.
    #[must_use]
    pub fn alert_rule(&self, kind: AlertKind, query: &str) -> AlertRule {
        let layers: Vec<_> = self.alerts.layers(kind, query).collect();
        let severity = layers.iter().rev().find_map(|l| l.severity).unwrap_or_else(|| alerts::usual_severity(kind));
        let acknowledge = layers.iter().rev().find_map(|l| l.acknowledge_seconds);
        let acknowledge = acknowledge.or_else(|| alerts::usual_acknowledge(severity));
        let path = layers.iter().rev().find(|l| !l.path.is_empty()).map(|l| l.path.clone()).unwrap_or_default();
        let said = layers.iter().rev().find_map(|l| l.next_step.clone());
        let reply = layers.iter().rev().find_map(|l| l.reply.as_deref()).and_then(|id| self.reply(id));
        AlertRule {
            enabled: layers.iter().rev().find_map(|l| l.enabled).unwrap_or(true),
            team: self.alert_team(kind, query),
            severity,
            ack_minutes: acknowledge.map(|seconds| seconds.div_euclid(60).max(1)),
            next_step: said.or_else(|| self.usual_next_step(&path)),
            path,
            reply: reply.cloned(),
            detect: self.alerts.detect_for(Some(kind), query),
        }
    }

    /// What may be said about an alert at that time: its wording while it is valid, with the pack's variables.
    #[must_use]
    pub fn alert_reply(&self, rule: &AlertRule, at: Timestamp) -> Option<String> {
        let reply = rule.reply.as_ref().filter(|reply| reply.is_valid(at))?;
        self.replies.filled(&reply.text, &|_| None)
    }

    /// What it takes to open an alert of this query at that time, while its kind is not known yet.
    #[must_use]
    pub fn detection(&self, query: &str, at: Timestamp) -> DetectSettings {
        self.overlaid_detection(self.alerts.detect_for(None, query), None, query, at)
    }

    /// What it takes for an alert of this kind on this query to open at that time: that of [`Self::alert_rule`], but for
    /// the overlay.
    #[must_use]
    pub fn detection_of(&self, kind: AlertKind, query: &str, at: Timestamp) -> DetectSettings {
        self.overlaid_detection(self.alerts.detect_for(Some(kind), query), Some(kind), query, at)
    }

    /// What keeps an alert from being told at that time: the first silence or maintenance window that does.
    #[must_use]
    pub fn silenced(&self, alert: Silenceable<'_>, at: Timestamp) -> Option<Suppressed> {
        self.alerts.silences.iter().find_map(|silence| silence.keeps(alert, at, &self.teams))
    }

    /// The group that holds a query, if one does.
    #[must_use]
    pub fn group_of(&self, query: &str) -> Option<&Group> {
        self.alerts.groups.iter().find(|group| group.queries.iter().any(|one| one == query))
    }

    /// By what the counts of a query are placed: what is one group is counted in one place.
    #[must_use]
    pub fn counted_by(&self, query: &str) -> String {
        self.group_of(query).map_or_else(|| format!("query:{query}"), |group| format!("group:{}", group.id))
    }

    fn alert_team(&self, kind: AlertKind, query: &str) -> String {
        let of_kind = self.alerts.kinds.get(&kind).and_then(|patch| patch.team.as_ref());
        let of_query = self.query_of(query).and_then(|q| q.team.as_ref());
        let of_query = of_query.filter(|_| kind != AlertKind::SilentSource);
        let overrides = self.alerts.overrides.iter().rev().filter(|o| o.query == query);
        let of_override = overrides.filter(|o| o.kind.is_none_or(|k| k == kind)).find_map(|o| o.patch.team.as_ref());
        let catch_all = || self.row(super::NO_INTENT, |when| *when == Condition::default()).map(|row| &row.team);
        let team = of_override.or(of_query).or(of_kind).or(self.alerts.team.as_ref()).or_else(catch_all);
        team.cloned().unwrap_or_default()
    }

    pub(super) fn usual_next_step(&self, path: &[String]) -> Option<String> {
        let names: Vec<&str> = path.iter().map(|party| self.name_of(party)).collect();
        let (first, rest) = names.split_first()?;
        Some(rest.iter().fold(format!("{first} is told"), |said, next| format!("{said}, then {next}")))
    }
}
