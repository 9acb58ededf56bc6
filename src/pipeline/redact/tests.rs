use super::*;
use crate::mention::{BrandReply, EntityKind, Media, Platform, Timestamp};
use crate::pipeline::Matched;
use crate::query::Disguise;
use crate::score::{Model, told_within};
use crate::text::brands::{Brands, Listed, Memory};
use crate::text::{Document, entities};
use proptest::prelude::*;

fn decided(text: &str) -> Decided {
    let mut mention = Mention::new(Platform::Mastodon, "", "1");
    mention.text = text.to_owned();
    mention.text_raw = Some(format!("<p>{text}</p>"));
    mention.entities = entities(text);
    let mut decided = Decided::new(mention, Timestamp::clamped(0));
    decided.scores = Some(Model::shipped().score(text, None));
    decided
}

fn under(text: &str, start: u32, end: u32) -> &str {
    text.get(start as usize..end as usize).expect("a range of the text")
}

#[test]
fn finds_become_their_kinds() {
    for (text, redacted, kinds) in [
        ("nothing here, order 4711", "nothing here, order 4711", &[][..]),
        ("mail ana@example.com or +44 20 7946 0958", "mail [email] or [phone]", &["email", "phone"]),
        ("é 4111 1111 1111 1111 é", "é [card] é", &["card"]),
        ("DE89370400440532013000, ssn 123-45-6789", "[iban], ssn [national_id]", &["iban", "national_id"]),
        ("I live at 12 High Street.", "I live at [address].", &["address"]),
    ] {
        let out = decided(text).redacted();
        assert_eq!((out.mention.text.as_str(), &out.redacted[..]), (redacted, &kinds.map_strings()[..]), "{text}");
        assert_eq!(out.mention.text_raw, None);
        let scores = out.scores.expect("scored");
        let shown: Vec<&str> = scores.pii.iter().map(|pii| under(redacted, pii.start, pii.end)).collect();
        assert!(shown.iter().all(|shown| kinds.contains(&shown.trim_matches(['[', ']']))), "{shown:?}");
    }
}

trait Strings {
    fn map_strings(&self) -> Vec<String>;
}

