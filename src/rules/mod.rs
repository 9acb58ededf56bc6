//! Text → validated pack. Every problem with its file, line, the offending text and a suggestion, all at once.
//!
//! Reads no files: it is given their names and texts, and says what they mean or what is wrong with them. The YAML
//! becomes a tree with places ([`yaml`]), is read field by field ([`fields`]) into the model, and a clerk ([`sheet`])
//! collects faults, names defined and names used, so that one look at a broken pack tells everything.
//! A pack is immutable and active only when it has no problem at all.

mod accounts;
mod alerts;
mod approvals;
mod brands;
mod calendars;
mod cases;
mod checks;
mod condition;
mod coverage;
mod crisis;
mod editor;
mod fields;
mod groups;
mod hours;
mod impersonation;
mod intents;
mod known;
mod learned;
mod lists;
mod matrix;
mod outline;
mod overlay;
mod owners;
mod pack;
mod paths;
mod problem;
mod queries;
mod raises;
mod replies;
mod sheet;
mod shipped;
mod silences;
mod teams;
#[cfg(test)]
mod tests;
mod unfilled;
mod verdict;
mod yaml;

pub use accounts::{Accounts, handle};
pub use alerts::{AlertOverride, AlertPatch, AlertRule, AlertRules, DetectSettings};
pub use approvals::Approval;
pub use calendars::Holiday;
pub use cases::{Case, Expect, Given, OWN_VOICE};
pub use checks::{AlertAsked, Asked, Check, CrisisAsked, HoursAsked, RaiseAsked};
pub use condition::{Condition, Folded, Phrase, UNKNOWN_MARKET, Way, fold, market};
pub use coverage::{Covered, untested};
pub use crisis::Crisis;
pub use editor::{pack_schema_file, pack_schemas, schema_of};
pub use groups::Group;
pub use hours::{Hours, Opening, Span};
pub use intents::{Intent, Intents, NO_INTENT, NOISE_LABELS, NoiseRule, Trigger};
pub use known::{
    ACCOUNT_TIERS_MAX, KNOWN_ACCOUNTS_MAX, KNOWN_COLUMNS, KNOWN_HASH_BYTES, KNOWN_PREFIX, KnownAccounts, KnownHash,
    is_account_tier, is_country, is_language, of_other_keys,
};
pub use learned::HeadAsked;
pub use lists::Lists;
pub use matrix::{Clock, Matrix, Row};
pub use outline::is_outlined;
pub use overlay::{Change, OVERLAY_ENTRIES_MAX, OVERLAY_SECONDS_MAX, Overlaid, OverlayEntry};
pub use owners::unowned;
pub use pack::Pack;
pub use problem::{Finding, Problem};
pub use queries::QueryRule;
pub use replies::{Channel, MENTION_VARIABLES, Replies, Reply};
pub use shipped::shipped;
pub use silences::{Silence, Silenceable};
pub use teams::{Contact, Receiver, ReceiverKind, Team};
pub use unfilled::unfilled;
pub use verdict::{Difference, Observed};

use crate::mention::{Timestamp, hex};
use crate::query::QuerySet;
use crate::score::Additions;
use fields::Fields;
use problem::suggest;
use queries::Placed;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sheet::{Ctx, Kind, Sheet};
use yaml::{Node, Place, Value};

/// A file of a pack, by its path within the pack's folder, with `/` between parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Such as `queries/brand.yaml`.
    pub path: String,
    /// What it says; of a file that a command wrote its outline, see [`is_outlined`].
    pub text: String,
    /// The bytes of such a file. Not kept with the sources: the outline holds their hash.
    #[serde(skip)]
    pub bytes: Option<outline::Bytes>,
}

/// Everything a pack was read from: enough to read it again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackSource {
    /// Its files, sorted by path.
    pub files: Vec<SourceFile>,
    /// Queries given besides: name, query.
    pub extra: Vec<(String, String)>,
}

