//! Triage: from a raw record, its partition's context and the pack to items. Nothing else decides.

use super::{Context, Decided, Item, Matched};
use crate::mention::{Mention, Platform, RawRef};
use crate::normalize::{Normalized, Reject, normalize};
use crate::query::{Fields, Match, Scratch};
use crate::route::{self, Noise, TicketAction};
use crate::rules::{Folded, Pack, QueryRule};
use crate::score::{self, Model};
use crate::text::{Document, brands};

/// A record as it came, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct Raw<'a> {
    /// The platform of its topic; none: by the payload's shape.
    pub platform: Option<Platform>,
    /// Topic.
    pub topic: &'a str,
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// The payload.
    pub value: &'a [u8],
}

/// What deciding a mention needs in memory, kept for the next one; no decision depends on it.
#[derive(Debug, Default)]
pub struct Memory {
    document: Document,
    brands: brands::Memory,
    matching: Scratch,
    scoring: score::Scratch,
}

/// Decides every item of one record: normalize ▶ de-duplicate ▶ match ▶ score ▶ route.
pub fn triage(raw: &Raw<'_>, context: &mut Context, pack: &Pack, model: &Model, memory: &mut Memory) -> Vec<Item> {
    let normalized = normalize(raw.platform, raw.value);
    context.observe(&normalized);
    let mut items = Vec::with_capacity(normalized.len());
    for (index, one) in normalized.into_iter().enumerate() {
        let item = decide(raw, index, one, context, pack, model, memory);
        if let Item::DeadLetter(reject) = &item {
            context.count_dead_letters(reject.reason.as_str(), 1);
        }
        context.count(item.outcome());
        items.push(item);
    }
    items
}

/// The way of one mention; it leaves at the first end it comes to.
fn decide(
    raw: &Raw<'_>,
    index: usize,
    one: Result<Normalized, Reject>,
    context: &mut Context,
    pack: &Pack,
    model: &Model,
    memory: &mut Memory,
) -> Item {
    let mut mention = match one {
        Err(reject) => return Item::DeadLetter(reject),
        Ok(Normalized::NotContent(what)) => return Item::NotContent(what),
        Ok(Normalized::Mention(mention)) => *mention,
    };
    if !mention.is_content() {
        return Item::NotContent(action_name(&mention));
    }
    if context.is_duplicate(&mention) {
        return Item::Duplicate;
    }
    complete(&mut mention, raw, index, pack);
    context.phones.hide(&mut mention);
    let Memory { document, brands, matching, scoring } = memory;
    document.read(&mention.text);
    let brands = pack.brands.see(document, brands);
    let candidates = pack.set.find(document, &Fields { brands, ..Fields::of(&mention) }, matching);
    let is_candidate = candidates.iter().any(|candidate| pack.brings(candidate.query));
    let addressed = pack.is_addressed(&mention);
    if !is_candidate && !addressed {
        return Item::Unmatched;
    }
    let lang = mention.lang.as_deref();
    let scores = (!is_own(&mention)).then(|| model.score_in(&mention.text, lang, &pack.additions, scoring));
    mention.lang_detected = scores.as_ref().map(|scores| scores.language.code.clone());
    let intents = scores.as_ref().map(|scores| route::seen_intents(scores, pack));
    let sentiment = scores.as_ref().map(|scores| scores.sentiment.label.as_ref());
    let fields = Fields { sentiment, intents: intents.as_deref(), brands, ..Fields::of(&mention) };
    let mut matches = Vec::new();
    pack.set.finish_with(document, &fields, matching, |found| matches.push(found));
    let event_at = context.event_at(&mention);
    let overlaid = pack.overlaid(&mut matches, event_at);
    if !addressed && !matches.iter().any(|found| pack.brings(found.query)) {
        return Item::Unmatched;
    }
    pack.note_impersonation(&mut mention);
    context.phones.note_account(&mut mention, &pack.known);
    let mut decided = Box::new(Decided::new(mention, event_at));
    decided.overlaid = overlaid;
    let rules: Vec<_> = matches.iter().filter_map(|found| pack.query(found.query)).collect();
    let matched = |(rule, found): (&&QueryRule, Match)| Matched::new(&rule.id, found);
    decided.matches = rules.iter().zip(matches).map(matched).collect();
    decided.brands = brands.told(document);
    let Some(scores) = scores else {
        decided.noise = Some(own_voice());
        return Item::Noise(decided);
    };
    let folded = Folded::of(&decided.mention);
    decided.competitors = pack.lists.named_competitors(&folded);
    let read = |part: &str| model.score_in(part, Some(&scores.language.code), &pack.additions, scoring);
    let matter = match route::sift(&decided.mention, &folded, &rules, &scores, pack, Some(read)) {
        Ok(matter) => matter,
        Err(noise) => {
            (decided.noise, decided.scores) = (Some(noise), Some(scores));
            return Item::Noise(decided);
        }
    };
    // the part that speaks decides; the rest of the text is noise
    let deciding = matter.as_ref().map_or(&scores, |matter| &matter.scores);
    let mut routing = route::decide(&decided.mention, &folded, &rules, deciding, event_at, pack, model.digest());
    if routing.ticket.action == TicketAction::Pending && !rules.iter().any(|rule| rule.watch) {
        // nobody watches a series it is part of, so nobody would ever decide
        routing.ticket.action = TicketAction::Upsert;
    }
    let of_part = matter.iter().map(|matter| (&matter.rule, &matter.reason));
    for (rule, reason) in of_part.chain(decided.overlaid.iter().map(|one| (&one.rule, &one.reason))) {
        routing.decision.rules.push(rule.clone());
        routing.decision.reasons.push(reason.clone());
    }
    (decided.routing, decided.scores) = (Some(routing), Some(scores));
    Item::Routed(decided)
}

/// What the record and the pack know about the mention beyond its payload.
fn complete(mention: &mut Mention, raw: &Raw<'_>, index: usize, pack: &Pack) {
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    mention.raw_ref = Some(RawRef { topic: raw.topic.to_owned(), partition: raw.partition, offset: raw.offset, index });
    let platform = mention.platform;
    if let Some(author) = &mut mention.author
        && pack.is_own(platform, author)
    {
        author.is_brand = true;
    }
}

fn own_voice() -> Noise {
    Noise {
        kind: "own_voice".to_owned(),
        rule: "noise:own_voice".to_owned(),
        reason: "posted by an own account: not scored".to_owned(),
    }
}

fn is_own(mention: &Mention) -> bool {
    mention.author.as_ref().is_some_and(|author| author.is_brand)
}

fn action_name(mention: &Mention) -> &'static str {
    use crate::mention::Action;
    match mention.action {
        Action::Create | Action::Update => "content",
        Action::Delete => "delete",
        Action::Restrict => "restrict",
        Action::AuthorDelete => "author_delete",
        Action::AuthorRestrict => "author_restrict",
        Action::Metrics => "metrics",
    }
}
