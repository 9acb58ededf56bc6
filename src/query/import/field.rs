//! A vendor's `name:value` as a test of ours. A name that is not in the tables here is lost by name, never guessed.

use super::country::{country, language};
use super::tree::{Form, Tree};
use super::{Effect, Steps, term};
use std::ops::Range;

/// What a field became.
enum Became {
    /// The same test.
    Test(String),
    /// A test that is not quite the same, why, and which way.
    Nearly(String, &'static str, Effect),
    /// Nothing.
    Lost(&'static str),
}

use Became::{Lost, Nearly, Test};

/// Networks whose site is a platform here.
const PLATFORM_HOSTS: [(&str, &str); 17] = [
    ("twitter.com", "x"),
    ("x.com", "x"),
    ("facebook.com", "facebook"),
    ("instagram.com", "instagram"),
    ("youtube.com", "youtube"),
    ("reddit.com", "reddit"),
    ("tiktok.com", "tiktok"),
    ("linkedin.com", "linkedin"),
    ("bsky.app", "bluesky"),
    ("mastodon.social", "mastodon"),
    ("t.me", "telegram"),
    ("discord.com", "discord"),
    ("trustpilot.com", "trustpilot"),
    ("news.ycombinator.com", "hackernews"),
    ("play.google.com", "google_play"),
    ("apps.apple.com", "app_store"),
    ("stackexchange.com", "stackexchange"),
];

/// Reads a field with one value. `span` covers name and value.
pub(super) fn field(name: &str, value: &str, is_phrase: bool, span: &Range<usize>, steps: &mut Steps<'_>) -> Tree {
    let value = value.trim();
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "raw" => return retired_raw(value, span, steps),
        "ingress" | "content" | "body" | "text" | "fulltext" => {
            let why = "words are looked for in the whole text, not in one part of it";
            steps.lose(span, value, why, Effect::Wider);
            let read = if is_phrase { term::phrase } else { term::word };
            return read(value, span.clone(), steps);
        }
        "title" | "headline" | "threadtitle" => {
            let became = title(&steps.compared(value), is_phrase);
            return settled(&lower, became, span, steps);
        }
        "subreddit" => return community(value, span, steps),
        "sourcetype" | "pagetype" | "contentsource" => return source(value, span, steps),
        _ => {}
    }
    let became = plain(&lower, value);
    settled(&lower, became, span, steps)
}

/// `field:[a TO b]`
pub(super) fn range(name: &str, text: &str, span: &Range<usize>, steps: &mut Steps<'_>) -> Tree {
    let lower = name.to_ascii_lowercase();
    let ours = match lower.as_str() {
        "authorfollowers" | "followers" | "author.followers" => Test(format!("author_followers:[{text}]")),
        "rating" => Test(format!("rating:[{text}]")),
        _ => Lost("there is no range for this field here"),
    };
    settled(&lower, ours, span, steps)
}

fn plain(name: &str, value: &str) -> Became {
    match name {
        "language" | "lang" => language(value).map_or(Lost("not a language"), |code| Test(format!("language:{code}"))),
        "country" | "sourcecountry" | "authorcountry" | "author_country" => {
            country(value).map_or(Lost("not a country that is known here"), |code| Test(format!("country:{code}")))
        }
        "author" | "authorname" | "from" | "author_short_name" | "author.name" | "author.screen_name" => author(value),
        "site" | "domain" | "domainurl" | "domain_url" | "hosturl" | "host_url" | "source" | "sourcename" => {
            site(value)
        }
        "url" => address(value, None),
        "links" | "link" => {
            let why = "url: also looks at the mention's own address";
            address(value, Some(why))
        }
        "hashtag" | "hashtags" => tag("hashtag", '#', value),
        "tags" => match tag("hashtag", '#', value) {
            Test(test) => Nearly(test, "a post's tags are its hashtags here", Effect::Other),
            other => other,
        },
        "mention" | "mentions" | "at_mentions" | "mentionedauthors" | "at" => tag("mentions", '@', value),
        "authorverified" | "verified" => verified(value),
        "authorverifiedtype" => {
            Nearly("author_verified:true".into(), "the kind of verification is not known here", Effect::Wider)
        }
        "authorfollowers" | "followers" | "author.followers" => followers(value),
        "rating" => Test(format!("rating:{value}")),
        "engagementtype" | "is" | "posttype" => kind(value),
        "sentiment" => sentiment(value),
        "continent" | "region" | "city" | "county" | "state" => {
            Lost("places below or above a country are not known here")
        }
        "authorgender" | "gender" | "demographic" | "interest" | "profession" | "accounttype" => {
            Lost("who people are beyond their account is not looked at here, by design")
        }
        "engagement" | "reach" | "likes" | "shares" | "retweets" | "views" | "impact" | "pageviews" => {
            Lost("counts change after a post is matched: alerts look at them, queries do not")
        }
        "latitude" | "longitude" | "minuteofday" | "dayofweek" | "published" | "date" => {
            Lost("a query asks what was said, not where on the map or when")
        }
        _ => Lost("this field is not known here"),
    }
}

fn settled(name: &str, became: Became, span: &Range<usize>, steps: &mut Steps<'_>) -> Tree {
    let text = match became {
        Lost(why) => return term::lost(span, why, steps),
        Test(text) => text,
        Nearly(text, why, effect) => {
            steps.lose(span, &text, why, effect);
            text
        }
    };
    match crate::query::parse(&text) {
        Ok(_) => Tree { field: family(name), ..Tree::new(Form::Test(text), span.clone()) },
        Err(faults) => {
            let why = faults.first().map_or("not a test here", |fault| fault.message.as_str()).to_owned();
            term::lost(span, &why, steps)
        }
    }
}

/// Fields of which a mention has one value, so that two tests side by side can only be alternatives.
fn family(name: &str) -> Option<&'static str> {
    match name {
        "site" | "domain" | "domainurl" | "domain_url" | "hosturl" | "host_url" => Some("site"),
        "url" => Some("url"),
        "author" | "from" => Some("author"),
        "language" | "lang" => Some("language"),
        "country" | "sourcecountry" => Some("country"),
        _ => None,
    }
}

