//! What two texts in the same words say of what: names, denials and opposites. Posts of one template about another
//! place, brand or person, and a post and its denial, are no copies of each other.
//!
//! Only where nothing else differs: what has also been cut, misspelt or reworded is left to the other comparisons. Names
//! are told by their capitals, so texts without any, or in nothing else, have none.

use super::super::brands::is_common;
use super::super::{Template, are_within};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Of so many words, names are no more than this share, in percent: else capitals say nothing.
const WORDS_MIN: usize = 4;
const NAMES_MAX: usize = 67;
/// Letters of the shortest name, and edits that one may have, in percent of its letters.
const NAME_LETTERS_MIN: usize = 2;
const NAME_EDITS: usize = 34;
/// Bytes from the first word that differs to the last one.
const BYTES_APART_MAX: usize = 64;
/// Names of one text that are compared.
const NAMES_COMPARED_MAX: usize = 64;

/// Words that deny what stands beside them; none that is another word once its double letters are single (`sem`, `non`).
const DENIALS: &str = "not no never without none neither nor nunca jamás tampoco sin não jamais nem rien sans nicht \
    kein keine keinen keiner keinem nie niemals ohne niet ne n'est/est n'ai/ai n'a/a n'ont/ont n'était/était \
    n'avait/avait n'y/y";
/// Words that deny in one with a verb, and the verb: what is left counts as if they stood apart.
const DENIED: &str = "didn't don't doesn't wasn't/was weren't/were isn't/is aren't/are can't/can cannot/can \
    couldn't/could won't/will wouldn't/would shouldn't/should haven't/have hasn't/has hadn't/had";
/// What denies in those, as it looks.
const NOT: &str = "not";
/// What stands beside a denial, and says nothing alone: in French, where a boarding `pass` looks like it, and in English,
/// where `I trust you` becomes `I do not trust you`, or beside the other answer.
const BESIDE_DENIALS: &str = "pas do does did yes oui";
/// Words each of which says the opposite of the other.
const OPPOSITES: &str = "up/down better/worse best/worst more/less love/hate opened/closed open/close before/after \
    always/rarely arriba/abajo mejor/peor más/menos melhor/pior mais/menos mieux/pire meilleur/pire avant/après \
    besser/schlechter mehr/weniger schneller/langsamer early/late faster/slower cheaper/dearer won/lost \
    everybody/nobody everyone/nobody somebody/nobody someone/nobody everything/nothing something/nothing";

/// What a word of a template is, beside being a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It denies what stands beside it.
    Denial,
    /// The same, in one with a verb.
    Denied,
    /// It denies nothing, and another word does.
    BesideDenial,
    Opposite,
}

/// Words of templates, as they look, with what they are and what else is in them.
static KINDS: LazyLock<HashMap<String, (Kind, String)>> = LazyLock::new(|| {
    let mut template = Template::default();
    let mut kinds = HashMap::new();
    let lists = [(DENIALS, Kind::Denial), (DENIED, Kind::Denied), (BESIDE_DENIALS, Kind::BesideDenial)];
    for (words, kind) in lists {
        for pair in words.split_ascii_whitespace() {
            let (word, verb) = pair.split_once('/').unwrap_or((pair, ""));
            let verb = looks(&mut template, verb);
            kinds.insert(looks(&mut template, word), (kind, verb));
        }
    }
    for word in OPPOSITES.split(['/', ' ']).filter(|word| !word.is_empty()) {
        kinds.insert(looks(&mut template, word), (Kind::Opposite, String::new()));
    }
    kinds
});

/// A word as it stands in templates.
pub(super) fn looks(template: &mut Template, word: &str) -> String {
    template.read(word);
    template.spaced().trim_start().to_owned()
}

/// True where names or a denial may be all that differs, by the parts of two templates where they differ: looked at first,
/// as most copies differ otherwise.
pub(super) fn may_contradict([one, other]: [&str; 2]) -> bool {
    let are_denied = |words: &str| words.split(' ').any(|word| KINDS.contains_key(word));
    match (one.is_empty(), other.is_empty()) {
        (false, false) => one.len().max(other.len()) <= BYTES_APART_MAX,
        (true, _) => other.len() <= BYTES_APART_MAX && are_denied(other),
        (false, true) => one.len() <= BYTES_APART_MAX && are_denied(one),
    }
}

/// What a text says of what, read in two ways: what begins a sentence as a name, and as a word like others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims([Claim; 2]);

impl Claims {
    /// Reads a text and the words of its template, each behind a space.
    pub(super) fn new(text: &str, spaced: &str) -> Self {
        let capitals = capitals(text);
        Self([false, true].map(|beginnings| {
            let names = capitals.iter().filter(|(_, begins)| beginnings || !begins);
            let mut names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            Claim::new(names, spaced)
        }))
    }

