//! Words near a number that say what it is, looked for within a fixed window and only where a number may be something.

/// Bytes before and after a number in which a word may name it.
const BEFORE: usize = 40;
const AFTER: usize = 24;
/// Bytes before a number in which a word may say that it is an order, a model, a parcel.
const NAME_BEFORE: usize = 24;

/// Words that make a number somebody's goods or papers, not the person.
static OTHERWISE: Words = Words::new(&[
    "order",
    "orders",
    "tracking",
    "parcel",
    "package",
    "shipment",
    "invoice",
    "ticket",
    "case",
    "ref",
    "reference",
    "booking",
    "confirmation",
    "transaction",
    "sku",
    "model",
    "part",
    "item",
    "product",
    "serial",
    "isbn",
    "ean",
    "upc",
    "asin",
    "imei",
    "version",
    "build",
    "id",
    "uuid",
    "hash",
    "status",
    "tweet",
    "article",
    "batch",
    "lot",
    "error",
    "pedido",
    "encomenda",
    "seguimiento",
    "factura",
    "modelo",
    "producto",
    "produto",
    "referencia",
    "fatura",
    "rastreio",
    "rastreamento",
    "commande",
    "colis",
    "facture",
    "suivi",
    "modèle",
    "produit",
    "dossier",
    "bestellung",
    "bestellnummer",
    "auftrag",
    "sendung",
    "sendungsnummer",
    "rechnung",
    "artikel",
    "artikelnummer",
    "modell",
    "vorgang",
    "ticketnummer",
]);
/// Words that may stand between such a word and its number.
static FILLERS: Words = Words::new(&[
    "no", "nr", "num", "number", "numero", "número", "numéro", "nummer", "n", "is", "was", "es", "é", "est", "ist",
    "my", "the", "code",
]);

/// True where one of `cues` stands near the bytes `start..end`. A cue of two words is written with one space.
pub(super) fn near(text: &str, start: usize, end: usize, cues: &Words) -> bool {
    before(text, start, cues) || holds(window(text, end, end.saturating_add(AFTER)), cues)
}

/// True where one of `cues` stands shortly before `start`.
pub(super) fn before(text: &str, start: usize, cues: &Words) -> bool {
    holds(window(text, start.saturating_sub(BEFORE), start), cues)
}

/// True where the word before a number calls it an order, a parcel, a model.
pub(super) fn named_otherwise(text: &str, start: usize) -> bool {
    let words = window(text, start.saturating_sub(NAME_BEFORE), start);
    let mut words = words.rsplit(apart).filter(|word| !word.is_empty());
    words.find(|word| !FILLERS.has(word)).is_some_and(|word| OTHERWISE.has(word))
}

/// True where such a word stands anywhere shortly before a number.
pub(super) fn otherwise_near(text: &str, start: usize) -> bool {
    before(text, start, &OTHERWISE)
}

/// A list of words in lower case, some of them pairs written with one space.
#[derive(Debug)]
pub(super) struct Words {
    list: &'static [&'static str],
    /// Which lengths, first and last letters the words have (of a pair: its second), so that most words of a text are
    /// told from the list by one look.
    marks: [u64; 4],
}

impl Words {
    pub(super) const fn new(list: &'static [&'static str]) -> Self {
        let mut marks = [0; 4];
        let mut entry = 0;
        while entry < list.len() {
            let bytes = list[entry].as_bytes();
            let mut start = bytes.len();
            while start > 0 && bytes[start - 1] != b' ' {
                start -= 1;
            }
            let (place, bit) = mark(bytes, start);
            marks[place] |= bit;
            entry += 1;
        }
        Self { list, marks }
    }

    /// True where `word` is one of them, whatever its case.
    pub(super) fn has(&self, word: &str) -> bool {
        self.has_pair("", word)
    }

    /// True where `word` is one of them, or the second word of a pair after `last`.
    fn has_pair(&self, last: &str, word: &str) -> bool {
        let (place, bit) = mark(word.as_bytes(), 0);
        let pair = last.len() + 1 + word.len();
        let is_pair =
            |entry: &str| entry.split_once(' ').is_some_and(|(first, second)| is(last, first) && is(word, second));
        let told = |entry: &&str| is(word, entry) || (entry.len() == pair && is_pair(entry));
        self.marks[place] & bit != 0 && self.list.iter().any(told)
    }
}

/// Place and bit of what the word from `start` on looks like.
const fn mark(bytes: &[u8], start: usize) -> (usize, u64) {
    if start == bytes.len() {
        return (0, 0);
    }
    let (first, last) = (bytes[start] | 0x20, bytes[bytes.len() - 1] | 0x20);
    let hash = (bytes.len() - start) * 37 + first as usize * 11 + last as usize * 101;
    (hash / 64 % 4, 1 << (hash % 64))
}

fn is(word: &str, lower: &str) -> bool {
    // in these languages a letter takes as many bytes, and begins with the same, in either case
    let (a, b) = (word.as_bytes(), lower.as_bytes());
    if a.len() != b.len() || a.first().zip(b.first()).is_none_or(|(a, b)| (a ^ b) & !0x20 != 0) {
        false
    } else if word.is_ascii() {
        word.eq_ignore_ascii_case(lower)
    } else {
        word.chars().flat_map(char::to_lowercase).eq(lower.chars())
    }
}

fn holds(window: &str, cues: &Words) -> bool {
    let mut last = "";
    for word in window.split(apart).filter(|word| !word.is_empty()) {
        if cues.has_pair(last, word) {
            return true;
        }
        last = word;
    }
    false
}

fn apart(c: char) -> bool {
    !c.is_alphanumeric()
}

/// The text between two bytes, without the words that they cut.
pub(super) fn window(text: &str, from: usize, to: usize) -> &str {
    let from = text.floor_char_boundary(from);
    let to = text.floor_char_boundary(to.min(text.len())).max(from);
    let is_in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut window = &text[from..to];
    if is_in_word(text[..from].chars().next_back()) {
        window = window.trim_start_matches(char::is_alphanumeric);
    }
    if is_in_word(text[to..].chars().next()) {
        window = window.trim_end_matches(char::is_alphanumeric);
    }
    window
}
