//! Our own example posts: templates with alternatives and slots, written for the six intents and for the kinds of
//! noise, threats and incidents that no public set carries.
//!
//! Grammar of a template file: `== intent urgency sentiment flags` opens a section (`-` means "not said"), every
//! other line is a template; `[a|b|]` is a choice, `{name}` a slot, `{b}` a brand as people write it. Templates
//! are split between training and holding back as wholes, so no template is on both sides. Brands are coined anew for
//! every post: who is spoken of must not say how.

use super::rng::Rng;

/// Variants drawn from one template.
const VARIANTS: usize = 5;

const FILES: [(&str, &str); 67] = [
    ("en", include_str!("posts/en_billing.txt")),
    ("en", include_str!("posts/en_defect.txt")),
    ("en", include_str!("posts/en_outage.txt")),
    ("en", include_str!("posts/en_safety.txt")),
    ("en", include_str!("posts/en_presales.txt")),
    ("en", include_str!("posts/en_reputation.txt")),
    ("en", include_str!("posts/en_none.txt")),
    ("en", include_str!("posts/en_noise.txt")),
    ("en", include_str!("posts/en_more.txt")),
    ("en", include_str!("posts/en_incidents.txt")),
    ("en", include_str!("posts/en_intents.txt")),
    ("en", include_str!("posts/en_traps.txt")),
    ("en", include_str!("posts/en_finance.txt")),
    ("en", include_str!("posts/en_media.txt")),
    ("en", include_str!("posts/en_retail.txt")),
    ("en", include_str!("posts/en_software.txt")),
    ("en", include_str!("posts/en_risk.txt")),
    ("en", include_str!("posts/en_care.txt")),
    ("es", include_str!("posts/es.txt")),
    ("es", include_str!("posts/es_more.txt")),
    ("es", include_str!("posts/es_daily.txt")),
    ("es", include_str!("posts/es_risk.txt")),
    ("es", include_str!("posts/es_care.txt")),
    ("pt", include_str!("posts/pt.txt")),
    ("pt", include_str!("posts/pt_more.txt")),
    ("pt", include_str!("posts/pt_daily.txt")),
    ("pt", include_str!("posts/pt_risk.txt")),
    ("pt", include_str!("posts/pt_care.txt")),
    ("fr", include_str!("posts/fr.txt")),
    ("fr", include_str!("posts/fr_more.txt")),
    ("fr", include_str!("posts/fr_daily.txt")),
    ("fr", include_str!("posts/fr_risk.txt")),
    ("fr", include_str!("posts/fr_care.txt")),
    ("de", include_str!("posts/de.txt")),
    ("de", include_str!("posts/de_more.txt")),
    ("de", include_str!("posts/de_daily.txt")),
    ("de", include_str!("posts/de_risk.txt")),
    ("de", include_str!("posts/de_care.txt")),
    ("en", include_str!("posts/en_grave.txt")),
    ("es", include_str!("posts/es_grave.txt")),
    ("pt", include_str!("posts/pt_grave.txt")),
    ("fr", include_str!("posts/fr_grave.txt")),
    ("de", include_str!("posts/de_grave.txt")),
    ("en", include_str!("posts/en_smooth.txt")),
    ("es", include_str!("posts/es_smooth.txt")),
    ("pt", include_str!("posts/pt_smooth.txt")),
    ("fr", include_str!("posts/fr_smooth.txt")),
    ("de", include_str!("posts/de_smooth.txt")),
    ("en", include_str!("posts/en_quiet.txt")),
    ("es", include_str!("posts/es_quiet.txt")),
    ("pt", include_str!("posts/pt_quiet.txt")),
    ("fr", include_str!("posts/fr_quiet.txt")),
    ("de", include_str!("posts/de_quiet.txt")),
    ("und", include_str!("posts/und_quiet.txt")),
    ("en", include_str!("posts/en_border.txt")),
    ("es", include_str!("posts/es_border.txt")),
    ("pt", include_str!("posts/pt_border.txt")),
    ("fr", include_str!("posts/fr_border.txt")),
    ("de", include_str!("posts/de_border.txt")),
    ("en", include_str!("posts/en_texts.txt")),
    ("en", include_str!("posts/en_twins.txt")),
    ("en", include_str!("posts/en_plain.txt")),
    ("es", include_str!("posts/es_plain.txt")),
    ("pt", include_str!("posts/pt_plain.txt")),
    ("fr", include_str!("posts/fr_plain.txt")),
    ("de", include_str!("posts/de_plain.txt")),
    ("en", include_str!("posts/en_messages.txt")),
];

