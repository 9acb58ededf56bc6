//! The terms of a post that series count: words, pairs of words that stand beside each other, hashtags, links; and which
//! of them may be a topic.
//!
//! Handles, mail addresses, long numbers, links to posts and profiles of a platform and what a link asks for are never
//! among them: they name people and things of people. Nor are words without a meaning of their own, alone; in a pair with
//! another word they may be ("log in", "is down").

use crate::detect::{Form, LINK};
use crate::mention::{EntityKind, Mention};
use crate::text::{Document, Span, Token, TokenKind};

/// Hashtags of a post, at most.
const HASHTAGS_MAX: usize = 4;
/// Links of a post, at most.
const LINKS_MAX: usize = 2;
/// Bytes of a link, at most.
const LINK_BYTES_MAX: usize = 96;
/// Where a link leads to people and what they posted, or only on to the next.
const PEOPLES_HOSTS: &str = "
x.com twitter.com t.co bsky.app reddit.com redd.it facebook.com fb.me instagram.com threads.net tiktok.com youtu.be
youtube.com linkedin.com lnkd.in t.me discord.gg bit.ly
";
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

/// Greetings, days, months, times and what everybody says at a time of the day, folded; five languages. They come back, so
/// they are no topic.
const RECURRING_WORDS: &str = "
hello hey hi morning mornings afternoon evening night nights goodmorning goodnight today tonight tomorrow yesterday week
weeks weekend weekends day days month months year years hour hours minute minutes time everyone everybody anyone happy good
great nice thanks thank please new breaking news update updates live watch read via vibes mood motivation throwback follow
repost retweet giveaway win winner winners contest sale deal
monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
january february march april june july august september october november december jan feb mar apr jun jul aug sep sept oct
nov dec christmas xmas easter halloween newyear noon midnight am pm utc gmt cet est pst
hola buenos buenas dias tardes noches feliz gracias hoy manana ayer semana mes ano lunes martes miercoles jueves viernes
sabado domingo enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre sorteo
ola bom boa dia tarde noite obrigado obrigada hoje amanha ontem segunda terca quarta quinta sexta janeiro fevereiro marco
maio junho julho setembro outubro novembro dezembro sorteio
bonjour bonsoir bonne nuit merci aujourd'hui demain hier semaine mois lundi mardi mercredi jeudi vendredi samedi dimanche
janvier fevrier avril mai juin juillet aout septembre octobre decembre concours
hallo guten gute morgen abend nacht danke heute gestern woche wochenende monat jahr tag montag dienstag mittwoch
donnerstag freitag samstag sonntag januar februar marz juni juli oktober dezember gewinnspiel
";

/// The terms of a mention, each once.
#[must_use]
pub(super) fn terms(mention: &Mention) -> Vec<String> {
    let document = Document::new(&mention.text);
    let mut terms = hashtags(&document);
    terms.retain(|term| term.len() <= TERM_BYTES_MAX);
    terms.extend(links(mention));
    let words = words(&document, mention);
    for (place, (position, word)) in words.iter().enumerate() {
        if is_word(word) && word.len() <= TERM_BYTES_MAX {
            terms.push((*word).to_owned());
        }
        let after = words.get(place + 1).filter(|(after, _)| *after == position + 1);
        let pair = after.filter(|(_, after)| is_word(word) || is_word(after));
        let pair = pair.map(|(_, after)| format!("{word} {after}"));
        terms.extend(pair.filter(|pair| pair.len() <= TERM_BYTES_MAX));
    }
    let mut seen = std::collections::BTreeSet::new();
    terms.retain(|term| seen.insert(term.clone()));
    terms.truncate(TERMS_MAX);
    terms
}

/// Links by host and path: what they ask for may name who asks.
fn links(mention: &Mention) -> Vec<String> {
    let urls = mention.entities.iter().filter(|entity| entity.kind == EntityKind::Url);
    let mut links: Vec<String> = urls.filter_map(|entity| link(&entity.value)).collect();
    links.sort_unstable();
    links.dedup();
    links.truncate(LINKS_MAX);
    links
}

