use super::nearness::{Spelling, are_neighbors, edits_allowed, reading};
use super::*;
use crate::text::edits;
use proptest::prelude::*;

fn listed(brand: &str, product: Option<&str>, not: &[&str]) -> Listed {
    let not = not.iter().map(|word| (*word).to_owned()).collect();
    Listed { brand: brand.to_owned(), product: product.map(str::to_owned), also: Vec::new(), not }
}

/// Invented brands, as a pack would list them.
fn brands() -> Brands {
    let mut list = vec![
        listed("Orbita", None, &[]),
        listed("Nimbus", None, &[]),
        listed("Nimbus", Some("Nimbus Pay"), &[]),
        listed("Nimbus", Some("Nimbus Cloud"), &[]),
        listed("Kestrel", None, &[]),
        listed("Zephyrline", None, &[]),
        listed("Bramblewick", None, &[]),
        listed("Lumo", None, &[]),
        listed("Feezy", None, &["feely"]),
        listed("Northwind", None, &[]),
        listed("Quillaro", None, &[]),
        listed("任天", None, &[]),
    ];
    list[6].also.push("bramblevik".to_owned());
    Brands::compile(&list, ["nimbos"])
}

/// What is told of a text: `name why`, in order.
fn told(brands: &Brands, text: &str) -> Vec<NamedBrand> {
    let document = Document::new(text);
    brands.see(&document, &mut Memory::default()).told(&document)
}

