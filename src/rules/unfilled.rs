//! Conditions that no configured platform can ever fill: a trigger on verified authors where no platform says who is.
//!
//! Only what payloads can tell at all is judged, not what they happen to hold.

use super::condition::{Condition, UNKNOWN_MARKET, Way};
use super::problem::{Finding, Problem};
use super::sheet::{Kind as Names, Sheet};
use super::{Pack, reread};
use crate::mention::{Kind, Platform};
use crate::normalize::{Fills, fills};
use crate::query::lint::Severity as Lint;

const NEEDS_MARKET: &str = "a market";

/// A part of a condition: how it is said, what would fill it, and whether a platform can.
struct Part<'a> {
    said: String,
    needs: String,
    can: Box<dyn Fn(Platform, Fills) -> bool + 'a>,
}

impl<'a> Part<'a> {
    fn new(said: String, needs: &str, can: impl Fn(Platform, Fills) -> bool + 'a) -> Self {
        Self { said, needs: needs.to_owned(), can: Box::new(can) }
    }

    fn is_filled(&self, platform: Platform) -> bool {
        (self.can)(platform, fills(platform))
    }
}

/// Rows and triggers of a pack whose condition none of these platforms can fill, in the order of files and lines.
#[must_use]
pub fn unfilled(pack: &Pack, platforms: &[Platform]) -> Vec<Finding> {
    let sheet = Sheet::default();
    reread(pack, &sheet, |_| true, |_| ());
    let rows = pack.matrix.rows.iter().map(|row| (format!("row \"{}\"", row.id), &row.when, Some(row.place.clone())));
    let triggers = pack.intents.triggers.iter().map(|trigger| {
        let place = sheet.place(Names::Trigger, &trigger.id);
        (format!("trigger \"{}\"", trigger.id), &trigger.when, place)
    });
    let finding = |(what, when, place): (String, &Condition, Option<Problem>)| {
        let (message, fix) = judge(&what, when, pack, platforms)?;
        let problem = Problem { message, suggestion: Some(fix), ..place? };
        Some(Finding { problem, code: "unfilled", severity: Lint::Warning })
    };
    let mut found: Vec<Finding> = rows.chain(triggers).filter_map(finding).collect();
    found.sort();
    found
}

/// What is wrong with a condition, and what would mend it; none where one platform can fill all of it.
fn judge(what: &str, when: &Condition, pack: &Pack, platforms: &[Platform]) -> Option<(String, String)> {
    let parts = parts(when, pack);
    let fills_all = |platform: &Platform| parts.iter().all(|part| part.is_filled(*platform));
    if platforms.iter().any(fills_all) {
        return None;
    }
    let lacking: Vec<&Part<'_>> =
        parts.iter().filter(|part| !platforms.iter().any(|platform| part.is_filled(*platform))).collect();
    let others: Vec<&str> = Platform::ALL.iter().filter(|one| fills_all(one)).map(|one| one.as_str()).collect();
    let fix = match others.len() {
        0 => "no platform tells all of it: ask for less".to_owned(),
        _ => format!("read one of {} (sources.platforms), or ask for less", others.join(", ")),
    };
    let fix = match lacking.iter().any(|part| part.needs == NEEDS_MARKET) {
        true => format!("{fix}, or let accounts of the pack tell it (groundswell accounts hash)"),
        false => fix,
    };
    let said = |parts: &[&Part<'_>]| parts.iter().map(|part| part.said.clone()).collect::<Vec<_>>().join(", ");
    let message = if lacking.is_empty() {
        let all: Vec<&Part<'_>> = parts.iter().collect();
        format!("{what} never holds: no one configured platform tells all of {}", said(&all))
    } else {
        let needs: Vec<&str> = lacking.iter().map(|part| part.needs.as_str()).collect();
        format!(
            "{what} never holds: {} asks for {}, which no configured platform has",
            said(&lacking),
            needs.join(", ")
        )
    };
    Some((message, fix))
}

/// The parts that depend on what a platform tells.
fn parts<'a>(when: &'a Condition, pack: &Pack) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    if !when.platforms.is_empty() {
        let names: Vec<&str> = when.platforms.iter().map(|platform| platform.as_str()).collect();
        let said = format!("platforms: [{}]", names.join(", "));
        parts.push(Part::new(said, "one of them", |platform, _| when.platforms.contains(&platform)));
    }
    if !when.kinds.is_empty() {
        let names: Vec<&str> = when.kinds.iter().map(|kind| kind.as_str()).collect();
        let said = format!("kinds: [{}]", names.join(", "));
        parts.push(Part::new(said, "such posts", |_, fills| when.kinds.iter().any(|kind| fills.kinds.contains(kind))));
    }
    if !when.channels.is_empty() {
        let name = |way: &Way| Way::ALL.iter().find(|(_, one)| one == way).map_or("", |(name, _)| name);
        let names: Vec<&str> = when.channels.iter().map(name).collect();
        let said = format!("channels: [{}]", names.join(", "));
        parts.push(Part::new(said, "such posts", |_, fills| when.channels.iter().any(|way| comes_by(*way, fills))));
    }
    let needs_market = !when.markets.is_empty() && !when.markets.iter().any(|market| market == UNKNOWN_MARKET);
    let is_known = |markets: &[String]| markets.iter().any(|market| pack.known.has_market(market));
    let regulated_unknown = pack.lists.regulated_markets.iter().any(|market| market == UNKNOWN_MARKET);
    if needs_market && !is_known(&when.markets) {
        let said = format!("markets: [{}]", when.markets.join(", "));
        parts.push(Part::new(said, NEEDS_MARKET, |_, fills| fills.market));
    }
    if when.regulated == Some(true) && !regulated_unknown && !is_known(&pack.lists.regulated_markets) {
        parts.push(Part::new("regulated: true".to_owned(), NEEDS_MARKET, |_, fills| fills.market));
    }
    if let Some(least) = when.followers.filter(|least| *least > 0) {
        parts.push(Part::new(format!("followers: {least}"), "followers", |_, fills| fills.followers));
    }
    if when.verified == Some(true) {
        parts.push(Part::new("verified: true".to_owned(), "a verified mark", |_, fills| fills.verified));
    }
    if when.private == Some(true) {
        parts.push(Part::new("private: true".to_owned(), "what only some can read", |_, fills| fills.private));
    }
    parts
}