const SLOTS: &str = include_str!("posts/slots.txt");

/// One generated post with what its section says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Post {
    pub(crate) language: &'static str,
    pub(crate) intent: &'static str,
    pub(crate) urgency: &'static str,
    pub(crate) sentiment: &'static str,
    pub(crate) flags: &'static str,
    /// Its file says of every post what a person must decide.
    pub(crate) tells_risk: bool,
    /// Counted over all files.
    pub(crate) template: usize,
    pub(crate) text: String,
}

impl Post {
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.split(',').any(|f| f == flag)
    }

    /// Whether its template is held back for measuring: every fifth.
    pub(crate) fn held(&self) -> bool {
        self.template % 5 == 2
    }
}

/// All posts of a seed, in order.
pub(crate) fn generate(seed: u64) -> Vec<Post> {
    let slots = slots();
    let mut posts: Vec<Post> = Vec::new();
    let mut template = 0;
    for (language, file) in FILES {
        let mut section = ["-", "-", "-", ""];
        let tells_risk = file.lines().any(|line| line.starts_with("== ") && line.contains("distress"));
        for line in file.lines().filter(|l| !l.is_empty()) {
            if let Some(head) = line.strip_prefix("== ") {
                let mut words = head.split(' ');
                section = [(); 4].map(|()| words.next().unwrap_or_default());
                continue;
            }
            let from = posts.len();
            for variant in 0..VARIANTS {
                let mut rng = Rng::new(seed ^ (template as u64) << 20 ^ variant as u64);
                let mut text = expand(line, &slots, &mut rng);
                disturb(&mut text, language, section[3], &mut rng);
                if posts[from..].iter().all(|p| p.text != text) {
                    let [intent, urgency, sentiment, flags] = section;
                    posts.push(Post { language, intent, urgency, sentiment, flags, tells_risk, template, text });
                }
            }
            template += 1;
        }
    }
    posts
}

type Slots = Vec<(&'static str, Vec<&'static str>)>;

fn slots() -> Slots {
    let lines = SLOTS.lines().filter(|l| !l.starts_with('#'));
    lines.filter_map(|l| l.split_once(": ")).map(|(name, values)| (name, values.split('|').collect())).collect()
}

/// Fills in the choices, then the slots.
fn expand(template: &str, slots: &Slots, rng: &mut Rng) -> String {
    let mut chosen = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('[') {
        let (inside, after) = after.split_once(']').unwrap_or((after, ""));
        let options: Vec<&str> = inside.split('|').collect();
        chosen.push_str(before);
        chosen.push_str(options[rng.below(options.len())]);
        rest = after;
    }
    chosen.push_str(rest);
    let mut text = String::new();
    let mut rest = chosen.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(before);
        fill(name, slots, rng, &mut text);
        rest = after;
    }
    text.push_str(rest);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fill(name: &str, slots: &Slots, rng: &mut Rng, text: &mut String) {
    let values = |wanted: &str| slots.iter().find(|(n, _)| *n == wanted).map_or(&[""][..], |(_, v)| v);
    match name {
        "b" => {
            let brand = coined(rng);
            text.push_str(&match rng.below(8) {
                0 | 1 => capital(&brand),
                2 => format!("@{brand}"),
                3 => format!("@{brand}_help"),
                4 => format!("#{brand}"),
                _ => brand,
            });
        }
        "brand" => text.push_str(&coined(rng)),
        "Brand" => text.push_str(&capital(&coined(rng))),
        _ => {
            let values = values(name);
            text.push_str(values[rng.below(values.len())]);
        }
    }
}

