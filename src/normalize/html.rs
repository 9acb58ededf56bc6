//! HTML of a post to plain text, with the links in it. One pass, linear, bounded; never fails.
//!
//! Text content of every element counts, also of hidden spans (Mastodon hides the scheme of a link in one). Block
//! elements become line breaks, white space collapses as a browser would, references are decoded once.

use super::entities;
use super::rebase::MAX_ENTITIES;
use crate::mention::{Entity, EntityKind};
use std::borrow::Cow;

/// Plain text with what its anchors mark.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plain {
    pub text: String,
    pub entities: Vec<Entity>,
}

/// Reads `html`; with `drop_quote_line`, paragraphs of class `quote-inline` ("RE: …", the fallback for clients that do
/// not know quotes) are left out.
pub(super) fn to_text(html: &str, drop_quote_line: bool) -> Plain {
    let mut reader = Reader { drop_quote_line, ..Reader::default() };
    let mut rest = html;
    while !rest.is_empty() {
        rest = match rest.as_bytes()[0] {
            b'<' => reader.markup(rest),
            b'&' => reader.reference(rest),
            _ => reader.run(rest),
        };
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    text: String,
    entities: Vec<Entity>,
    drop_quote_line: bool,
    /// Line breaks owed before the next character.
    breaks: usize,
    /// A space owed before the next character.
    space: bool,
    /// How many `pre` are open: white space counts there.
    pre: usize,
    /// Element whose content is left out, until its end tag.
    skip: Option<&'static str>,
    anchor: Option<Anchor>,
}

struct Anchor {
    start: usize,
    href: String,
    kind: EntityKind,
}

impl Reader {
    /// Takes the plain bytes up to the next markup or reference.
    fn run<'a>(&mut self, rest: &'a str) -> &'a str {
        let end = rest.bytes().position(|byte| matches!(byte, b'<' | b'&')).unwrap_or(rest.len());
        let (run, rest) = rest.split_at(end);
        if self.skip.is_none() {
            self.push_run(run);
        }
        rest
    }

    fn push_run(&mut self, mut run: &str) {
        if self.pre > 0 {
            run.chars().for_each(|character| self.push(character));
            return;
        }
        while !run.is_empty() {
            let end = run.bytes().position(|byte| byte.is_ascii_whitespace() || byte == 0).unwrap_or(run.len());
            let (word, rest) = run.split_at(end);
            if !word.is_empty() {
                self.settle();
                self.text.push_str(word);
            }
            let mut rest = rest.chars();
            if let Some(character) = rest.next() {
                self.push(character);
            }
            run = rest.as_str();
        }
    }

    /// Adds one character of text.
    fn push(&mut self, character: char) {
        match character {
            ' ' | '\t' | '\n' | '\r' | '\x0c' if self.pre == 0 => self.space = true,
            '\0' => {
                self.settle();
                self.text.push('\u{fffd}');
            }
            other => {
                self.settle();
                self.text.push(other);
            }
        }
    }

    /// Writes the line breaks or the space owed.
    fn settle(&mut self) {
        if !self.text.is_empty() {
            if self.breaks > 0 {
                let had = self.text.bytes().rev().take(self.breaks).take_while(|byte| *byte == b'\n').count();
                (had..self.breaks).for_each(|_| self.text.push('\n'));
            } else if self.space && !self.text.ends_with('\n') {
                self.text.push(' ');
            }
        }
        self.breaks = 0;
        self.space = false;
    }

    fn reference<'a>(&mut self, rest: &'a str) -> &'a str {
        let (character, length) = entities::reference(rest).unwrap_or(('&', 1));
        if self.skip.is_none() {
            // a character given by reference is meant: it does not collapse
            self.settle();
            self.text.push(character);
        }
        &rest[length..]
    }

    /// Takes a tag, a comment, or a `<` that is neither.
    fn markup<'a>(&mut self, rest: &'a str) -> &'a str {
        // within a script or a style sheet nothing is markup but its end
        if self.skip.is_some_and(|name| name != "p") && !rest.starts_with("</") {
            return &rest[1..];
        }
        if let Some(comment) = rest.strip_prefix("<!--") {
            return comment.find("-->").map_or("", |end| &comment[end + 3..]);
        }
        match rest.as_bytes().get(1) {
            Some(b'!' | b'?') => rest.find('>').map_or("", |end| &rest[end + 1..]),
            Some(b'/' | b'a'..=b'z' | b'A'..=b'Z') => {
                let (tag, rest) = Tag::parse(rest);
                self.tag(&tag);
                rest
            }
            _ => {
                if self.skip.is_none() {
                    self.push('<');
                }
                &rest[1..]
            }
        }
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        if let Some(name) = self.skip {
            if tag.is(name) && (tag.is_end || name == "p") {
                self.skip = None;
            }
            // a paragraph that was never ended ends where the next begins
            if tag.is_end || self.skip.is_some() {
                return;
            }
        }
        if tag.is("br") {
            self.settle_break();
        } else if tag.is("a") {
            self.anchor(tag);
        } else if tag.is("script") || tag.is("style") {
            self.skip = if tag.is_end { None } else { Some(if tag.is("script") { "script" } else { "style" }) };
        } else if tag.is("p") {
            self.breaks = self.breaks.max(2);
            if !tag.is_end && self.drop_quote_line && tag.has_class("quote-inline") {
                self.skip = Some("p");
            }
        } else if is_block(tag.name) {
            self.breaks = self.breaks.max(1);
            if tag.is("pre") {
                self.pre = if tag.is_end { self.pre.saturating_sub(1) } else { self.pre + 1 };
            }
        }
    }

    fn settle_break(&mut self) {
        self.space = false;
        if self.breaks > 0 {
            self.settle();
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn anchor(&mut self, tag: &Tag<'_>) {
        self.close_anchor();
        if tag.is_end {
            return;
        }
        let Some(href) = tag.attribute("href") else { return };
        let rel = tag.attribute("rel").unwrap_or_default();
        let kind = if tag.has_class("hashtag") || rel.split_ascii_whitespace().any(|word| word == "tag") {
            EntityKind::Hashtag
        } else if tag.has_class("mention") {
            EntityKind::Mention
        } else {
            EntityKind::Url
        };
        if self.space || self.breaks > 0 {
            self.settle();
        }
        self.anchor = Some(Anchor { start: self.text.len(), href: href.into_owned(), kind });
    }

    fn close_anchor(&mut self) {
        let Some(anchor) = self.anchor.take() else { return };
        let shown = self.text.get(anchor.start..).unwrap_or_default().trim_end();
        let end = anchor.start + shown.len();
        let value = match anchor.kind {
            EntityKind::Hashtag => shown.trim_start_matches(['#', '＃']).to_owned(),
            EntityKind::Mention => shown.trim_start_matches(['@', '＠']).to_owned(),
            EntityKind::Url | EntityKind::Cashtag => anchor.href,
        };
        let (Ok(start), Ok(end)) = (u32::try_from(anchor.start), u32::try_from(end)) else { return };
        let is_address = anchor.kind != EntityKind::Url || is_web_address(&value);
        if start < end && !value.is_empty() && is_address && self.entities.len() < MAX_ENTITIES {
            self.entities.push(Entity { kind: anchor.kind, value, start, end });
        }
    }

    fn finish(mut self) -> Plain {
        self.close_anchor();
        self.text.truncate(self.text.trim_end().len());
        Plain { text: self.text, entities: self.entities }
    }
}

/// Other schemes and broken markup are no links that anybody could follow.
fn is_web_address(href: &str) -> bool {
    let starts = |scheme: &str| href.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("https://") || starts("http://")
}

fn is_block(name: &str) -> bool {
    const BLOCKS: [&str; 19] = [
        "div",
        "li",
        "ul",
        "ol",
        "pre",
        "blockquote",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "tr",
        "table",
        "hr",
        "section",
        "article",
        "dt",
        "dd",
    ];
    BLOCKS.iter().any(|block| block.eq_ignore_ascii_case(name))
}

/// A start or end tag.
struct Tag<'a> {
    name: &'a str,
    is_end: bool,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// Reads the tag at the start of `rest`, and what follows it. A tag that does not end takes all.
    fn parse(rest: &'a str) -> (Self, &'a str) {
        let bytes = rest.as_bytes();
        let is_end = bytes.get(1) == Some(&b'/');
        let from = if is_end { 2 } else { 1 };
        let name_end = from + bytes[from..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let end = tag_end(bytes, name_end);
        let tag = Self { name: &rest[from..name_end], is_end, attributes: &rest[name_end..end] };
        (tag, rest.get(end + 1..).unwrap_or_default())
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn has_class(&self, class: &str) -> bool {
        self.attribute("class").is_some_and(|list| list.split_ascii_whitespace().any(|word| word == class))
    }

    /// The value of an attribute, decoded.
    fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(rest.len());
            let (found, after) = rest.split_at(end);
            if found.is_empty() && after.is_empty() {
                return None;
            }
            let after = after.trim_ascii_start();
            let Some(after) = after.strip_prefix('=') else {
                rest = after;
                continue;
            };
            let (value, after) = attribute_value(after.trim_ascii_start());
            if found.eq_ignore_ascii_case(name) {
                return Some(decode(value));
            }
            rest = after;
        }
    }
}