impl Strings for &[&str] {
    fn map_strings(&self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}

#[test]
fn every_field_with_words_of_the_author_is_looked_at() {
    let mut whole = decided("see the picture https://example.com/x?to=ana@example.com");
    let mention = &mut whole.mention;
    mention.title = Some("call 020 7946 0958".to_owned());
    mention.content_warning = Some("ssn 123-45-6789".to_owned());
    mention.brand_reply = Some(BrandReply { text: "write to joe@example.com".to_owned(), at: None });
    mention.media =
        vec![Media { kind: "image".to_owned(), url: None, alt: Some("card 4111 1111 1111 1111".to_owned()) }];
    let entity =
        Entity { kind: EntityKind::Url, value: "https://e.example/?q=kim@example.com".to_owned(), start: 0, end: 3 };
    mention.entities = vec![entity];
    let out = whole.redacted().mention;
    assert_eq!(out.title.as_deref(), Some("call [phone]"));
    assert_eq!(out.content_warning.as_deref(), Some("ssn [national_id]"));
    assert_eq!(out.brand_reply.map(|reply| reply.text).as_deref(), Some("write to [email]"));
    assert_eq!(out.media[0].alt.as_deref(), Some("card [card]"));
    assert_eq!(out.entities[0].value, "https://e.example/?q=[email]");
}

#[test]
fn spans_that_touch_what_is_taken_out_go_and_others_move() {
    let text = "ana@example.com says #nimbus is down, call +44 20 7946 0958 #now";
    let mut whole = decided(text);
    let span = |word: &str| {
        let start = u32::try_from(text.find(word).expect("is there")).expect("short");
        Span { start, end: start + u32::try_from(word.len()).expect("short") }
    };
    let spans = vec![span("example"), span("nimbus"), span("down, call +44"), span("now")];
    whole.matches = vec![Matched { query: "q".to_owned(), spans, disguise: Disguise::default() }];
    let out = whole.redacted();
    let shown: Vec<&str> =
        out.matches[0].spans.iter().map(|span| under(&out.mention.text, span.start, span.end)).collect();
    assert_eq!(shown, ["nimbus", "now"]);
    let tags: Vec<&str> = out.mention.entities.iter().map(|e| under(&out.mention.text, e.start, e.end)).collect();
    assert_eq!(tags, ["#nimbus", "#now"]);
}

#[test]
fn a_brand_within_what_is_taken_out_is_not_told() {
    let text = "ana@orbitta.example says Orbitta is down";
    let mut whole = decided(text);
    let list = [Listed { brand: "Orbita".to_owned(), ..Listed::default() }];
    let document = Document::new(text);
    whole.brands = Brands::compile(&list, []).see(&document, &mut Memory::default()).told(&document);
    assert_eq!(whole.brands.len(), 2);
    let out = whole.redacted();
    let shown: Vec<(&str, &str)> = out
        .brands
        .iter()
        .map(|named| (named.written.as_str(), under(&out.mention.text, named.span.start, named.span.end)))
        .collect();
    assert_eq!(shown, [("Orbitta", "Orbitta")]);
}

/// The weights of each head, which sum to its score.
fn sums(scores: &Scores) -> Vec<(String, i64)> {
    let mut sums: Vec<(String, i64)> = Vec::new();
    for part in &scores.explain {
        let weight = libm::round(part.weight * 1e4) as i64;
        match sums.iter_mut().find(|(head, _)| *head == part.head) {
            Some((_, sum)) => *sum += weight,
            None => sums.push((part.head.to_string(), weight)),
        }
    }
    sums
}

const PIECES: [&str; 12] = [
    "ana@example.com",
    "+44 20 7946 0958",
    "4111 1111 1111 1111",
    "12 High Street",
    "ssn 123-45-6789",
    "#tag",
    "@handle",
    "https://example.com/a",
    "é😀",
    "awful, I want a refund",
    "\u{200d}",
    "DE89370400440532013000",
];

proptest! {
    #[test]
    fn the_decision_stays_and_spans_stand_on_the_same_words(
        parts in proptest::collection::vec((0..PIECES.len(), "[ ,.é\n\"]{1,3}"), 0..12)
    ) {
        let text: String = parts.iter().map(|(piece, gap)| format!("{}{gap}", PIECES[*piece])).collect();
        let whole = decided(&text);
        let out = whole.redacted();
        let (was, is) = (whole.scores.clone().expect("scored"), out.scores.clone().expect("scored"));
        prop_assert_eq!((&was.fingerprint, &was.intents, was.pii.len()), (&is.fingerprint, &is.intents, is.pii.len()));
        prop_assert_eq!(sums(&was), sums(&is));
        let capped = Scores { explain: told_within(is.explain.clone(), 600), ..is.clone() };
        prop_assert!(capped.explain.is_empty() || sums(&capped) == sums(&is), "{:?}", capped.explain);
        let json = serde_json::to_string(&(&out.mention, &is)).expect("has a JSON form");
        let read: (Mention, Scores) = serde_json::from_str(&json).expect("is JSON");
        prop_assert_eq!(read, (out.mention.clone(), is.clone()));
        let new = &out.mention.text;
        for pii in &was.pii {
            let found = under(&text, pii.start, pii.end);
            // the same words may stand elsewhere as a part of something else
            let same = was.pii.iter().filter(|other| under(&text, other.start, other.end) == found).count();
            let written = serde_json::to_string(found).expect("has a JSON form");
            prop_assert!(text.matches(found).count() > same || !json.contains(written.trim_matches('"')), "{found}");
        }
        for pii in &is.pii {
            prop_assert_eq!(under(new, pii.start, pii.end), format!("[{}]", pii.kind));
        }
        let mut left = was.entities.iter();
        for entity in &is.entities {
            let same = left.any(|old| under(&text, old.start, old.end) == under(new, entity.start, entity.end));
            prop_assert!(same, "{entity:?}");
        }
        for part in &is.explain {
            if let (Some(start), Some(end)) = (part.start, part.end) {
                let word = under(new, start, end);
                prop_assert!(text.contains(word), "{part:?}");
            }
        }
    }
}