/// A brand that nobody has heard of: two or three syllables, now and then with an ending that brands have.
fn coined(rng: &mut Rng) -> String {
    const ONSETS: [&str; 28] = [
        "b", "br", "c", "d", "dr", "f", "fl", "g", "gl", "h", "j", "k", "kl", "l", "m", "n", "p", "pr", "qu", "r", "s",
        "st", "t", "tr", "v", "w", "y", "z",
    ];
    const VOWELS: [&str; 10] = ["a", "e", "i", "o", "u", "a", "o", "ea", "oo", "ai"];
    const CODAS: [&str; 14] = ["", "", "", "", "n", "r", "l", "s", "m", "x", "nd", "rk", "lt", "v"];
    const ENDINGS: [&str; 14] = ["", "", "", "", "", "", "", "", "o", "ia", "ly", "pay", "bank", "air"];
    let mut brand = String::new();
    for _ in 0..2 + rng.below(2) {
        for parts in [&ONSETS[..], &VOWELS, &CODAS] {
            brand.push_str(parts[rng.below(parts.len())]);
        }
    }
    brand.push_str(ENDINGS[rng.below(ENDINGS.len())]);
    brand
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// Writes it as people do: openings, endings, capitals, slips of the finger.
fn disturb(text: &mut String, language: &str, flags: &str, rng: &mut Rng) {
    const OPENINGS: [&str; 14] = [
        "hey",
        "hi",
        "ugh",
        "so",
        "ok so",
        "@user",
        "@user",
        "omg",
        "seriously",
        "hello",
        "um",
        "guys",
        "well",
        "RT @user:",
    ];
    const ENDINGS: [&str; 14] =
        ["!", "!!", "...", ".", ".", "please", "pls", "tbh", "smh", "lol", "https://t.co/abc", "#fail", "?!", "help"];
    const ANYWHERE: [&str; 3] = ["@user", "@user", "RT @user:"];
    let kept = ["low_value", "bot", "spam", "giveaway"].iter().any(|f| flags.contains(f));
    if rng.below(4) == 0 && !kept {
        let openings = if language == "en" { &OPENINGS[..] } else { &ANYWHERE };
        *text = format!("{} {text}", rng.pick(openings));
    }
    if rng.below(4) == 0 && !kept {
        // mood words only where they fit: a thank-you does not end in #fail
        let limit = if flags.contains("frustrated") && language == "en" { ENDINGS.len() } else { 5 };
        let ending = rng.pick(&ENDINGS[..limit]);
        let space = if ending.starts_with(|c: char| c.is_alphabetic() || c == '#') { " " } else { "" };
        *text = format!("{text}{space}{ending}");
    }
    match rng.below(12) {
        0 => *text = text.to_uppercase(),
        1..=4 => *text = capital(text),
        5 => slip(text, rng),
        6 => text.retain(|c| c != '\'' && c != ','),
        _ => {}
    }
}

/// Drops, doubles or swaps one letter inside a word.
fn slip(text: &mut String, rng: &mut Rng) {
    let mut chars: Vec<char> = text.chars().collect();
    if chars.len() < 8 {
        return;
    }
    let at = 1 + rng.below(chars.len() - 3);
    if !chars[at].is_alphabetic() || !chars[at + 1].is_alphabetic() {
        return;
    }
    match rng.below(3) {
        0 => drop(chars.remove(at)),
        1 => chars.insert(at, chars[at]),
        _ => chars.swap(at, at + 1),
    }
    *text = chars.into_iter().collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::heads::{INTENT, NOISE, SENTIMENT, SPECS, URGENCY};

    #[test]
    fn sections_use_known_words() {
        let known = |head: usize, label: &str| label == "-" || SPECS[head].labels.contains(&label);
        let flags =
            ["", "frustrated", "incident", "sarcasm", "threat", "abuse", "legal", "distress", "danger", "press"];
        let posts = generate(1);
        assert!(posts.len() > 5_000, "{}", posts.len());
        for post in &posts {
            assert!(known(INTENT, post.intent) && known(URGENCY, post.urgency), "{post:?}");
            assert!(known(SENTIMENT, post.sentiment), "{post:?}");
            for flag in post.flags.split(',') {
                assert!(flags.contains(&flag) || known(NOISE, flag), "{post:?}");
            }
            assert!(!post.text.contains(['{', '}', '[', ']', '|']), "{post:?}");
        }
    }

    #[test]
    fn equal_seeds_give_equal_posts_and_no_template_is_on_both_sides() {
        let posts = generate(7);
        assert_eq!(posts, generate(7));
        assert_ne!(posts, generate(8));
        let side = |held: bool| posts.iter().filter(move |p| p.held() == held).map(|p| p.template);
        let held: std::collections::BTreeSet<usize> = side(true).collect();
        assert!(held.len() > 100 && side(false).all(|t| !held.contains(&t)));
    }
}