fn names(brands: &Brands, text: &str) -> String {
    let name = |named: &NamedBrand| named.product.clone().unwrap_or_else(|| named.brand.clone());
    told(brands, text).iter().map(name).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_way_of_writing_has_its_reason() {
    let brands = brands();
    for (text, name, written, why, how) in [
        ("we love ORBITA!", "Orbita", "ORBITA", Why::Exact, "as spelt"),
        ("Órbita's app", "Orbita", "Órbita", Why::Exact, "as spelt"),
        ("orbita.example is down", "Orbita", "orbita", Why::Exact, "as spelt"),
        ("die l'orbita", "Orbita", "orbita", Why::Exact, "as spelt"),
        ("@Orbita hello", "Orbita", "Orbita", Why::Exact, "as spelt"),
        ("Nimbus Pay, again", "Nimbus Pay", "Nimbus Pay", Why::Exact, "as spelt"),
        ("#NimbusPay", "Nimbus Pay", "NimbusPay", Why::Exact, "as spelt"),
        ("lumo", "Lumo", "lumo", Why::Exact, "as spelt"),
        ("任天の", "任天", "任天", Why::Exact, "as spelt"),
        ("0rbita", "Orbita", "0rbita", Why::Lookalike, "in look-alike letters"),
        ("orb1ta", "Orbita", "orb1ta", Why::Lookalike, "in look-alike letters"),
        ("orb!ta", "Orbita", "orb!ta", Why::Lookalike, "in look-alike letters"),
        ("оrbіtа", "Orbita", "оrbіtа", Why::Lookalike, "in look-alike letters"),
        ("nirnbus", "Nimbus", "nirnbus", Why::Lookalike, "in look-alike letters"),
        ("ask LUM0", "Lumo", "LUM0", Why::Lookalike, "in look-alike letters"),
        ("or bita", "Orbita", "or bita", Why::Split, "in two words"),
        ("Or-bita", "Orbita", "Or-bita", Why::Split, "in two words"),
        ("nimbuspay", "Nimbus Pay", "nimbuspay", Why::Joined, "in one word"),
        ("#nimbusclouk", "Nimbus Cloud", "nimbusclouk", Why::Slip, "one letter replaced"),
        ("#nimbusclown #nimbushelp", "Nimbus", "nimbus", Why::Joined, "as a part of a tag"),
        ("#orbitafail", "Orbita", "orbita", Why::Joined, "as a part of a tag"),
        ("#boycottorbita2024", "Orbita", "orbita", Why::Joined, "as a part of a tag"),
        ("@orbita_help", "Orbita", "orbita", Why::Exact, "as spelt"),
        ("Orbittafail", "", "", Why::Exact, ""),
        ("#orbittafail", "Orbita", "orbitta", Why::Slip, "one letter doubled"),
        ("Orbitta", "Orbita", "Orbitta", Why::Slip, "one letter doubled"),
        ("Orbitaaaaa", "Orbita", "Orbitaaaaa", Why::Slip, "a letter drawn out"),
        ("Quilaro", "Quillaro", "Quilaro", Why::Slip, "one letter of two missing"),
        ("Orbta", "Orbita", "Orbta", Why::Slip, "one letter missing"),
        ("Orbirta", "Orbita", "Orbirta", Why::Slip, "one letter more"),
        ("Oribta", "Orbita", "Oribta", Why::Slip, "two letters swapped"),
        ("orblta", "Orbita", "orblta", Why::Slip, "a letter that looks like it"),
        ("Irbita", "Orbita", "Irbita", Why::Slip, "a neighboring key"),
        ("Kestral", "Kestrel", "Kestral", Why::Slip, "one letter replaced"),
        ("Bramblewik", "Bramblewick", "Bramblewik", Why::Phonetic, "as it sounds"),
        ("bramblevik", "Bramblewick", "bramblevik", Why::Slip, "a known misspelling"),
        ("Nothwimd", "Northwind", "Nothwimd", Why::Slip, "two letters changed"),
        ("Zefirline", "Zephyrline", "Zefirline", Why::Phonetic, "as it sounds"),
        ("Cestrel", "Kestrel", "Cestrel", Why::Exact, ""),
        ("Kwillaro", "Quillaro", "Kwillaro", Why::Exact, ""),
        ("NimbusPai", "Nimbus Pay", "NimbusPai", Why::Phonetic, "as it sounds"),
        ("Nimbus Pai", "Nimbus Pay", "Nimbus Pai", Why::Phonetic, "as it sounds"),
        ("Nimbis Pay", "Nimbus Pay", "Nimbis Pay", Why::Slip, "a neighboring key"),
        ("Feazy", "Feezy", "Feazy", Why::Phonetic, "as it sounds"),
    ] {
        let told = told(&brands, text);
        let got: Vec<_> = told
            .iter()
            .map(|named| {
                let name = named.product.as_deref().unwrap_or(&named.brand);
                (name, named.written.as_str(), named.why, named.how.as_str())
            })
            .collect();
        let wanted: Vec<_> =
            (!name.is_empty() && !how.is_empty()).then_some((name, written, why, how)).into_iter().collect();
        assert_eq!(got, wanted, "{text}");
    }
}

#[test]
fn spans_and_positions_are_those_of_the_text() {
    let brands = brands();
    let document = Document::new("ask 0rbita about Nimbis\u{200b} Pay and #NimbusCloud");
    let mut memory = Memory::default();
    let seen = brands.see(&document, &mut memory);
    let places: Vec<_> =
        seen.found().iter().map(|found| (document.original(found.span), found.position, found.position_end)).collect();
    assert_eq!(places, [("0rbita", 1, 2), ("Nimbis\u{200b} Pay", 3, 5), ("NimbusCloud", 6, 8)]);
    let mut keys = Vec::new();
    seen.for_each_key(|key, _| keys.push(key));
    assert_eq!(keys, ["orbita", "nimbus", "nimbuspay", "nimbus", "nimbuscloud"]);
}

/// Texts with the name that each means.
const MISSPELT: [(&str, &str); 104] = [
    ("Orbitta is down again", "Orbita"),
    ("is 0rbita broken?", "Orbita"),
    ("orb1ta ate my money", "Orbita"),
    ("Orbta support is a joke", "Orbita"),
    ("thanks Oribta", "Orbita"),
    ("Or bita is slow", "Orbita"),
    ("#orbitafail", "Orbita"),
    ("#OrbitaDown now", "Orbita"),
    ("@0rbita_help hello", "Orbita"),
    ("orbitq app", "Orbita"),
    ("ORBBITA", "Orbita"),
    ("orrbita", "Orbita"),
    ("oorbita", "Orbita"),
    ("Orbita's", "Orbita"),
    ("orvita", "Orbita"),
    ("orbits? no, orbiya", "Orbita"),
    ("0rb1t4", "Orbita"),
    ("orbi ta", "Orbita"),
    ("orbeta", "Orbita"),
    ("orbyta", "Orbita"),
    ("orpita or orbitaa", "Orbita"),
    ("orbitaaaaa why", "Orbita"),
    ("rbita", "Orbita"),
    ("robita", "Orbita"),
    ("orbiat", "Orbita"),
    ("órbitta", "Orbita"),
    ("#boycottorbita", "Orbita"),
    ("@orbitasupport", "Orbita"),
    ("orb!ta", "Orbita"),
    ("оrbitа", "Orbita"),
    ("ΟRBITA", "Orbita"),
    ("o-r-bita or or-bita", "Orbita"),
    ("Nimbuss", "Nimbus"),
    ("nimbsu", "Nimbus"),
    ("nimus", "Nimbus"),
    ("nibmus", "Nimbus"),
    ("nymbus", "Nimbus"),
    ("n1mbus", "Nimbus"),
    ("nimbu5", "Nimbus"),
    ("nimmbus", "Nimbus"),
    ("nim bus", "Nimbus"),
    ("nirnbus", "Nimbus"),
    ("nimvus", "Nimbus"),
    ("mimbus", "Nimbus"),
    ("nimbis", "Nimbus"),
    ("nimbhus", "Nimbus"),
    ("nimbbus", "Nimbus"),
    ("ɴɪᴍʙᴜꜱ", "Nimbus"),
    ("nimbuz", "Nimbus"),
    ("inmbus", "Nimbus"),
    ("nimbua", "Nimbus"),
    ("#nimbusdown", "Nimbus"),
    ("Nimbus Pai", "Nimbus Pay"),
    ("NimbusPai", "Nimbus Pay"),
    ("nimbuspay", "Nimbus Pay"),
    ("nimbus-pay", "Nimbus Pay"),
    ("Nimbs Pay", "Nimbus Pay"),
    ("nimbusspay", "Nimbus Pay"),
    ("NimbusP4y", "Nimbus Pay"),
    ("#nimbuspayfail", "Nimbus Pay"),
    ("nimbus clouds? no: nimbus cluod", "Nimbus Cloud"),
    ("nimbuscloud", "Nimbus Cloud"),
    ("Nymbus Cloud", "Nimbus Cloud"),
    ("nimbuscluod", "Nimbus Cloud"),
    ("Kestral", "Kestrel"),
    ("kestrell", "Kestrel"),
    ("kesterl", "Kestrel"),
    ("kestre", "Kestrel"),
    ("kesstrel", "Kestrel"),
    ("ketsrel", "Kestrel"),
    ("kestril", "Kestrel"),
    ("k3strel", "Kestrel"),
    ("lestrel", "Kestrel"),
    ("keztrel", "Kestrel"),
    ("kestreel", "Kestrel"),
    ("qestrel", "Kestrel"),
    ("kes trel", "Kestrel"),
    ("Zephirline", "Zephyrline"),
    ("zefyrline", "Zephyrline"),
    ("zephyrlne", "Zephyrline"),
    ("sephyrline", "Zephyrline"),
    ("zephyr line", "Zephyrline"),
    ("zehpyrline", "Zephyrline"),
    ("zepyrline", "Zephyrline"),
    ("zephyrlime", "Zephyrline"),
    ("Bramblewik", "Bramblewick"),
    ("bramblewic", "Bramblewick"),
    ("bramble wick", "Bramblewick"),
    ("bramblwick", "Bramblewick"),
    ("brambelwick", "Bramblewick"),
    ("bramlewick", "Bramblewick"),
    ("brambllewickk", "Bramblewick"),
    ("bramblewock", "Bramblewick"),
    ("LUM0", "Lumo"),
    ("Iumo lumо", "Lumo"),
    ("feezzy", "Feezy"),
    ("feazy", "Feezy"),
    ("feesy", "Feezy"),
    ("Feezyy", "Feezy"),
    ("nothwind", "Northwind"),
    ("norhtwind", "Northwind"),
    ("northwnd", "Northwind"),
    ("quilaro", "Quillaro"),
    ("quillarro", "Quillaro"),
];

/// Texts in which nobody is named.
const INNOCENT: [&str; 104] = [
    "the orbit of the moon",
    "an orbital station",
    "orbits and orbiters",
    "orbiting since May",
    "the arbiter decided",
    "a nimble fox",
    "nimbly done",
    "thimbles and needles",
    "two kestrels above the field",
    "minstrels sang",
    "castor oil",
    "a petrel at sea",
    "the nostril",
    "orbitas elípticas",
    "satélites orbitales",
    "orbitar la tierra",
    "un orbiteur",
    "en orbite",
    "l'orbite de Mars",
    "die Orbitale",
    "Umlaufbahnen",
    "numbers do not lie",
    "members only",
    "limbus is a word",
    "nimbos is a word of a query",
    "nimbi in the plural",
    "cumulus and stratus",
    "northward we go",
    "the north wing",
    "northern lights",
    "a brambles path",
    "brambly hedge",
    "rambling on",
    "gambling",
    "a candle wick",
    "bumblebee",
    "the zephyrs blow",
    "a decipher line",
    "airline food",
    "feely touchy",
    "feed me",
    "fees are high",
    "freezer broke",
    "breezy day",
    "free as ever",
    "feel free",
    "lump sum",
    "limo service",
    "luma and chroma",
    "lume",
    "sumo wrestling",
    "lumos",
    "lumbago",
    "alumni",
    "quill and ink",
    "a quilt",
    "squirrel",
    "quarrel",
    "tranquil",
    "guillotine",
    "to the library",
    "rabbits",
    "habitat",
    "inhabitant",
    "cohabit",
    "debit card",
    "exorbitant prices",
    "suborbital flight",
    "orbicular",
    "obituary",
    "rebate",
    "a robot",
    "bitter taste",
    "better late",
    "over it",
    "or bit by bit",
    "our bit",
    "a bus stop",
    "omnibus",
    "him bus",
    "minibus",
    "nimbus2000x",
    "incubus",
    "syllabus",
    "rhombus",
    "columbus",
    "airbus",
    "limbo dance",
    "timber",
    "number five bus",
    "kettle",
    "wrestle",
    "castrate",
    "trellis",
    "mistrial",
    "cash till",
    "vestal",
    "crystal",
    "pastel colours",
    "pestle",
    "nestle down",
    "restless",
    "please pay now",
    "north end winds",
];

#[test]
fn misspelt_names_are_found_and_innocent_words_are_not() {
    let brands = brands();
    let missed: Vec<_> = MISSPELT
        .iter()
        .map(|(text, name)| (text, name, names(&brands, text)))
        .filter(|(_, name, got)| got.split(", ").all(|got| got != **name))
        .collect();
    let taken: Vec<_> =
        INNOCENT.iter().map(|text| (text, names(&brands, text))).filter(|(_, got)| !got.is_empty()).collect();
    let (found, all) = (MISSPELT.len() - missed.len(), MISSPELT.len());
    // in hundredths: of the misspelt ones found, and of the texts in which something was found those that were right
    assert!(100 * found >= 95 * all, "found {found} of {all}, missed {missed:?}");
    assert!(100 * found >= 95 * (found + taken.len()), "{} innocent texts taken: {taken:?}", taken.len());
}

#[test]
fn short_names_have_no_slips() {
    let list: Vec<Listed> = ["Io", "Lumo", "Bolt", "Sun"].iter().map(|name| listed(name, None, &[])).collect();
    let brands = Brands::compile(&list, []);
    for text in
        ["lumos", "limo", "lum", "bold", "bolts", "bol", "boltt", "so", "on", "son", "ion", "1o0", "fun", "lu mo"]
    {
        assert_eq!(names(&brands, text), "", "{text}");
    }
    for (text, name) in [("b0lt", "Bolt"), ("BOLT", "Bolt"), ("#bolt", "Bolt"), ("5un", "Sun"), ("io", "Io")] {
        assert_eq!(names(&brands, text), name, "{text}");
    }
}

#[test]
fn a_common_word_that_is_a_name_is_found_as_spelt_only() {
    let brands = Brands::compile(&[listed("Orange", None, &[]), listed("Simple", None, &["simpel"])], []);
    for (text, name) in [("Simple", "Simple"), ("simpel", ""), ("sample", ""), ("orangge", "Orange"), ("oranges", "")] {
        assert_eq!(names(&brands, text), name, "{text}");
    }
}

#[test]
fn what_cannot_be_a_name_is_never_found() {
    let long = "abcdefghij".repeat(3);
    let many = "a b c d e f g h i j";
    let brands = Brands::compile(
        &[listed("", None, &[]), listed("!?", None, &[]), listed(&long, None, &[]), listed(many, None, &[])],
        [],
    );
    for text in ["", "!?", &long, many, "a"] {
        assert_eq!(names(&brands, text), "", "{text}");
    }
    assert_eq!(names(&Brands::default(), "orbita"), "");
}

#[test]
fn long_texts_cost_their_length() {
    let brands = brands();
    for unit in
        ["nimbus ", "n", "nimbus pay ", "#orbitafail", "o.", "or bita ", "vv", "rn", "任天", "0", "é", "nimbu ", "'n"]
    {
        let text = unit.repeat((1 << 20) / unit.len());
        let document = Document::new(&text);
        let mut memory = Memory::default();
        let found = brands.see(&document, &mut memory).found().len();
        assert!(found <= FOUND_MAX, "{unit}");
        assert!(memory.found.capacity() <= 8 * FOUND_MAX && memory.chains.len() <= CHAINS_MAX, "{unit}");
    }
}

#[test]
fn keys_beside_each_other() {
    for (one, other, expected) in [
        ('a', 's', true),
        ('a', 'q', true),
        ('o', 'i', true),
        ('b', 'v', true),
        ('g', 'b', true),
        ('y', 'x', true),
        ('a', 'l', false),
        ('q', 'z', false),
        ('a', 'a', false),
        ('é', 'e', false),
    ] {
        assert_eq!((are_neighbors(one, other), are_neighbors(other, one)), (expected, expected), "{one} {other}");
    }
}

/// The readings of one word by every name, without an index: the nearest, then the first.
fn naive(names: &[String], letters: &[Letter]) -> Option<(u8, usize)> {
    let near = names.iter().enumerate().filter_map(|(number, name)| {
        let mut word = Word::default();
        word.read(name, 0);
        let spelling =
            Spelling { letters: word.letters.iter().map(|l| l.seen).collect(), sound: Sound::of(&word.letters) };
        let found = reading(letters, &spelling, || common::words().any(|common| common == as_text(letters)))?;
        (!found.needs_company).then_some((found.cost, number))
    });
    near.min()
}

fn as_text(letters: &[Letter]) -> String {
    letters.iter().map(|letter| letter.seen).collect()
}

/// A name with up to three edits in it.
fn misspelt(names: Vec<String>) -> impl Strategy<Value = (Vec<String>, String)> {
    let edit = (0_u8..4, 0_usize..16, prop::char::range('a', 'z'));
    let count = names.len();
    (Just(names), 0..count, prop::collection::vec(edit, 0..4)).prop_map(|(names, which, edits)| {
        let mut letters: Vec<char> = names[which].chars().collect();
        for (kind, at, letter) in edits {
            let at = at % letters.len().max(1);
            match kind {
                0 => letters.insert(at, letter),
                1 if letters.len() > 2 => drop(letters.remove(at)),
                2 if at + 1 < letters.len() => letters.swap(at, at + 1),
                _ => letters[at] = letter,
            }
        }
        (names, letters.into_iter().collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_a_scan_over_all_names_finds(
        (names, text) in prop::collection::vec("[abeikloprst]{2,6}[bilmnu]{0,6}", 1..12).prop_flat_map(misspelt)
    ) {
        let mut names = names;
        names.sort();
        names.dedup();
        let list: Vec<Listed> = names.iter().map(|name| listed(name, None, &[])).collect();
        let brands = Brands::compile(&list, []);
        let mut word = Word::default();
        prop_assume!(word.read(&text, 0) && !word.is_drawn_out && !brands.ordinary.has(hash_word(text.as_bytes())));
        prop_assume!(!brands.is_protected(&word.letters) && !text.contains("rn") && !text.contains("vv"));
        let document = Document::new(&text);
        let mut memory = Memory::default();
        let found = brands.see(&document, &mut memory).found().first().map(|found| (found.cost, found.name as usize));
        prop_assert_eq!(found, naive(&names, &word.letters), "{} among {:?}", text, names);
        if let Some((_, name)) = found {
            let (seen, name): (Vec<char>, Vec<char>) = (text.chars().collect(), names[name].chars().collect());
            prop_assert!(edits(&seen, &name) <= usize::from(edits_allowed(name.len())) + 2);
        }
    }

    #[test]
    fn a_letter_doubled_missing_or_swapped_within_a_long_name_is_found(
        name in "[bdgkmnprtvz][aeiou][bdgkmnprtv][aeiou][bdgkmnprtv][aeiou][lmnr][aeiou][bdgkm]", kind in 0..3, at in 1_usize..7
    ) {
        let mut letters: Vec<char> = name.chars().collect();
        match kind {
            0 => letters.insert(at, letters[at]),
            1 => drop(letters.remove(at)),
            _ => letters.swap(at, at + 1),
        }
        let text: String = letters.iter().collect();
        let brands = Brands::compile(&[listed(&name, None, &[])], []);
        let mut word = Word::default();
        prop_assume!(word.read(&text, 0) && !brands.is_protected(&word.letters));
        prop_assert_eq!(names(&brands, &text), name);
    }

    #[test]
    fn any_text_is_read_within_its_bounds(text in "[ -~éßіо任\u{200b}\u{301}#@_.😡]{0,60}") {
        let brands = brands();
        let document = Document::new(&text);
        let mut memory = Memory::default();
        let mut end = 0;
        for found in brands.see(&document, &mut memory).found() {
            prop_assert!(found.span.start >= end && found.span.start < found.span.end);
            prop_assert!(text.get(found.span.start as usize..found.span.end as usize).is_some());
            prop_assert!(found.position < found.position_end);
            end = found.span.end;
        }
    }
}