/// Reads a pack from its files and from queries given besides (name, query), which are watched as series of that name.
///
/// # Errors
/// Every problem of every file, in the order of files and lines.
pub fn load(files: &[SourceFile], extra: &[(String, String)]) -> Result<Pack, Vec<Problem>> {
    let mut files: Vec<&SourceFile> = files.iter().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let sheet = Sheet::default();
    let trees: Vec<(Ctx<'_>, Section, Node)> = files.iter().filter_map(|file| open(file, &sheet)).collect();
    let mut draft = Draft::default();
    for (ctx, section, node) in &trees {
        draft.read(*ctx, *section, node);
    }
    draft.add_extra(extra, &sheet);
    draft.check_whole(&trees, &sheet);
    draft.brands.check(&draft.queries, &sheet);
    let set = queries::compile(&draft.queries, &sheet);
    let problems = sheet.finish();
    match set {
        Some(set) if problems.is_empty() => {
            let digest = digest(&files, extra);
            let source = PackSource { files: files.into_iter().cloned().collect(), extra: extra.to_vec() };
            Ok(draft.into_pack(set, digest, source))
        }
        _ => Err(problems),
    }
}

/// What is odd about the queries, the brands and the paths of a pack and no problem, in the order of files and lines.
#[must_use]
pub fn lint(pack: &Pack) -> Vec<Finding> {
    let is_linted = |section| matches!(section, Section::Queries | Section::Brands | Section::Overlay);
    let mut findings = reread(pack, &Sheet::default(), is_linted, |draft| {
        let of_queries = draft.queries.iter().flat_map(Placed::findings);
        of_queries.chain(draft.brands.findings()).collect::<Vec<Finding>>()
    });
    findings.extend(paths::findings(pack));
    findings.extend(paths::strangers(pack));
    findings.extend(approvals::findings(pack));
    findings.extend(crisis::findings(pack));
    findings.sort();
    findings
}

/// Reads some sections of a pack once more, for what is known only while reading: the places of things.
fn reread<T>(pack: &Pack, sheet: &Sheet, wanted: impl Fn(Section) -> bool, seen: impl FnOnce(&Draft<'_>) -> T) -> T {
    let opened = pack.source.files.iter().filter_map(|file| open(file, sheet));
    let trees: Vec<(Ctx<'_>, Section, Node)> = opened.filter(|(_, section, _)| wanted(*section)).collect();
    let mut draft = Draft::default();
    for (ctx, section, node) in &trees {
        draft.read(*ctx, *section, node);
    }
    draft.add_extra(&pack.source.extra, sheet);
    seen(&draft)
}

/// Where the query of that id is defined.
#[must_use]
pub fn place_of_query(pack: &Pack, id: &str) -> Option<Problem> {
    let sheet = Sheet::default();
    reread(pack, &sheet, |section| section == Section::Queries, |_| ());
    sheet.place(Kind::Query, id)
}

/// Silences, maintenance windows, overlays and approved wordings of a pack that are past at `now`, wordings that soon are, and what
/// ends so late that it is never.
#[must_use]
pub fn overdue(pack: &Pack, now: Timestamp) -> Vec<Finding> {
    let mut found = silences::overdue(&pack.alerts.silences, &pack.teams, now);
    found.extend(replies::overdue(&pack.replies.list, now));
    found.extend(overlay::overdue(&pack.overlay, now));
    found
}

/// What a file of a pack is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Queries,
    Intents,
    Alerts,
    Replies,
    Teams,
    Matrix,
    Accounts,
    Known,
    Brands,
    Lists,
    Heads,
    Layer,
    Overlay,
}

impl Section {
    const NAMES: [(&'static str, Self); 13] = [
        ("queries/", Self::Queries),
        ("intents/", Self::Intents),
        ("alerts/", Self::Alerts),
        ("replies/", Self::Replies),
        ("teams.yaml", Self::Teams),
        ("matrix.yaml", Self::Matrix),
        ("accounts.yaml", Self::Accounts),
        (known::FOLDER, Self::Known),
        ("brands.yaml", Self::Brands),
        ("lists.yaml", Self::Lists),
        (learned::HEADS, Self::Heads),
        (learned::LAYER, Self::Layer),
        ("overlay.yaml", Self::Overlay),
    ];

    fn of(path: &str) -> Option<Self> {
        let same = |name: &str| if name.ends_with('/') { path.starts_with(name) } else { path == name };
        Self::NAMES.iter().find(|(name, _)| same(name)).map(|(_, section)| *section)
    }

    /// What such a file defines.
    fn defines(self) -> &'static [Kind] {
        match self {
            Self::Queries => &[Kind::Query],
            Self::Intents => &[Kind::Intent, Kind::Trigger, Kind::Raise],
            Self::Replies => &[Kind::Reply, Kind::Variable],
            Self::Teams => &[Kind::Team, Kind::Contact, Kind::Party, Kind::Calendar],
            Self::Matrix => &[Kind::Row],
            Self::Heads => &[Kind::Head, Kind::Label],
            Self::Alerts => &[Kind::Group, Kind::Silence],
            Self::Overlay => &[Kind::Overlay, Kind::Query],
            Self::Known => &[Kind::AccountTier],
            Self::Accounts | Self::Brands | Self::Lists | Self::Layer => &[],
        }
    }

    /// The keys at the top of such a file.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Queries => &["owner", "queries", "tests"],
            Self::Intents => &["owner", "intents", "triggers", "raises", "noise", "tests"],
            Self::Alerts => {
                &["owner", "team", "detect", "kinds", "queries", "groups", "silences", "maintenance", "crisis", "tests"]
            }
            Self::Replies => &["owner", "variables", "fallback", "replies", "tests"],
            Self::Teams => &["owner", "teams", "contacts", "calendars", "tests"],
            Self::Matrix => &["owner", "defaults", "rows", "tests"],
            Self::Accounts => &["owner", "accounts", "tests"],
            Self::Brands => &["owner", "brands", "tests"],
            Self::Lists => &["owner", "competitors", "executives", "visible_authors", "regulated_markets", "tests"],
            Self::Overlay => &["owner", "entries"],
            Self::Heads | Self::Layer | Self::Known => &[],
        }
    }

    /// Not YAML: an outline stands for it.
    fn is_outlined(self) -> bool {
        matches!(self, Self::Heads | Self::Layer | Self::Known)
    }
}

