//! Reading a text and matching it allocates nothing once the memory has seen as much.
#![allow(clippy::panic, clippy::unwrap_used)]

use allocation_counter::measure;
use groundswell::query::{Fields, QuerySet, Scratch};
use groundswell::text::Document;
use groundswell::text::brands::{self, Brands, Listed};

/// One of every form of the language.
const QUERIES: [&str; 17] = [
    "kestrel",
    "kestrel AND (down OR outage) NOT bird",
    "\"kestrel mobile\" OR kestrelmobile",
    "(kestrel OR merlin) NEAR/4 (signal OR network)",
    "signal NEAR/6f gone NEAR/6f again",
    "(signal AND gone AND again)~8",
    "\"no signal\"~2",
    "outag*",
    "kestrelmobil~1",
    "brand:kestrel NEAR/9 signal",
    "{KESTREL} AND #KestrelDown",
    "café OR crème*",
    "/ERR-[0-9]{3,5}/",
    "platform:x AND language:en AND down",
    "ケストレル OR 地震",
    "title:outage OR country:PT",
    "😡 OR $KST OR @kestrelhelp",
];
const TEXTS: [&str; 11] = [
    "Kestrel Mobile is down again, no signal since nine, gone all of it and again 😡 #KestrelDown",
    "KESTREL outage? the network of merlin works fine where I am, the signal is gone here and again there",
    "a kestrel is a bird",
    "Kesterl m0bile and K3strel Mobile have no signal, kes trel #kestralfail кestrel",
    "ERR-4711 when I log in to kestrelmobill, @KestrelHelp",
    "ｋｅｓｔｒｅｌ is d\u{200b}own, says kеstrel with a Cyrillic е",
    "ケストレルの地震速報です。今日は静か",
    "cafe\u{301} fermé, crèmes offertes, no real signal",
    "สัญญาณหาย น้ำ z\u{300}\u{301}\u{302}\u{303}\u{316}\u{317}algo",
    "",
    "nothing to see here at all, only words and more words that nobody asks for, #andHashtags and @handles",
];

#[test]
fn a_mention_allocates_nothing() {
    let set = QuerySet::compile(&QUERIES).unwrap_or_else(|refused| panic!("{refused:?}"));
    let fields = Fields { platform: "x", kind: "post", language: Some("en"), ..Fields::default() };
    let fields = Fields { title: Some("An outage of Kestrel"), country: Some("PT"), ..fields };
    let named = |brand: &str| Listed { brand: brand.to_owned(), ..Listed::default() };
    let brands = Brands::compile(&[named("Kestrel"), named("Kestrel Mobile")], set.words());
    let (mut document, mut scratch, mut candidates) = (Document::default(), Scratch::default(), 0);
    let mut memory = brands::Memory::default();
    // lists of places are used in turn: each must have had the longest
    for text in TEXTS.iter().cycle().take(TEXTS.len() * 4) {
        document.read(text);
        let fields = Fields { brands: brands.see(&document, &mut memory), ..fields };
        candidates += set.find(&document, &fields, &mut scratch).len();
    }
    assert!(candidates > TEXTS.len(), "{candidates} candidates: the texts say nothing of the queries");
    let mut allocating = Vec::new();
    for text in TEXTS {
        let read = measure(|| document.read(text)).count_total;
        let see = |memory: &mut brands::Memory| _ = brands.see(&document, memory);
        let seen = measure(|| see(&mut memory)).count_total;
        let fields = Fields { brands: brands.see(&document, &mut memory), ..fields };
        let found = seen + measure(|| _ = set.find(&document, &fields, &mut scratch)).count_total;
        if read + found > 0 {
            allocating.push(format!("{text:?}: {read} to read, {found} to match"));
        }
    }
    assert!(allocating.is_empty(), "{}", allocating.join("\n"));
}