/// Index of the `>` that ends a tag, quotes respected, or the length.
fn tag_end(bytes: &[u8], from: usize) -> usize {
    let mut quote = None;
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    bytes.len()
}

fn attribute_value(rest: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(body) = rest.strip_prefix(quote) {
            return body.split_once(quote).unwrap_or((body, ""));
        }
    }
    rest.split_at(rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len()))
}

fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        decoded.push_str(before);
        let (character, length) = entities::reference(from).unwrap_or(('&', 1));
        decoded.push(character);
        rest = &from[length..];
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_common_markup() {
        let cases = [
            ("<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree"),
            ("plain", "plain"),
            ("", ""),
            ("<p></p>", ""),
            ("<P CLASS=x>a  b\n c</P>\n<p> d </p>", "a b c\n\nd"),
            ("a<br/><br />b", "a\n\nb"),
            ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
            ("<pre>a\n  b</pre>c", "a\n  b\nc"),
            ("5 &lt; 6 &amp;&amp; &quot;x&quot; &#39;y&#x27; &nbsp;z", "5 < 6 && \"x\" 'y' \u{a0}z"),
            ("&amp;lt;p&amp;gt;", "&lt;p&gt;"),
            ("a < b <3 &c", "a < b <3 &c"),
            ("a<!-- <p>no</p> -->b<script>if (a<b) {}</script>c<style>p{}</style>d", "abcd"),
            ("cut <a href=\"https://x.exam", "cut"),
            ("<a title=\"1 > 0\" href='/x'>y</a>", "y"),
            ("nul \0", "nul \u{fffd}"),
            ("<p>RE gone</p class=\"quote-inline\">kept", "RE gone\n\nkept"),
        ];
        for (html, want) in cases {
            assert_eq!(to_text(html, false).text, want, "{html}");
        }
    }

    #[test]
    fn anchors_become_entities_with_their_place() {
        let html = "<p>Hi <span class=\"h-card\"><a href=\"https://ex.test/@ana\" class=\"u-url mention\">@<span>ana</span></a></span>: \
            <a href=\"https://ex.test/?a=1&amp;b=2\" rel=\"nofollow\"><span class=\"invisible\">https://</span><span>ex.test/…</span></a> \
            <a href=\"https://ex.test/tags/caf%C3%A9\" class=\"mention hashtag\" rel=\"tag\">#<span>Café</span></a> <a>none</a> <a href=\"javascript:x\">no</a></p>";
        let plain = to_text(html, false);
        assert_eq!(plain.text, "Hi @ana: https://ex.test/… #Café none no");
        let found: Vec<_> = plain
            .entities
            .iter()
            .map(|e| (e.kind, e.value.as_str(), &plain.text[e.start as usize..e.end as usize]))
            .collect();
        assert_eq!(
            found,
            [
                (EntityKind::Mention, "ana", "@ana"),
                (EntityKind::Url, "https://ex.test/?a=1&b=2", "https://ex.test/…"),
                (EntityKind::Hashtag, "Café", "#Café"),
            ]
        );
    }

    #[test]
    fn the_quote_line_goes_only_when_asked() {
        let html = "<p class=\"x quote-inline\">RE: <a href=\"https://ex.test/1\">ex.test/1</a></p><p>mine</p>";
        assert_eq!(to_text(html, false).text, "RE: ex.test/1\n\nmine");
        let plain = to_text(html, true);
        assert_eq!((plain.text.as_str(), plain.entities.len()), ("mine", 0));
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_entities_inside_the_text(html in "([ -~é😀]|<a href=\"|<p>|</a>|&amp;|<br>|</p>|\n){0,60}") {
            let plain = to_text(&html, true);
            for entity in &plain.entities {
                proptest::prop_assert!(plain.text.get(entity.start as usize..entity.end as usize).is_some_and(|t| !t.is_empty()));
            }
            proptest::prop_assert!(plain.text.len() <= html.len() * 3 + 2);
        }
    }
}
