//! The terms of a post that series count: words, pairs of words that stand beside each other, hashtags.
//!
//! Handles, links, mail addresses and long numbers are never among them: they name people and things of people. Nor are
//! words without a meaning of their own, alone; in a pair with another word they may be ("log in", "is down").

use crate::mention::Mention;
use crate::text::{Document, Span, Token, TokenKind};

/// Hashtags of a post, at most.
const HASHTAGS_MAX: usize = 4;
/// Words of a post that are looked at, the first ones.
const WORDS_MAX: usize = 12;
/// Terms of a post, at most.
const TERMS_MAX: usize = 20;
/// Bytes of a term, at most.
const TERM_BYTES_MAX: usize = 40;
/// Digits of a number that is a term: error 503, not a telephone.
const DIGITS: std::ops::RangeInclusive<usize> = 2..=4;

/// The commonest words without a meaning of their own, folded; five languages.
const FUNCTION_WORDS: &str = "
a about after again all also am an and any are as at be been but by can could did do does for from get got had has have
he her here him his how i if in into is it its just like me more my no not now of off on one or our out over she so some
than that the their them then there they this to too up us was we were what when where which who why will with would you
your i'm i've it's that's don't can't
al como con cual de del el ella en era es esta este esto ha hay la las le les lo los mas me mi muy ni no nos o para pero
por porque que se si sin son su sus te tu un una uno y ya yo
ao aos as com da das do dos e ela ele em essa esse eu foi isso ja mais mas meu na nao nas nos num os ou pela pelo pra
quando sao seu so sua tem uma voce
a au aux avec ce ces cette dans des du elle est et il ils je la le les leur ma mais mes moi mon ne nous on ou par pas plus
pour qu que qui sa ses son sur tout tu une vous
aber alle als am an auch auf aus bei bin bis da das dem den der des die doch ein eine einem einen einer er es fur hab
habe hat ich im in ist ja kann man mehr mein mich mir mit nach nicht noch nur oder schon sie sich sind so uber um und uns
vom von vor war was wenn wer wie wir wird zu zum zur
";

/// The terms of a mention, each once.
#[must_use]
pub(super) fn terms(mention: &Mention) -> Vec<String> {
    let document = Document::new(&mention.text);
    let mut terms = hashtags(&document);
    let words = words(&document, mention);
    for (place, (position, word)) in words.iter().enumerate() {
        if is_word(word) {
            terms.push((*word).to_owned());
        }
        let after = words.get(place + 1).filter(|(after, _)| *after == position + 1);
        let pair = after.filter(|(_, after)| is_word(word) || is_word(after));
        terms.extend(pair.map(|(_, after)| format!("{word} {after}")));
    }
    terms.retain(|term| term.len() <= TERM_BYTES_MAX);
    let mut seen = std::collections::BTreeSet::new();
    terms.retain(|term| seen.insert(term.clone()));
    terms.truncate(TERMS_MAX);
    terms
}

/// The first words, each with its position; numbers of a few digits among them.
fn words<'d>(document: &'d Document, mention: &Mention) -> Vec<(u32, &'d str)> {
    let word = |token: &Token| token.kind == TokenKind::Word && !is_named(token.original, document.text(), mention);
    let tokens = document.tokens().iter().filter(|token| word(token));
    let words = tokens.map(|token| (token.position, document.token_text(token)));
    words.filter(|(_, word)| is_readable(word)).take(WORDS_MAX).collect()
}

/// Part of a handle, a link, a hashtag (told apart) or a mail address, marked as one or not.
fn is_named(place: Span, text: &str, mention: &Mention) -> bool {
    let (start, end) = (place.start as usize, place.end as usize);
    let before = text.get(..start).unwrap_or_default().rsplit(char::is_whitespace).next().unwrap_or_default();
    let after = text.get(end..).unwrap_or_default().split(char::is_whitespace).next().unwrap_or_default();
    let around = |sign: &str| before.contains(sign) || after.contains(sign);
    let marked = mention.entities.iter().any(|entity| entity.start <= place.start && place.end <= entity.end);
    marked || around("@") || around("://") || before.starts_with("www.") || before.ends_with('#')
}

/// Letters, or a number of a few digits.
fn is_readable(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 { word.chars().any(char::is_alphabetic) } else { digits == word.len() && DIGITS.contains(&digits) }
}

/// A word that says something by itself.
fn is_word(word: &str) -> bool {
    let is_short = word.len() < 3 && word.is_ascii();
    !is_short && !FUNCTION_WORDS.split_ascii_whitespace().any(|function| function == word)
}

fn hashtags(document: &Document) -> Vec<String> {
    let entities = document.tokens().iter().filter(|token| token.kind == TokenKind::Entity);
    let tags = entities.map(|token| document.token_text(token)).filter(|text| text.starts_with('#'));
    let mut tags: Vec<String> = tags.map(str::to_owned).collect();
    tags.sort_unstable();
    tags.dedup();
    tags.truncate(HASHTAGS_MAX);
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mention::Platform;
    use crate::normalize::{Normalized, normalize};

    fn mention(text: &str) -> Mention {
        let payload = serde_json::json!({
            "id": "1", "uri": "https://a.example/users/l/statuses/1", "created_at": "2026-01-06T13:00:00Z",
            "visibility": "public", "content": format!("<p>{text}</p>"), "account": {"id": "7", "acct": "lea"},
        });
        match normalize(Some(Platform::Mastodon), payload.to_string().as_bytes()).remove(0) {
            Ok(Normalized::Mention(mention)) => *mention,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn words_pairs_and_hashtags_are_terms_and_names_are_not() {
        for (text, expected) in [
            ("Error 503 again", vec!["error", "error 503", "503", "503 again"]),
            ("can't log in", vec!["can't log", "log", "log in"]),
            ("the of and", vec![]),
            ("mail lea.b@mail.example or @lea", vec!["mail"]),
            ("call 0301234567 for 12345 €", vec!["call"]),
            ("look https://a.example/x?y=Z now", vec!["look"]),
            ("down #NimbusDown", vec!["#nimbusdown", "down"]),
            ("down, down, down", vec!["down", "down down"]),
        ] {
            assert_eq!(terms(&mention(text)), expected, "{text}");
        }
        let long = "wort ".repeat(3) + &(0..60).map(|n| format!("lexeme{} ", "x".repeat(n % 7))).collect::<String>();
        assert!(terms(&mention(&long)).len() <= TERMS_MAX);
    }
}