fn link(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let rest = rest.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let is_peoples = PEOPLES_HOSTS
        .split_ascii_whitespace()
        .any(|of_people| host.strip_suffix(of_people).is_some_and(|before| before.is_empty() || before.ends_with('.')));
    let names_somebody = rest.contains('@') || path.starts_with("/users/") || path.starts_with("/u/");
    let link = format!("{LINK}{host}{path}");
    (host.contains('.') && !is_peoples && !names_somebody && link.len() <= LINK_BYTES_MAX).then_some(link)
}

/// True for a term that may be a topic of a query: it says something by itself, does not come back every day, and is not
/// what the query asks for.
#[must_use]
pub(super) fn may_be_topic(term: &str, query: &str) -> bool {
    let asked: Vec<String> = query
        .split(|c: char| !c.is_alphanumeric() && c != '#')
        .map(|word| word.trim_start_matches('#').to_lowercase())
        .filter(|word| word.len() > 2)
        .collect();
    let recurs = |word: &str| RECURRING_WORDS.split_ascii_whitespace().any(|one| one == word);
    let says = |word: &str| is_word(word) && !recurs(word) && !asked.iter().any(|one| one == word);
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    match Form::of(term) {
        Form::Link => true,
        Form::Hashtag => says_more(term.trim_start_matches('#'), &asked),
        // half a phrase is a word in some company: both of its words count
        Form::Phrase => term.split(' ').all(is_word) && term.split(' ').any(|word| says(word) && !is_number(word)),
        Form::Word => says(term) && !is_number(term) && term.chars().count() > 3,
    }
}

/// A hashtag of which something is left once days, greetings and the words of the query are taken out.
fn says_more(tag: &str, asked: &[String]) -> bool {
    let mut known: Vec<&str> = RECURRING_WORDS.split_ascii_whitespace().filter(|word| word.len() > 3).collect();
    known.extend(asked.iter().map(String::as_str));
    known.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    let left = known.into_iter().fold(tag.to_owned(), |left, word| left.replace(word, " "));
    left.chars().filter(|c| c.is_alphabetic()).count() > 2
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
        assert!(
            terms(&mention("<a href=\"https://kiosk.example/a/b?who=me#c\">kiosk.example/a/b</a> is out"))
                .contains(&"https://kiosk.example/a/b".to_owned())
        );
        let long = "wort ".repeat(3) + &(0..60).map(|n| format!("lexeme{} ", "x".repeat(n % 7))).collect::<String>();
        assert!(terms(&mention(&long)).len() <= TERMS_MAX);
    }
    #[test]
    fn links_are_told_by_host_and_path_and_never_lead_to_people() {
        for (address, expected) in [
            ("https://www.Kiosk.example/News/42/?utm=1", Some("https://kiosk.example/News/42")),
            ("http://kiosk.example", Some("https://kiosk.example")),
            ("https://x.com/lea/status/1", None),
            ("https://old.reddit.com/r/a", None),
            ("https://notx.com/a", Some("https://notx.com/a")),
            ("https://social.example/@lea/1", None),
            ("https://social.example/users/lea", None),
            ("kiosk.example", None),
        ] {
            assert_eq!(link(address).as_deref(), expected, "{address}");
        }
        assert_eq!(link(&format!("https://kiosk.example/{}", "a".repeat(99))), None, "too long");
    }

    #[test]
    fn what_comes_back_or_is_asked_for_is_no_topic() {
        let query = "nimbus AND (cloud OR \"money back\" OR #NimbusTalk)";
        for (term, expected) in [
            ("#nimbusnext", true),
            ("#nimbuscloud", false),
            ("#nimbustalk", false),
            ("#mondaymotivation", false),
            ("#goodmorning", false),
            ("offline mode", true),
            ("nimbus aurora", true),
            ("nimbus cloud", false),
            ("money back", false),
            ("good morning", false),
            ("buenos dias", false),
            ("monday morning", false),
            ("is down", false),
            ("aurora is", false),
            ("error 503", true),
            ("503", false),
            ("503 502", false),
            ("recall", true),
            ("september", false),
            ("guten", false),
            ("https://kiosk.example/a", true),
        ] {
            assert_eq!(may_be_topic(term, query), expected, "{term}");
        }
    }
}
