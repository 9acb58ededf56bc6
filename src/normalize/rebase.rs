//! From a text as sent to the text that is kept, with a map for the offsets that came along.
//!
//! Platforms count in their own units, in the text as sent, before escapes are undone. A [`Rebased`] keeps, for every
//! unit, the UTF-8 byte of the final text; an offset that falls inside a character or an escape has none.

/// What offsets count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Unicode code points (X).
    CodePoint,
    /// UTF-8 bytes (Bluesky).
    Byte,
    /// UTF-16 units (Telegram).
    Utf16,
}

/// Whether `&amp;`, `&lt;` and `&gt;` are undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// They are text.
    Keep,
    /// They stand for `&`, `<` and `>` (X, Reddit).
    Undo,
}

/// Most entities that are kept of one text.
pub(super) const MAX_ENTITIES: usize = 256;

/// Where an offset has no place in the final text.
const NOWHERE: u32 = u32::MAX;

/// The text that is kept, and where its offsets went.
#[derive(Debug)]
pub(super) struct Rebased {
    pub text: String,
    /// Byte of the final text by unit of the text as sent; `None` where units are bytes and nothing moved.
    map: Option<Vec<u32>>,
    /// Whether the text differs from the text as sent.
    pub changed: bool,
}

impl Rebased {
    /// Undoes escapes, turns NUL into U+FFFD, and keeps a map if `with_map` (else offsets cannot be asked for).
    pub fn new(raw: &str, escapes: Escapes, unit: Unit, with_map: bool) -> Self {
        let rewrites = memchr(raw, 0) || (escapes == Escapes::Undo && memchr(raw, b'&'));
        if !rewrites && (!with_map || unit == Unit::Byte || raw.is_ascii()) {
            return Self { text: raw.to_owned(), map: None, changed: false };
        }
        let mut text = String::with_capacity(raw.len());
        let mut map = Vec::with_capacity(if with_map { raw.len() + 1 } else { 0 });
        let mut rest = raw;
        while let Some((character, length)) = next(rest, escapes) {
            if with_map {
                map.push(u32::try_from(text.len()).unwrap_or(NOWHERE));
                let (taken, _) = rest.split_at(length);
                let units = match unit {
                    Unit::Byte => length,
                    Unit::CodePoint => taken.chars().count(),
                    Unit::Utf16 => taken.encode_utf16().count(),
                };
                map.resize(map.len() + units - 1, NOWHERE);
            }
            text.push(character);
            rest = &rest[length..];
        }
        map.push(u32::try_from(text.len()).unwrap_or(NOWHERE));
        let changed = text != raw;
        Self { text, map: with_map.then_some(map), changed }
    }

    /// The byte range of the final text for a range of units, if both ends have a place and it is not empty.
    pub fn range(&self, start: i64, end: i64) -> Option<(u32, u32)> {
        let (start, end) = (self.byte(start)?, self.byte(end)?);
        (start < end).then_some((start, end))
    }

    fn byte(&self, offset: i64) -> Option<u32> {
        let offset = usize::try_from(offset).ok()?;
        match &self.map {
            Some(map) => map.get(offset).copied().filter(|byte| *byte != NOWHERE),
            None => self.text.is_char_boundary(offset).then(|| u32::try_from(offset).ok()).flatten(),
        }
    }

    /// The part of the final text that a range from [`Self::range`] covers.
    pub fn slice(&self, (start, end): (u32, u32)) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }
}

fn memchr(text: &str, byte: u8) -> bool {
    text.as_bytes().contains(&byte)
}

/// The next character of the final text and how many bytes of `rest` it takes.
fn next(rest: &str, escapes: Escapes) -> Option<(char, usize)> {
    let character = rest.chars().next()?;
    Some(match character {
        '\0' => ('\u{fffd}', 1),
        '&' if escapes == Escapes::Undo => undo(rest),
        other => (other, other.len_utf8()),
    })
}

fn undo(rest: &str) -> (char, usize) {
    const ESCAPES: [(&str, char); 3] = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')];
    let found = ESCAPES.iter().find(|(escape, _)| rest.starts_with(escape));
    found.map_or(('&', 1), |(escape, character)| (*character, escape.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_code_points_past_escapes_and_astral_characters() {
        let rebased = Rebased::new("🎉 A&amp;B &lt;x #tag", Escapes::Undo, Unit::CodePoint, true);
        assert_eq!(rebased.text, "🎉 A&B <x #tag");
        assert!(rebased.changed);
        let range = rebased.range(16, 20).expect("both ends lie between characters");
        assert_eq!(rebased.slice(range), "#tag");
        assert_eq!(rebased.range(4, 20), None, "inside an escape");
        assert_eq!(rebased.range(16, 21), None, "past the end");
        assert_eq!(rebased.range(16, 16), None, "empty");
        assert_eq!(rebased.range(-1, 3), None);
    }

    #[test]
    fn maps_bytes_past_a_nul() {
        let rebased = Rebased::new("\0é #t", Escapes::Keep, Unit::Byte, true);
        assert_eq!(rebased.text, "\u{fffd}é #t");
        assert_eq!(rebased.range(4, 6).map(|range| rebased.slice(range)), Some("#t"));
        assert_eq!(rebased.range(2, 6), None, "inside a character");
        let plain = Rebased::new("é #t", Escapes::Keep, Unit::Byte, true);
        assert_eq!(plain.range(3, 5).map(|range| plain.slice(range)), Some("#t"));
        assert_eq!(plain.range(1, 5), None, "inside a character");
    }

    #[test]
    fn maps_utf16_units_past_astral_characters() {
        let rebased = Rebased::new("🚀🚀 обзор #тег", Escapes::Keep, Unit::Utf16, true);
        assert_eq!(rebased.range(11, 15).map(|range| rebased.slice(range)), Some("#тег"));
        assert_eq!(rebased.range(0, 2).map(|range| rebased.slice(range)), Some("🚀"));
        assert_eq!(rebased.range(1, 4), None, "inside a pair");
        assert_eq!(rebased.range(11, 16), None, "past the end");
    }

    #[test]
    fn undoes_one_level_of_escapes() {
        let rebased = Rebased::new("&amp;lt; &copy; & &amp", Escapes::Undo, Unit::CodePoint, false);
        assert_eq!(rebased.text, "&lt; &copy; & &amp");
        assert_eq!(Rebased::new("a&amp;", Escapes::Keep, Unit::Byte, false).text, "a&amp;");
    }

    proptest::proptest! {
        #[test]
        fn the_map_is_what_a_walk_over_the_characters_gives(raw in "[a&;ltgmp😀é\0]{0,24}", at in 0usize..30) {
            let rebased = Rebased::new(&raw, Escapes::Undo, Unit::CodePoint, true);
            let before: String = raw.chars().take(at).collect();
            let naive = before.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace('\0', "\u{fffd}");
            if let Some(byte) = rebased.byte(at as i64)
                && !before.contains('&')
            {
                proptest::prop_assert_eq!(byte as usize, naive.len());
            }
            proptest::prop_assert!(rebased.byte(raw.chars().count() as i64) == Some(rebased.text.len() as u32));
        }
    }
}
