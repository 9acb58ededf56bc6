//! What is known of one mention when it is routed, and whether a condition of the pack holds of it.

use super::decide::Fired;
use crate::mention::{AccountFacts, Mention};
use crate::route::{Severity, SuggestedReply};
use crate::rules::{Condition, Folded, HeadAsked, Lists, Phrase, QueryRule, UNKNOWN_MARKET, Way, market};
use crate::score::Scores;

/// One mention, what matched, what the model says.
pub(super) struct Facts<'a> {
    pub(super) mention: &'a Mention,
    pub(super) matched: &'a [&'a QueryRule],
    pub(super) scores: &'a Scores,
    lists: &'a Lists,
    folded: &'a Folded,
}

/// A comparison that holds, in words; `None` where it does not.
type Held = Option<String>;

impl<'a> Facts<'a> {
    pub(super) fn new(
        mention: &'a Mention,
        matched: &'a [&'a QueryRule],
        scores: &'a Scores,
        lists: &'a Lists,
        folded: &'a Folded,
    ) -> Self {
        Self { mention, matched, scores, lists, folded }
    }

    /// The author's followers, where known.
    pub(super) fn followers(&self) -> Option<i64> {
        self.mention.author.as_ref().and_then(|author| author.followers)
    }

    /// P(anger).
    fn anger(&self) -> f64 {
        self.scores.emotion.probabilities.anger
    }

    /// P(negative).
    fn negative(&self) -> f64 {
        self.scores.sentiment.probabilities.negative
    }

    /// P(urgency is now), 0 where it is something else.
    fn urgency_now(&self) -> f64 {
        let urgency = &self.scores.urgency;
        if urgency.label == "now" { urgency.probability } else { 0.0 }
    }

    /// What the pack's accounts know of the author.
    fn account(&self) -> Option<&AccountFacts> {
        self.mention.author.as_ref()?.account.as_ref()
    }

    /// Primary subtag: as given, else as detected, else as the pack's accounts have it.
    pub(super) fn language(&self) -> &str {
        self.account_language().unwrap_or_else(|| self.written_language())
    }

    fn written_language(&self) -> &str {
        let given = self.mention.lang.as_deref().or(self.mention.lang_detected.as_deref());
        let tag = given.unwrap_or(&self.scores.language.code);
        tag.split(['-', '_']).next().unwrap_or(tag)
    }

    /// The language of the author's account, where the post's is unknown.
    fn account_language(&self) -> Option<&str> {
        let is_unknown = matches!(self.written_language(), "unknown" | "und");
        self.account()?.language.as_deref().filter(|_| is_unknown)
    }

    /// The market of the post, else of the author's account.
    fn here(&self) -> String {
        self.account_market().map_or_else(|| market(self.mention), str::to_owned)
    }

    /// The market of the author's account, where the post tells none.
    fn account_market(&self) -> Option<&str> {
        self.account()?.market.as_deref().filter(|_| market(self.mention) == UNKNOWN_MARKET)
    }

    /// What of the author's account a condition asks for: which part, and in words.
    pub(super) fn of_account<'s>(&'s self, when: &Condition) -> impl Iterator<Item = (&'static str, String)> + use<'s> {
        let asks_market = !when.markets.is_empty() || when.regulated.is_some();
        let market = self.account_market().filter(|_| asks_market);
        let language = self.account_language().filter(|_| !when.languages.is_empty());
        let tier = self.account().and_then(|account| account.tier.as_deref()).filter(|_| !when.tier.is_empty());
        let parts = [("tier", tier), ("market", market), ("language", language)];
        parts.into_iter().filter_map(|(what, value)| Some((what, format!("{what} {} from accounts", value?))))
    }

    /// The same of a wording in that language.
    pub(super) fn of_account_for(&self, reply: &SuggestedReply) -> Option<(&'static str, String)> {
        let language = self.account_language().filter(|language| *language == reply.language)?;
        Some(("language", format!("language {language} from accounts")))
    }

    /// Whether every part of the condition holds, save its intents, severities and triggers; if so, the comparisons in
    /// words.
    pub(super) fn hold(&self, when: &Condition) -> Option<Vec<String>> {
        let author = self.mention.author.as_ref();
        let verified = author.and_then(|a| a.verified).unwrap_or(false);
        let parts: [Option<Held>; 30] = [
            listed("platform", self.mention.platform.as_str(), when.platforms.iter().map(|p| p.as_str())),
            listed("kind", self.mention.kind.as_str(), when.kinds.iter().map(|k| k.as_str())),
            self.any_way(when),
            self.market(when),
            listed("language", self.language(), when.languages.iter().map(String::as_str)),
            self.tier(when),
            self.any_query(when),
            self.no_query(when),
            self.any_phrase(when),
            at_least("threat", self.scores.threat.probability, when.threat),
            at_least("abuse", self.scores.abuse.probability, when.abuse),
            at_least("anger", self.anger(), when.anger),
            at_least("frustration", self.scores.emotion.frustration, when.frustration),
            at_least("incident", self.scores.incident.probability, when.incident),
            at_least("negative", self.negative(), when.negative),
            at_least("urgency now", self.urgency_now(), when.urgency_now),
            at_least("danger", self.scores.risk.danger, when.danger),
            at_least("distress", self.scores.risk.distress, when.distress),
            at_least("legal", self.scores.risk.legal, when.legal),
            at_least("press", self.scores.risk.press, when.press),
            self.every_intent(when),
            self.every_head(when),
            when.followers.map(|least| {
                self.followers().filter(|n| *n >= least).map(|n| format!("{n} followers, at least {least}"))
            }),
            same("verified", verified, when.verified),
            same("private", !self.mention.is_public(), when.private),
            same("impersonation", author.is_some_and(|a| a.impersonates.is_some()), when.impersonation),
            self.visible(when),
            self.names("competitor", &self.lists.competitors, when.competitor),
            self.names("executive", &self.lists.executives, when.executive),
            self.regulated(when),
        ];
        parts.into_iter().flatten().collect()
    }

    fn any_way(&self, when: &Condition) -> Option<Held> {
        let name = |way: &Way| Way::ALL.iter().find(|(_, one)| one == way).map(|(name, _)| format!("channel {name}"));
        let asked = !when.channels.is_empty();
        asked.then(|| when.channels.iter().find(|way| way.is_of(self.mention)).and_then(name))
    }

    fn market(&self, when: &Condition) -> Option<Held> {
        let asked = !when.markets.is_empty();
        asked.then(|| Some(self.here()).filter(|here| when.markets.contains(here)).map(|here| format!("market {here}")))
    }

    fn tier(&self, when: &Condition) -> Option<Held> {
        let tier = || self.account().and_then(|account| account.tier.as_deref());
        (!when.tier.is_empty()).then(|| {
            tier().filter(|tier| when.tier.iter().any(|one| one == tier)).map(|tier| format!("account tier {tier}"))
        })
    }

    fn regulated(&self, when: &Condition) -> Option<Held> {
        let here = || self.lists.regulated_markets.contains(&self.here());
        when.regulated.and_then(|wanted| same("regulated market", here(), Some(wanted)))
    }

    fn visible(&self, when: &Condition) -> Option<Held> {
        let is_visible = |author| self.lists.is_visible(self.mention.platform, author);
        let visible = || self.mention.author.as_ref().is_some_and(is_visible);
        when.visible.and_then(|wanted| same("author of the list", visible(), Some(wanted)))
    }

    /// Whether one of the names stands in the text.
    fn names(&self, what: &str, names: &[Phrase], wanted: Option<bool>) -> Option<Held> {
        let found = || names.iter().find(|name| self.folded.says(name));
        wanted.map(|wanted| match found() {
            Some(name) if wanted => Some(format!("{what} {}", name.written)),
            None if !wanted => Some(format!("no {what}")),
            _ => None,
        })
    }

    /// Whether every intent that is asked is as probable.
    fn every_intent(&self, when: &Condition) -> Option<Held> {
        let one = |(id, least): (&String, &f64)| {
            let score = self.scores.intents.iter().find(|score| score.id == *id)?;
            (score.probability >= *least).then(|| format!("{id} {:.2}, at least {least:.2}", score.probability))
        };
        let all = || Some(when.reads.iter().map(one).collect::<Option<Vec<_>>>()?.join(", "));
        (!when.reads.is_empty()).then(all)
    }

    /// Whether every head that is asked gives one of the wanted answers.
    fn every_head(&self, when: &Condition) -> Option<Held> {
        let one = |asked: &HeadAsked| {
            let answer = self.scores.heads.get(&asked.head)?;
            let (label, least) = asked.labels.iter().find(|(label, _)| *label == answer.label)?;
            let is_sure = answer.probability >= *least;
            is_sure.then(|| format!("{} {label} {:.2}, at least {least:.2}", asked.head, answer.probability))
        };
        let all = || Some(when.heads.iter().map(one).collect::<Option<Vec<_>>>()?.join(", "));
        (!when.heads.is_empty()).then(all)
    }

    fn any_query(&self, when: &Condition) -> Option<Held> {
        let mut ids = self.matched.iter().map(|query| query.id.as_str());
        let asked = !when.queries.is_empty();
        asked.then(|| ids.find(|id| when.queries.iter().any(|q| q == id)).map(|id| format!("query {id} matched")))
    }

    fn no_query(&self, when: &Condition) -> Option<Held> {
        let found = || self.matched.iter().any(|query| when.without.contains(&query.id));
        let asked = !when.without.is_empty();
        asked.then(|| (!found()).then(|| format!("no query {} matched", when.without.join(", "))))
    }

    fn any_phrase(&self, when: &Condition) -> Option<Held> {
        let found = || when.phrases.iter().find(|phrase| self.folded.says(phrase));
        let asked = !when.phrases.is_empty();
        asked.then(|| found().map(|phrase| format!("it says \"{}\"", phrase.written)))
    }

    /// Whether a row's condition holds for this intent at this severity, given the triggers that fired.
    pub(super) fn row_holds(&self, when: &Condition, intent: &str, severity: Severity, fired: &[Fired<'_>]) -> bool {
        let has_fired = |id: &String| fired.iter().any(|fired| fired.trigger.id == *id);
        (when.intents.is_empty() || when.intents.iter().any(|i| i == intent))
            && (when.severity.is_empty() || when.severity.contains(&severity))
            && (when.triggers.is_empty() || when.triggers.iter().any(has_fired))
            && self.hold(when).is_some()
    }
}

/// `None` where nothing is asked.
fn at_least(what: &str, value: f64, least: Option<f64>) -> Option<Held> {
    least.map(|least| (value >= least).then(|| format!("{what} {value:.2}, at least {least:.2}")))
}

fn same(what: &str, value: bool, wanted: Option<bool>) -> Option<Held> {
    wanted.map(|wanted| (value == wanted).then(|| if value { what.to_owned() } else { format!("not {what}") }))
}

fn listed<'k>(what: &str, value: &str, mut wanted: impl ExactSizeIterator<Item = &'k str>) -> Option<Held> {
    (wanted.len() > 0).then(|| wanted.find(|w| *w == value).map(|w| format!("{what} {w}")))
}
