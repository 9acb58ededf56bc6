//! What must hold for a trigger or a row: every part that is given, of one mention and its scores.
//!
//! Only reads and holds conditions; `route` evaluates them.

use super::cases::read_shares;
use super::fields::{Fields, Word};
use super::learned::{self, HeadAsked};
use super::sheet::{Ctx, Kind as Names};
use crate::mention::{Kind, Mention, Platform};
use crate::route::Severity;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// All given parts must hold; an empty list or `None` asks nothing. Probabilities are 0..1 and mean "at least".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Condition {
    /// The intent in question is one of these.
    pub intents: Vec<String>,
    /// The severity in question is one of these (rows only).
    pub severity: Vec<Severity>,
    /// Posted on one of these.
    pub platforms: Vec<Platform>,
    /// One of these kinds.
    pub kinds: Vec<Kind>,
    /// By one of these ways.
    pub channels: Vec<Way>,
    /// From one of these markets (ISO 3166-1 alpha-2, or `unknown`).
    pub markets: Vec<String>,
    /// In one of these languages (ISO 639-1), given or detected.
    pub languages: Vec<String>,
    /// The pack's accounts have the author in one of these tiers.
    pub tier: Vec<String>,
    /// One of these queries matched.
    pub queries: Vec<String>,
    /// None of these queries matched.
    pub without: Vec<String>,
    /// One of these triggers fired (rows only).
    pub triggers: Vec<String>,
    /// The model gives each of these intents at least this probability, whatever their thresholds.
    pub reads: BTreeMap<String, f64>,
    /// One of these stands in the text, as whole words.
    pub phrases: Vec<Phrase>,
    /// Probability of a threat of harm.
    pub threat: Option<f64>,
    /// Probability of abuse.
    pub abuse: Option<f64>,
    /// Probability of anger.
    pub anger: Option<f64>,
    /// Frustration.
    pub frustration: Option<f64>,
    /// Probability of a real incident.
    pub incident: Option<f64>,
    /// Probability of negative sentiment.
    pub negative: Option<f64>,
    /// Urgency is `now` with at least this probability.
    pub urgency_now: Option<f64>,
    /// Probability of danger to people.
    pub danger: Option<f64>,
    /// Probability that someone may hurt themselves.
    pub distress: Option<f64>,
    /// Probability of legal action.
    pub legal: Option<f64>,
    /// Probability that it is the press.
    pub press: Option<f64>,
    /// Heads of the pack's own answer so: all of them.
    pub heads: Vec<HeadAsked>,
    /// The author's followers, at least.
    pub followers: Option<i64>,
    /// The platform verified the author.
    pub verified: Option<bool>,
    /// Not public.
    pub private: Option<bool>,
    /// The author takes the name of an own account.
    pub impersonation: Option<bool>,
    /// The author is one of `visible_authors` of lists.yaml.
    pub visible: Option<bool>,
    /// A competitor of lists.yaml is named.
    pub competitor: Option<bool>,
    /// An executive of lists.yaml is named.
    pub executive: Option<bool>,
    /// The market is one of `regulated_markets` of lists.yaml; an unknown one is none of them.
    pub regulated: Option<bool>,
}

/// By which way a mention comes. One may come by several: a public reply is `public` and `reply`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Anyone can read it.
    Public,
    /// Only some can read it, a direct message among them.
    Private,
    /// A direct message.
    Direct,
    /// An answer to a post, or a comment below one.
    Reply,
    /// A review in a shop or on a portal.
    Review,
    /// An article.
    Article,
}

impl Way {
    /// Every way by its name in packs.
    pub const ALL: [(&'static str, Self); 6] = [
        ("public", Self::Public),
        ("private", Self::Private),
        ("direct", Self::Direct),
        ("reply", Self::Reply),
        ("review", Self::Review),
        ("article", Self::Article),
    ];

    /// Whether a mention came by it.
    #[must_use]
    pub fn is_of(self, mention: &Mention) -> bool {
        match self {
            Self::Public => mention.is_public(),
            Self::Private => !mention.is_public(),
            Self::Direct => mention.kind == Kind::Dm,
            Self::Reply => matches!(mention.kind, Kind::Reply | Kind::Comment),
            Self::Review => mention.kind == Kind::Review,
            Self::Article => mention.kind == Kind::Article,
        }
    }
}

/// The market of what says neither its country nor a language of one.
pub const UNKNOWN_MARKET: &str = "unknown";

/// The market of a mention: the country it was posted from, else the region of the language it gives (`pt-BR`).
#[must_use]
pub fn market(mention: &Mention) -> String {
    let is_country = |text: &&str| text.len() == 2 && text.chars().all(|c| c.is_ascii_alphabetic());
    let country = mention.geo.as_ref().and_then(|geo| geo.country.as_deref()).filter(is_country);
    let region = || mention.lang.as_deref().and_then(|tag| tag.split(['-', '_']).skip(1).find(is_country));
    country.or_else(region).map_or_else(|| UNKNOWN_MARKET.to_owned(), str::to_uppercase)
}

/// Words in a row, folded for comparison with [`fold`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// As written in the pack.
    pub written: String,
    /// Folded, with a space at both ends.
    pub folded: String,
}

impl Phrase {
    /// Folds a phrase; `None` where nothing of it is left to look for.
    #[must_use]
    pub fn new(written: &str) -> Option<Self> {
        let folded = fold(written);
        (folded.len() > 1).then(|| Self { written: written.to_owned(), folded })
    }
}

/// What a mention says, its title first, folded for comparison with phrases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded(String);

impl Folded {
    /// Folds the words of a mention.
    #[must_use]
    pub fn of(mention: &Mention) -> Self {
        Self(match &mention.title {
            Some(title) => fold(&format!("{title}\n{}", mention.text)),
            None => fold(&mention.text),
        })
    }