fn retired_raw(value: &str, span: &Range<usize>, steps: &mut Steps<'_>) -> Tree {
    steps.lose(span, format!("{{{value}}}"), "raw: was retired there too, for { }", Effect::Same);
    term::cased(value, span.clone(), steps)
}

fn community(value: &str, span: &Range<usize>, steps: &mut Steps<'_>) -> Tree {
    let name = value.trim_start_matches("r/");
    let community = settled("subreddit", Test(format!("container:{}", written(name))), span, steps);
    let platform = settled("subreddit", Test("platform:reddit".into()), span, steps);
    Tree::all(vec![platform, community], span.clone())
}

/// `sourcetype:SOCIALMEDIA_TWITTER` and its like.
fn source(value: &str, span: &Range<usize>, steps: &mut Steps<'_>) -> Tree {
    let lower = value.to_ascii_lowercase();
    let name = lower.trim_start_matches("socialmedia_");
    let (tests, why): (&[&str], &str) = match name {
        "twitter" | "x" => (&["platform:x"], ""),
        "facebook" | "instagram" | "youtube" | "tiktok" | "linkedin" | "reddit" | "telegram" | "bluesky"
        | "mastodon" | "discord" => {
            return settled("sourcetype", Test(format!("platform:{name}")), span, steps);
        }
        "onlinenews" | "news" | "online_news" => (&["kind:article"], "blogs count as articles too"),
        "blog" | "blogs" => (&["kind:article"], "news counts as articles too"),
        "review" | "reviews" => (&["kind:review"], ""),
        "messageboard" | "forum" | "forums" | "messageboard_reddit" => (
            &["platform:reddit", "platform:hackernews", "platform:stackexchange"],
            "the forums that are collected here",
        ),
        "socialmedia" | "social" => (
            &[
                "platform:x",
                "platform:mastodon",
                "platform:bluesky",
                "platform:reddit",
                "platform:youtube",
                "platform:facebook",
                "platform:instagram",
                "platform:tiktok",
                "platform:linkedin",
            ],
            "the networks that are collected here",
        ),
        _ => return term::lost(span, "this kind of source is not known here", steps),
    };
    if !why.is_empty() {
        steps.lose(span, tests.join(" OR "), why, Effect::Other);
    }
    let tests = tests.iter().map(|test| settled("sourcetype", Test((*test).to_owned()), span, steps)).collect();
    Tree::any(tests, span.clone())
}