fn open<'a>(file: &'a SourceFile, sheet: &'a Sheet) -> Option<(Ctx<'a>, Section, Node)> {
    let ctx = Ctx { file, sheet };
    let Some(section) = Section::of(&file.path) else {
        let near = suggest(&file.path, Section::NAMES.iter().map(|(name, _)| *name));
        ctx.problem(Place::TOP, format!("no part of a pack: \"{}\"", file.path), near);
        return None;
    };
    if section.is_outlined() {
        return Some((ctx, section, Node { value: Value::Null, at: Place::TOP }));
    }
    match yaml::parse(&file.text) {
        Ok(node) => Some((ctx, section, node)),
        Err((place, message)) => {
            sheet.unsure_of(section.defines());
            let fix = "check quotes, brackets and the indentation (spaces, no tabs)".to_owned();
            let line = file.text.lines().nth(place.line.saturating_sub(1) as usize).unwrap_or_default();
            let start = line_start(&file.text, place.line);
            ctx.problem(Place { start, len: line.len(), ..place }, message, fix);
            None
        }
    }
}

fn line_start(text: &str, line: u32) -> usize {
    text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum()
}

/// The pack being read.
#[derive(Default)]
struct Draft<'a> {
    queries: Vec<Placed<'a>>,
    intents: Intents,
    alerts: AlertRules,
    replies: Replies,
    lists: Lists,
    teams: teams::Teams,
    matrix: Matrix,
    accounts: Accounts,
    known: KnownAccounts,
    brands: brands::Names,
    cases: Vec<Case>,
    checks: Vec<Check>,
    additions: Additions,
    overlay: Vec<OverlayEntry>,
}

impl<'a> Draft<'a> {
    fn read(&mut self, ctx: Ctx<'a>, section: Section, node: &'a Node) {
        match section {
            Section::Heads => return learned::read_head(ctx, &mut self.additions),
            Section::Layer => return learned::read_layer(ctx, &mut self.additions),
            Section::Known => return known::read(ctx, &mut self.known),
            _ => {}
        }
        if node.value == Value::Null {
            ctx.problem(Place::TOP, "the file is empty", "write its owner and content, or remove it".to_owned());
            return;
        }
        let Some(fields) = Fields::open(ctx, node, "the file", section.keys()) else { return };
        fields.reference("owner", Kind::Party);
        match section {
            Section::Queries => queries::read(&fields, &mut self.queries),
            Section::Intents => intents::read(&fields, &mut self.intents),
            Section::Alerts => alerts::read(&fields, &mut self.alerts),
            Section::Replies => replies::read(&fields, &mut self.replies),
            Section::Teams => self.teams = teams::read(&fields),
            Section::Matrix => self.matrix = matrix::read(&fields),
            Section::Accounts => self.accounts = accounts::read(&fields),
            Section::Brands => brands::read(&fields, &mut self.brands),
            Section::Lists => self.lists = lists::read(&fields),
            Section::Overlay => {
                overlay::read(&fields, &mut self.overlay, &mut self.queries, &mut self.alerts.silences);
            }
            Section::Heads | Section::Layer | Section::Known => {}
        }
        cases::read(&fields, &mut self.cases, &mut self.checks);
    }

    fn add_extra(&mut self, extra: &[(String, String)], sheet: &Sheet) {
        let team = self.alerts.team.clone().or_else(|| Some("comms".to_owned()));
        let team = team.filter(|team| self.teams.teams.contains_key(team));
        for (name, query) in extra {
            let file = SourceFile::new(format!("--query {name}"), query);
            Ctx { file: &file, sheet }.define(Kind::Query, name, Place { len: query.len(), ..Place::TOP });
            self.queries.push(queries::extra(name, query, team.clone()));
        }
    }