    /// Whether the phrase stands in it, as whole words.
    #[must_use]
    pub fn says(&self, phrase: &Phrase) -> bool {
        self.0.contains(&phrase.folded)
    }
}

/// Words in lower case between single spaces, with a space at both ends: `" i ll sue "`. Compatibility forms are
/// unified (NFKC); a letter of a script written without spaces is a word of its own.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 2);
    folded.push(' ');
    for c in text.nfkc().flat_map(char::to_lowercase) {
        let alone = c >= '\u{2e80}' && c.is_alphanumeric();
        if alone && !folded.ends_with(' ') {
            folded.push(' ');
        }
        if c.is_alphanumeric() {
            folded.push(c);
        }
        if (alone || !c.is_alphanumeric()) && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    if !folded.ends_with(' ') {
        folded.push(' ');
    }
    folded
}

/// What is asked apart from scores.
const KEYS: [&str; 22] = [
    "intents",
    "severity",
    "platforms",
    "kinds",
    "channels",
    "markets",
    "languages",
    "tier",
    "queries",
    "without",
    "triggers",
    "reads",
    "phrases",
    "heads",
    "followers",
    "verified",
    "private",
    "impersonation",
    "visible",
    "competitor",
    "executive",
    "regulated",
];

/// What scores say of a post in shares: conditions ask for them, and tests give them.
pub(super) const SHARES: [&str; 11] = [
    "threat",
    "abuse",
    "anger",
    "frustration",
    "incident",
    "negative",
    "urgency_now",
    "danger",
    "distress",
    "legal",
    "press",
];

/// The four severities by name.
pub(super) const SEVERITIES: [(&str, Severity); 4] =
    [("S1", Severity::S1), ("S2", Severity::S2), ("S3", Severity::S3), ("S4", Severity::S4)];

/// Every platform by slug.
pub(super) fn platforms() -> Vec<(&'static str, Platform)> {
    Platform::ALL.iter().map(|p| (p.as_str(), *p)).collect()
}

/// Every kind by slug.
pub(super) fn kinds() -> Vec<(&'static str, Kind)> {
    Kind::ALL.iter().map(|k| (k.as_str(), *k)).collect()
}

/// Reads `when:`; absent reads as a condition that always holds.
pub(super) fn read(parent: &Fields<'_>) -> Condition {
    let keys = [&KEYS[..], &SHARES].concat();
    let Some(fields) = parent.map("when", "a condition", &keys) else { return Condition::default() };
    Condition {
        intents: fields.references("intents", Names::Intent),
        severity: fields.choices("severity", &SEVERITIES),
        platforms: fields.choices("platforms", &platforms()),
        kinds: fields.choices("kinds", &kinds()),
        channels: fields.choices("channels", &Way::ALL),
        markets: fields.words("markets").iter().filter_map(|word| read_market(fields.ctx, word)).collect(),
        languages: fields.texts("languages"),
        tier: fields.references("tier", Names::AccountTier),
        queries: fields.references("queries", Names::Query),
        without: fields.references("without", Names::Query),
        triggers: fields.references("triggers", Names::Trigger),
        reads: read_shares(&fields, "reads", Some(Names::Intent)),
        phrases: read_phrases(&fields, "phrases"),
        threat: fields.share("threat"),
        abuse: fields.share("abuse"),
        anger: fields.share("anger"),
        frustration: fields.share("frustration"),
        incident: fields.share("incident"),
        negative: fields.share("negative"),
        urgency_now: fields.share("urgency_now"),
        danger: fields.share("danger"),
        distress: fields.share("distress"),
        legal: fields.share("legal"),
        press: fields.share("press"),
        heads: learned::read_asked(&fields, learned::USUAL_LEAST),
        followers: fields.count("followers", 1e12),
        verified: fields.flag("verified"),
        private: fields.flag("private"),
        impersonation: fields.flag("impersonation"),
        visible: fields.flag("visible"),
        competitor: fields.flag("competitor"),
        executive: fields.flag("executive"),
        regulated: fields.flag("regulated"),
    }
}

/// A country, or `unknown`.
pub(super) fn read_market(ctx: Ctx<'_>, word: &Word<'_>) -> Option<String> {
    let is_country = word.text.len() == 2 && word.text.chars().all(|c| c.is_ascii_uppercase());
    let ok = is_country || word.text == UNKNOWN_MARKET;
    if !ok {
        let fix = "write two capital letters (ISO 3166-1), such as DE or BR, or unknown".to_owned();
        ctx.problem(word.at, format!("\"{}\" is no market", word.text), fix);
    }
    ok.then(|| word.text.to_owned())
}

pub(super) fn read_phrases(fields: &Fields<'_>, key: &str) -> Vec<Phrase> {
    let mut phrases = Vec::new();
    for word in fields.words(key) {
        match Phrase::new(word.text) {
            Some(phrase) => phrases.push(phrase),
            None => fields.ctx.problem(word.at, "a phrase without letters or digits", "write words".to_owned()),
        }
    }
    phrases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding() {
        for (text, want) in [
            ("", " "),
            ("I'll SUE!!", " i ll sue "),
            ("  a\u{a0}b ", " a b "),
            ("ﬁne", " fine "),
            ("訴える", " 訴 え る "),
            ("x訴y", " x 訴 y "),
        ] {
            assert_eq!(fold(text), want, "{text}");
        }
        assert!(fold("my lawyer, he said").contains(&Phrase::new("Lawyer").expect("phrase").folded));
        assert!(!fold("lawyerly").contains(&Phrase::new("lawyer").expect("phrase").folded));
        assert_eq!(Phrase::new("--"), None);
    }
}