fn author(value: &str) -> Became {
    let name = value.trim_start_matches('@');
    if name.contains(['*', '?']) {
        return Lost("a handle has no wildcards here");
    }
    let test = format!("author:{}", written(name));
    if name.contains(char::is_whitespace) {
        return Nearly(test, "handle or id is compared, not the name that is shown", Effect::Narrower);
    }
    Test(test)
}

fn bare(value: &str) -> String {
    let lower = value.to_lowercase();
    let rest = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
    let rest = rest.trim_start_matches("*.");
    rest.strip_prefix("www.").unwrap_or(rest).trim_end_matches(['/', '*']).to_owned()
}

fn site(value: &str) -> Became {
    let host = bare(value);
    if let Some((_, platform)) = PLATFORM_HOSTS.iter().find(|(name, _)| *name == host) {
        return Nearly(
            format!("platform:{platform}"),
            "the network itself, wherever its posts are linked",
            Effect::Same,
        );
    }
    if host.contains('/') {
        return address(value, None);
    }
    if host.contains(['*', '?']) {
        return Lost("a host has no wildcards here");
    }
    Test(format!("site:{}", written(&host)))
}

fn address(value: &str, why: Option<&'static str>) -> Became {
    let address = bare(value);
    if address.contains(['*', '?']) || !address.contains('.') {
        return Lost("an address is compared from its host on, not by a part of it");
    }
    let test = format!("url:{}", written(&address));
    match why {
        Some(why) => Nearly(test, why, Effect::Wider),
        None => Test(test),
    }
}

fn title(value: &str, is_phrase: bool) -> Became {
    match term::title_value(value, is_phrase) {
        Ok((text, None)) => Test(format!("title:{text}")),
        Ok((text, Some(why))) => Nearly(format!("title:{text}"), why, Effect::Wider),
        Err(why) => Lost(why),
    }
}

fn tag(field: &str, sign: char, value: &str) -> Became {
    Test(format!("{field}:{}", written(value.trim_start_matches(sign))))
}

fn verified(value: &str) -> Became {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Test("author_verified:true".into()),
        "false" | "no" | "0" => Test("author_verified:false".into()),
        _ => Lost("verified is true or false"),
    }
}

/// `>1000`, `>=1000`, `<1000`, `<=1000`, `1000`.
fn followers(value: &str) -> Became {
    let digits = value.trim_start_matches(['>', '<', '=']);
    let Ok(number) = digits.parse::<u32>() else { return Lost("not a number of followers") };
    let number = i64::from(number);
    let (min, max) = match &value[..value.len() - digits.len()] {
        ">" => (Some(number + 1), None),
        ">=" => (Some(number), None),
        "<" => (None, Some((number - 1).max(0))),
        "<=" => (None, Some(number)),
        "" | "=" => (Some(number), Some(number)),
        _ => return Lost("not a number of followers"),
    };
    let end = |end: Option<i64>, open: &str| end.map_or(open.to_owned(), |end| end.to_string());
    Test(format!("author_followers:[{} TO {}]", end(min, "0"), end(max, "*")))
}

fn kind(value: &str) -> Became {
    let kind = match value.to_ascii_lowercase().as_str() {
        "retweet" | "repost" | "share" => "repost",
        "quote" | "quotetweet" => "quote",
        "reply" => "reply",
        "comment" => "comment",
        "review" => "review",
        "verified" => return Test("author_verified:true".into()),
        _ => return Lost("this kind of post is not told apart here"),
    };
    Test(format!("kind:{kind}"))
}

fn sentiment(value: &str) -> Became {
    match value.to_ascii_lowercase().as_str() {
        "positive" | "neutral" | "negative" => {
            let test = format!("sentiment:{}", value.to_ascii_lowercase());
            Nearly(test, "judged by our own model, which need not agree with theirs", Effect::Other)
        }
        _ => Lost("sentiment is positive, neutral or negative here, without degrees"),
    }
}

/// A value as our language takes it.
fn written(value: &str) -> String {
    let value: String = value.chars().filter(|c| !super::lex::is_quote(*c)).collect();
    let is_bare = !value.contains(|c: char| c.is_whitespace() || "()[]{}<>".contains(c));
    if is_bare { value } else { format!("\"{value}\"") }
}