    /// What only the whole can tell: files that are missing, intents that no row takes, topics used twice.
    fn check_whole(&self, trees: &[(Ctx<'a>, Section, Node)], sheet: &Sheet) {
        for (section, path) in [(Section::Teams, "teams.yaml"), (Section::Matrix, "matrix.yaml")] {
            let read = trees.iter().any(|(_, s, _)| *s == section);
            if !read && !sheet.mentions(path) {
                let file = SourceFile::new(path, "");
                let message = format!("the pack lacks {path}");
                Ctx { file: &file, sheet }.problem(Place::TOP, message, "add the file".to_owned());
                sheet.unsure_of(section.defines());
            }
        }
        if self.queries.is_empty() && !sheet.mentions("queries/") {
            let file = SourceFile::new("queries/", "");
            let fix = "add queries/brand.yaml with \"owner\" and \"queries\"".to_owned();
            Ctx { file: &file, sheet }.problem(Place::TOP, "the pack listens for nothing", fix);
        }
        self.check_replies(sheet);
        if !trees.iter().any(|(_, s, _)| *s == Section::Matrix) {
            return;
        }
        for intent in self.intents.list.iter().filter(|i| i.id != NO_INTENT && !self.has_row(&i.id)) {
            sheet.blame(
                Kind::Intent,
                &intent.id,
                &format!("intent \"{}\" has no row of the matrix that takes all of it", intent.id),
                &format!("add \"- {{id: {0}, intent: {0}, team: …}}\" without a condition to matrix.yaml", intent.id),
            );
        }
    }

    /// An alert is about no mention in particular: its wording must need none.
    fn check_replies(&self, sheet: &Sheet) {
        let patches = self.alerts.kinds.values().chain(self.alerts.overrides.iter().map(|over| &over.patch));
        let statement = self.alerts.crisis.iter().filter_map(|crisis| crisis.statement.as_ref());
        let asked: Vec<&String> = patches.filter_map(|patch| patch.reply.as_ref()).chain(statement).collect();
        for reply in self.replies.list.iter().filter(|reply| asked.contains(&&reply.id)) {
            for name in MENTION_VARIABLES.iter().filter(|name| reply.text.contains(&format!("{{{name}}}"))) {
                let message = format!("reply \"{}\" is for an alert, which has no {{{name}}}", reply.id);
                sheet.blame(Kind::Reply, &reply.id, &message, &format!("take \"{{{name}}}\" out of it"));
            }
        }
    }

    fn has_row(&self, intent: &str) -> bool {
        self.matrix.rows.iter().any(|row| row.intent == intent && row.when == Condition::default())
    }

    /// The queries of the pack proper, where an overlay adds some: what is asked for a time must not change, before or
    /// after, which words are read as slips of a name.
    fn without_overlay(&self) -> Option<QuerySet> {
        if self.overlay.is_empty() {
            return None;
        }
        let is_proper = |rule: &&QueryRule| !self.overlay.iter().any(|entry| entry.defines(&rule.id));
        let rules = self.queries.iter().map(|query| &query.rule).filter(is_proper);
        let (names, texts): (Vec<&str>, Vec<&str>) = rules.map(|rule| (rule.id.as_str(), rule.text.as_str())).unzip();
        QuerySet::compile_named(&names, &texts).ok()
    }

    fn into_pack(mut self, set: QuerySet, digest: String, source: PackSource) -> Pack {
        self.accounts.add_products(self.brands.products());
        let proper = self.without_overlay();
        let brands = self.brands.compile(proper.as_ref().unwrap_or(&set).words());
        let queries: Vec<QueryRule> = self.queries.into_iter().map(|q| q.rule).collect();
        let numbers = queries.iter().map(|query| query.id.clone()).zip(0..).collect();
        Pack {
            digest,
            source,
            queries,
            set,
            numbers,
            teams: self.teams.teams,
            contacts: self.teams.contacts,
            matrix: self.matrix,
            intents: self.intents,
            alerts: self.alerts,
            replies: self.replies,
            lists: self.lists,
            accounts: self.accounts,
            known: self.known,
            brands,
            cases: self.cases,
            checks: self.checks,
            additions: self.additions,
            overlay: self.overlay,
        }
    }
}

/// First 16 hex digits of the SHA-256 over the sorted paths and texts and the extra queries, each with its length.
fn digest(files: &[&SourceFile], extra: &[(String, String)]) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    for file in files {
        part(&file.path);
        part(&file.text);
    }
    part("");
    for (name, query) in extra {
        part(name);
        part(query);
    }
    hex(&hash.finalize()[..8])
}