fn comes_by(way: Way, fills: Fills) -> bool {
    let has = |kind: Kind| fills.kinds.contains(&kind);
    match way {
        Way::Public => true,
        Way::Private => fills.private,
        Way::Direct => has(Kind::Dm),
        Way::Reply => has(Kind::Reply) || has(Kind::Comment),
        Way::Review => has(Kind::Review),
        Way::Article => has(Kind::Article),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{SourceFile, load, shipped};

    /// The shipped pack with one more trigger.
    fn pack(when: &str) -> Pack {
        let mut files = shipped();
        let trigger = format!("owner: comms\ntriggers:\n  - {{id: odd, when: {{{when}}}, severity: S2}}\n");
        files.push(SourceFile::new("intents/odd.yaml", &*trigger));
        load(&files, &[]).expect("the pack is clean")
    }

    #[test]
    fn what_no_configured_platform_can_fill_is_told_with_what_would() {
        use Platform::{Bluesky, Mastodon, Reddit, X};
        // the condition, the platforms; what is said, and what would fill it
        let cases: [(&str, &[Platform], &str, &str); 14] = [
            ("verified: true", &[X], "", ""),
            ("verified: true", &[Mastodon, Reddit], "verified: true asks for a verified mark", "read one of x"),
            ("verified: false", &[Mastodon, Reddit], "", ""),
            ("followers: 5000", &[Bluesky, Reddit], "followers: 5000 asks for followers", "mastodon"),
            ("followers: 0", &[Bluesky], "", ""),
            ("markets: [DE]", &[Reddit], "asks for a market", "bluesky"),
            ("markets: [DE, unknown]", &[Reddit], "", ""),
            ("regulated: true", &[Reddit], "regulated: true asks for a market", "x"),
            ("channels: [review]", &[X, Reddit], "channels: [review] asks for such posts", "sources.platforms"),
            ("channels: [review, public]", &[X], "", ""),
            ("kinds: [comment]", &[X, Bluesky], "kinds: [comment]", "reddit"),
            ("platforms: [mastodon]", &[X], "platforms: [mastodon] asks for one of them", "mastodon"),
            ("verified: true, kinds: [comment]", &[X, Reddit], "no one configured platform tells all of", ""),
            ("private: true", &[Bluesky], "what only some can read", "reddit"),
        ];
        for (when, platforms, said, fix) in cases {
            let found = unfilled(&pack(when), platforms);
            let found: Vec<&Finding> =
                found.iter().filter(|finding| finding.problem.path == "intents/odd.yaml").collect();
            assert_eq!(found.is_empty(), said.is_empty(), "{when} {platforms:?}: {found:?}");
            for Finding { problem, .. } in found {
                assert!(problem.message.contains(said) && problem.line == 3, "{when}: {problem:?}");
                assert!(problem.suggestion.as_ref().is_some_and(|told| told.contains(fix)), "{when}: {problem:?}");
            }
        }
    }

    #[test]
    fn accounts_of_the_pack_tell_a_market() {
        let rows = "# owner: support\n# key: 1a2b3c4d\naccount,tier,market,language\n\
            account-00000000000000000000000000000001,vip,BR,\n";
        let told = |when: &str, is_known: bool| {
            let mut files = pack(when).source.files;
            if is_known {
                files.push(SourceFile::outlined("accounts/crm.csv", rows.as_bytes().to_vec()));
            }
            let found = unfilled(&load(&files, &[]).expect("sound"), &[Platform::Reddit]);
            found.iter().filter(|finding| finding.problem.path == "intents/odd.yaml").count()
        };
        for (when, is_known, count) in [
            ("regulated: true", false, 1),
            ("regulated: true", true, 0),
            ("markets: [BR]", true, 0),
            ("markets: [DE]", true, 1),
            ("markets: [BR], verified: true", true, 1),
        ] {
            assert_eq!(told(when, is_known), count, "{when} {is_known}");
        }
    }

    #[test]
    fn rows_are_judged_too() {
        let found = unfilled(&pack("threat: 0.9"), &[Platform::Bluesky]);
        assert!(found.iter().any(|finding| finding.problem.path == "matrix.yaml"), "{found:?}");
        assert!(unfilled(&pack("threat: 0.9"), Platform::ALL).is_empty(), "everything is read");
    }
}
