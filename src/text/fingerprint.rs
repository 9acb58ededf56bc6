//! Fingerprint: one number for all copies of a text that differ only in trifles.
//!
//! The hash of the text's template: folded, without handles, links, emoji, punctuation and a leading repost mark,
//! without hashtags at the end, repeated letters squeezed, every number one `#`. Equality only: texts with a word
//! changed have unrelated fingerprints. A pure function of the text; the same on every machine and in every release
//! that keeps [`VERSION`].

use super::{Document, Span, TokenKind, entities};
use crate::mention::{Entity, EntityKind};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Changes when the template changes.
pub const VERSION: u64 = 1;

/// The fingerprint of a text. A text without words has that of its folded form.
#[must_use]
pub fn fingerprint(text: &str) -> u64 {
    let template = template(text);
    if template.is_empty() {
        return xxh3_64_with_seed(super::fold::fold_str(text).as_bytes(), !VERSION);
    }
    xxh3_64_with_seed(template.as_bytes(), VERSION)
}

/// The words that count, folded, with a space after each.
fn template(text: &str) -> String {
    let document = Document::new(text);
    let marked = entities(text);
    let mut skipped = Skipped { entities: &marked, next: 0, from: trailing_hashtags_start(text, &marked) };
    let mut template = String::with_capacity(text.len());
    let is_word = |kind| kind == TokenKind::Word;
    for token in document.tokens().iter().filter(|token| is_word(token.kind)) {
        let word = document.token_text(token);
        if skipped.covers(token.original) || !word.chars().any(char::is_alphanumeric) {
            continue;
        }
        if template.is_empty() && word == "rt" {
            continue;
        }
        push_word(&mut template, word);
    }
    template
}

/// Decides, for tokens in ascending order, which belong to something that does not count.
struct Skipped<'e> {
    entities: &'e [Entity],
    next: usize,
    /// Where the hashtags at the end begin.
    from: u32,
}

impl Skipped<'_> {
    fn covers(&mut self, span: Span) -> bool {
        while self.entities.get(self.next).is_some_and(|entity| entity.end <= span.start) {
            self.next += 1;
        }
        let inside = self.entities.get(self.next).is_some_and(|entity| {
            entity.start <= span.start && matches!(entity.kind, EntityKind::Mention | EntityKind::Url)
        });
        inside || span.start >= self.from
    }
}

/// Where the run of hashtags, handles and links at the end of the text begins. A text that is nothing else keeps it.
fn trailing_hashtags_start(text: &str, entities: &[Entity]) -> u32 {
    let mut start = text.len();
    for entity in entities.iter().rev() {
        let between = text.get(entity.end as usize..start).unwrap_or_default();
        if between.chars().any(char::is_alphanumeric) {
            break;
        }
        start = entity.start as usize;
    }
    let head = text.get(..start).unwrap_or_default();
    let kept = if head.chars().any(char::is_alphanumeric) { start } else { text.len() };
    u32::try_from(kept).unwrap_or(u32::MAX)
}

/// Appends a word with runs of a letter squeezed to one and runs of digits to one `#`.
fn push_word(template: &mut String, word: &str) {
    let mut last = None;
    for c in word.chars() {
        let c = if c.is_numeric() { '#' } else { c };
        let counts = c == '#' || c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c);
        if counts && last != Some(c) {
            template.push(c);
        }
        if counts {
            last = Some(c);
        }
    }
    template.push(' ');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trifles_do_not_count() {
        let base = fingerprint("Nimbus is down again, refund me 25 dollars!");
        for copy in [
            "NIMBUS IS DOWN AGAIN refund me 25 dollars",
            "RT @someone: Nimbus is down again, refund me 25 dollars!",
            "nimbus is down again... refund me 99 dollars 😡😡",
            "Nimbus is dooooown again, refund me 25 dollars! https://t.co/abc #fail #nimbus",
            "@NimbusHelp Nimbus is down again, refund me 1,025 dollars!",
            "N\u{200b}imbus is down again, refund me 25 dollars!",
            "Ｎｉｍｂｕｓ is down again, refund me 25 dollars!",
        ] {
            assert_eq!(fingerprint(copy), base, "{copy}");
        }
    }

    #[test]
    fn words_count() {
        let base = fingerprint("Nimbus is down again");
        for other in ["Nimbus is up again", "Nimbus down again", "Nimbus is down", "is Nimbus down again", "", "😡"] {
            assert_ne!(fingerprint(other), base, "{other}");
        }
        assert_ne!(fingerprint("😡"), fingerprint("👍"));
        assert_ne!(fingerprint("#nimbus #fail"), fingerprint("#nimbus #win"));
    }

    #[test]
    fn is_the_same_in_every_build() {
        assert_eq!(template("Refund me $25.50, @nimbus! #Fail now"), "refund me # fail now ");
    }

    /// Edited copies by kind of edit, and different posts that look alike (kind "other").
    #[test]
    fn tells_copies_from_others_in_the_shared_pairs() {
        let shared = std::env::var("GROUNDSWELL_SHARED")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
        let Ok(pairs) = std::fs::read_to_string(format!("{shared}/data/text/neardup/dev.tsv")) else {
            println!("not run: the shared near-duplicate pairs are not there");
            return;
        };
        let mut shares = std::collections::BTreeMap::<&str, (u32, u32)>::new();
        for line in pairs.lines().skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [label, kind, one, other] = columns[..] else { continue };
            let share = shares.entry(if label == "0" { "other" } else { kind }).or_default();
            share.0 += u32::from(fingerprint(one) == fingerprint(other));
            share.1 += 1;
        }
        println!("same fingerprint, of pairs: {shares:?}");
        for kind in ["case", "emoji", "urlswap", "tag", "rt"] {
            let (same, all) = shares[kind];
            assert!(all > 100 && same * 100 >= all * 90, "{kind}: {same} of {all}");
        }
        let (same, all) = shares["other"];
        assert!(all > 1000 && same * 1000 <= all, "different posts with one fingerprint: {same} of {all}");
    }
}