    /// True where two texts in the same words say it of something else, or the opposite of it.
    pub(super) fn contradict(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(one, other)| one.contradicts(other))
    }
}

/// A text's words, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Claim {
    names: Vec<String>,
    opposites: Vec<String>,
    /// Sorted, each once.
    denials: Vec<String>,
    /// The other words, each behind a space.
    rest: String,
}

impl Claim {
    /// Reads the words of a template, each behind a space, with those of them that may be names, sorted.
    fn new(mut capitals: Vec<&str>, spaced: &str) -> Self {
        let mut claim = Self::default();
        let words = spaced.split(' ').filter(|word| !word.is_empty());
        let (count, named) = words
            .clone()
            .fold((0, 0), |(all, named), word| (all + 1, named + usize::from(capitals.binary_search(&word).is_ok())));
        if count >= WORDS_MIN && named * 100 > count * NAMES_MAX {
            capitals.clear();
        }
        for word in words {
            if capitals.binary_search(&word).is_ok() {
                claim.names.push(word.to_owned());
                continue;
            }
            let Some((kind, verb)) = KINDS.get(word) else {
                claim.push(word);
                continue;
            };
            match kind {
                Kind::Opposite => claim.opposites.push(word.to_owned()),
                Kind::BesideDenial => {}
                Kind::Denial => claim.denials.push(word.to_owned()),
                Kind::Denied => claim.denials.push(NOT.to_owned()),
            }
            claim.push(verb);
        }
        claim.denials.sort_unstable();
        claim.denials.dedup();
        claim
    }

    fn push(&mut self, word: &str) {
        if !word.is_empty() {
            self.rest.push(' ');
            self.rest.push_str(word);
        }
    }

    fn contradicts(&self, other: &Self) -> bool {
        self.rest == other.rest
            && (denies_more(&self.denials, &other.denials)
                || denies_more(&other.denials, &self.denials)
                || are_others(&self.opposites, &other.opposites, |one, other| one == other)
                || are_others(&self.names, &other.names, is_same_name))
    }
}

/// True where one is denied as the other is, and beyond: what is denied by another word may say the same, and `no` is in
/// Portuguese no denial.
fn denies_more(one: &[String], other: &[String]) -> bool {
    one.len() > other.len() && other.iter().all(|denial| one.contains(denial))
}

/// True where both have what the other has not, or have the same in another order.
fn are_others(one: &[String], other: &[String], is_same: impl Fn(&str, &str) -> bool + Copy) -> bool {
    let lacks = |from: &[String], what: &[String]| {
        let compared = from.iter().take(NAMES_COMPARED_MAX);
        what.iter().take(NAMES_COMPARED_MAX).any(|word| !compared.clone().any(|other| is_same(word, other)))
    };
    let is_other_order = || one.len() == other.len() && !one.iter().zip(other).all(|(one, other)| is_same(one, other));
    match (lacks(one, other), lacks(other, one)) {
        (true, true) => true,
        (false, false) => is_other_order(),
        _ => false,
    }
}

/// The same name, misspelt perhaps, or cut.
fn is_same_name(one: &str, other: &str) -> bool {
    let letters = |name: &str| name.chars().collect::<Vec<char>>();
    let (one, other) = (letters(one), letters(other));
    let shorter = one.len().min(other.len());
    let is_cut = one.iter().zip(&other).all(|(one, other)| one == other);
    is_cut || are_within(&one, &other, shorter * NAME_EDITS / 100)
}

/// The words of a text that have a capital, as they look in templates, and whether they begin a sentence; of those that
/// do, none that are common.
fn capitals(text: &str) -> Vec<(String, bool)> {
    let mut template = Template::default();
    let (mut names, mut begins) = (Vec::new(), true);
    let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '_');
    let mut rest = text;
    while let Some(at) = rest.find(is_of_word) {
        begins |= rest[..at].contains(|c: char| !c.is_whitespace() && !matches!(c, ',' | '@' | '#' | '-' | '&' | '/'));
        rest = &rest[at..];
        let (word, after) = rest.split_at(rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()));
        rest = after;
        let is_name = word.contains(char::is_uppercase)
            && !word.contains(char::is_numeric)
            && word.chars().nth(NAME_LETTERS_MIN - 1).is_some();
        // a sentence of one word is what somebody says to the rest: “Sigh...”
        let may_begin = || after.starts_with([' ', '\'']) && !is_common(word);
        if is_name && (!begins || may_begin()) {
            names.push((looks(&mut template, word), begins));
        }
        begins = false;
    }
    names
}
