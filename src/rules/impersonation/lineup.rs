//! A line-up: two hundred accounts that pass themselves off as one of five brands, by forty tricks, and two hundred that
//! share a word, a place or a letter with one and pass themselves off as nobody. All names are invented.

use crate::mention::{Author, Mention, Platform};
use crate::rules::{Pack, SourceFile, load};

/// Handle and display name of the brands' own accounts.
const BRANDS: [(&str, &str); 5] = [
    ("nimbus", "Nimbus"),
    ("kestrelmobile", "Kestrel Mobile"),
    ("orbita", "Orbita"),
    ("haldenvoss", "Halden & Voss"),
    ("tavobank", "Tavo Bank"),
];

fn pack() -> Pack {
    let accounts = BRANDS.map(|(handle, name)| format!("  - {{platform: x, handle: {handle}, name: \"{name}\"}}\n"));
    let files = [
        ("teams.yaml", "owner: a\nteams:\n  - {id: a, name: A}\n".to_owned()),
        ("queries/q.yaml", "owner: a\nqueries:\n  - {id: q, query: nimbus}\n".to_owned()),
        ("matrix.yaml", "owner: a\nrows:\n  - {id: all, intent: none, team: a, public_response: no, private_handoff: no, path: [a]}\n".to_owned()),
        ("accounts.yaml", format!("owner: a\naccounts:\n{}  - {{platform: x, handle: nimbushelp}}\n", accounts.concat())),
    ];
    let files = files.map(|(path, text)| SourceFile::new(path, text));
    load(&files, &[]).expect("a sound pack")
}

/// Whether an account is taken for one that passes itself off as another.
fn is_taken(pack: &Pack, (handle, name): &(String, String)) -> bool {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let mut mention = Mention::new(Platform::X, "", "1");
    mention.author = Some(Author { handle: some(handle), name: some(name), ..Author::default() });
    let author = mention.author.as_mut().expect("just set");
    author.is_brand = pack.is_own(Platform::X, author);
    pack.note_impersonation(&mut mention);
    mention.author.is_some_and(|author| author.impersonates.is_some())
}

/// The first letter of `from` that stands in the word becomes its counterpart.
fn swap_one(word: &str, from: &str, to: &[&str]) -> String {
    let found = from.chars().zip(to).find(|(c, _)| word.contains(*c));
    found.map_or_else(|| word.to_owned(), |(c, twin)| word.replacen(c, twin, 1))
}

/// A letter in the middle, changed.
fn edit(word: &str, change: impl Fn(&mut Vec<char>, usize)) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let middle = letters.len() / 2;
    change(&mut letters, middle);
    letters.into_iter().collect()
}

fn shifted(name: &str, capital: u32, small: u32) -> String {
    let letter = |c: char| match c {
        'A'..='Z' => char::from_u32(capital + u32::from(c) - u32::from('A')).unwrap_or(c),
        'a'..='z' => char::from_u32(small + u32::from(c) - u32::from('a')).unwrap_or(c),
        other => other,
    };
    name.chars().map(letter).collect()
}

fn small_capitals(name: &str) -> String {
    let plain = "abdehiklmnorstuv";
    let odd: Vec<char> = "ᴀʙᴅᴇʜɪᴋʟᴍɴᴏʀꜱᴛᴜᴠ".chars().collect();
    name.to_lowercase().chars().map(|c| plain.find(c).map_or(c, |at| odd[at])).collect()
}

/// Forty tricks on one brand.
fn look_alikes(handle: &str, name: &str) -> Vec<(String, String)> {
    let cyrillic = swap_one(handle, "oaei", &["о", "а", "е", "і"]);
    let leet = swap_one(handle, "oiae", &["0", "1", "4", "3"]);
    let leet_all: String = handle
        .chars()
        .map(|c| match c {
            'o' => '0',
            'i' => '1',
            'e' => '3',
            's' => '5',
            c => c,
        })
        .collect();
    let doubled = edit(handle, |letters, at| letters.insert(at, letters[at]));
    let swapped = edit(handle, |letters, at| letters.swap(at - 1, at));
    let slipped = edit(handle, |letters, at| letters[at] = if letters[at] == 'r' { 't' } else { 'r' });
    let dropped = edit(handle, |letters, at| {
        letters.remove(at);
    });
    let shape = swap_one(handle, "mlbo", &["rn", "I", "8", "0"]);
    let accented = swap_one(handle, "ioae", &["ï", "ö", "á", "ė"]);
    let last = handle.chars().last().expect("letters");
    let spread: Vec<String> = handle.chars().map(String::from).collect();
    let greek = swap_one(name, "NKOHT", &["Ν", "Κ", "Ο", "Η", "Τ"]);
    let handles = [
        cyrillic.clone(),
        leet.clone(),
        leet_all,
        doubled,
        swapped,
        slipped,
        dropped,
        shape,
        accented,
        format!("{handle}{last}"),
        format!("{handle}_support"),
        format!("{handle}help24"),
        format!("support_{handle}"),
        format!("{handle}_oficial"),
        format!("officiel.{handle}"),
        format!("{handle}-kundenservice"),
        format!("{handle}_suporte"),
        format!("assistenza_{handle}"),
        format!("{handle}_atencionalcliente"),
        format!("{handle}serviceclient"),
        format!("{handle}_uk_support"),
        format!("{handle}_support_2024"),
        format!("therealofficial{handle}"),
        format!("{leet}_he1p"),
        format!("{cyrillic}_support"),
        format!("helpdesk_{handle}_official"),
        format!("__{handle}__"),
        spread.join("_"),
    ];
    let names = [
        name.to_owned(),
        name.to_uppercase(),
        small_capitals(name),
        shifted(name, 0xff21, 0xff41),
        shifted(name, 0x1d400, 0x1d41a),
        format!("{name} ✅"),
        format!("{name} Support"),
        format!("{name} Customer Care Team"),
        format!("{name} Soporte Oficial"),
        format!("Ayuda {name}"),
        edit(name, |letters, at| letters.insert(at, '\u{200b}')),
        greek,
    ];
    let by_handle = handles.into_iter().enumerate().map(|(at, taken)| {
        // some give no name, some the brand's own manner of writing
        let shown = if at % 2 == 0 { String::new() } else { taken.replace('_', " ") };
        (taken, shown)
    });
    let by_name = names.into_iter().enumerate().map(|(at, shown)| (format!("user{}{at}x", handle.len() * 7919), shown));
    by_handle.chain(by_name).collect()
}

/// Who speaks of a brand, works for it, sells for it, complains of it.
fn bystanders(handle: &str, name: &str) -> Vec<(String, String)> {
    let table = [
        (format!("{handle}fan"), "Mia".to_owned()),
        (format!("{handle}_fan_club"), format!("{name} Fan Club")),
        (format!("ilove{handle}"), String::new()),
        (format!("{handle}_hater"), String::new()),
        (format!("{handle}_customers"), format!("Customers of {name}")),
        (format!("ex_{handle}"), format!("Formerly {name}")),
        (format!("{handle}4life"), String::new()),
        (format!("not_{handle}_at_all"), "parody".to_owned()),
        ("berlin_users".to_owned(), format!("{name} Users Berlin")),
        (format!("ana_{handle}"), format!("Ana at {name}")),
        ("lea.torres".to_owned(), format!("Lea ({name})")),
        ("jon_b".to_owned(), format!("Jon from {name}")),
        ("dana_codes".to_owned(), format!("Engineer @ {name}")),
        ("tomsmith".to_owned(), format!("Support engineer at {name}")),
        (format!("{handle}resellerleeds"), format!("{name} Reseller Leeds")),
        ("fixit_repairs".to_owned(), format!("{name} Repairs")),
        (format!("{handle}_parts"), format!("Spare parts for {name}")),
        ("dealer77".to_owned(), format!("Authorised {name} Dealer")),
        (format!("{handle}deals"), String::new()),
        (format!("{handle}_news"), format!("{name} News")),
        (format!("{handle}stock"), format!("${} investors", handle.to_uppercase())),
        (format!("boycott_{handle}"), format!("Boycott {name}")),
        (format!("{handle}_sucks"), String::new()),
        (format!("{handle}victims"), format!("Victims of {name}")),
        (format!("{handle}_user_2019"), "Pat".to_owned()),
        ("streetchoir".to_owned(), format!("{name} Street Choir")),
        (format!("waiting_for_{handle}"), "still waiting".to_owned()),
        (handle.to_owned(), name.to_owned()),
    ];
    table.into()
}

/// Words, places, people and other companies near a brand; hard ones among them.
const NEIGHBOURS: [(&str, &str); 60] = [
    ("nimbu", "Nimbu Pani"),
    ("limbus", "Limbus Verlag"),
    ("cumulonimbus", "Cloud Spotter"),
    ("nimbostratus", "rain again"),
    ("nimbus2000", "Seeker"),
    ("nimbusdance", "Nimbus Dance Company"),
    ("nimble", "Nimble"),
    ("saintnimbus", "St. Nimbus Choir"),
    ("nimbus_street_bakery", ""),
    ("limbo", "Limbo"),
    ("nimrod", "Nim Rod"),
    ("nimbuspress", "Nimbus Press"),
    ("kestrel", "Kestrel Jones"),
    ("kestrelmobility", "Kestrel Mobility Scooters"),
    ("kestrelhomes", "Kestrel Homes"),
    ("mobile_kestrel", "Falconry on wheels"),
    ("kestrel.mobley", "Kestrel Mobley"),
    ("kestrelbay", "Kestrel Bay Surf"),
    ("kestrels", "The Kestrels FC"),
    ("mobilehelp", "Mobile Help"),
    ("petrelmobile", "Petrel Mobile"),
    ("kestrel_watch", "Birds of Kent"),
    ("kestrelmodels", "Kestrel Models"),
    ("mobile", "mobile"),
    ("orbital", "Orbital"),
    ("orbit", "Orbit"),
    ("orbiter", "Orbiter Press"),
    ("orbitavalley", "Orbita Valley Winery"),
    ("orbits", "Orbits"),
    ("morbita", "Morbita (metal)"),
    ("orvita", "Orvita Health"),
    ("exorbitant", ""),
    ("orbitalrecords", "Orbital Records"),
    ("sorbita", "Sorbita Gelato"),
    ("orbitalbus", "City Orbital Bus"),
    ("cohabita", "Cohabita"),
    ("halden", "Halden Kommune"),
    ("vosswater", "Voss Springs"),
    ("holdenvoss", "Holden Voss"),
    ("haldenvesper", "Halden Vesper"),
    ("halden_vos_family", "The Vos family"),
    ("voss_halden_archive", "Archive"),
    ("haldenhouse", "Halden House"),
    ("walden_moss", "Walden Moss"),
    ("vossgallery", "Voss Gallery"),
    ("haldenfc", "Halden FC"),
    ("helden", "Helden"),
    ("alden_ross", "Alden Ross"),
    ("tavo", "Tavo Ruiz"),
    ("lavobank", "Lavo Bank"),
    ("tavobar", "Tavo Bar"),
    ("tavobeach", "Tavo Beach"),
    ("bank_help", "Bank Help"),
    ("tavora", "Tavora Wines"),
    ("octavobank", "Octavo Book Bank"),
    ("tavobanda", "Tavo y su Banda"),
    ("gustavobank", "Gustavo Bankole"),
    ("foodbank", "Food Bank"),
    ("tavo_banks", "Tavo Banks"),
    ("savebank", "Save Bank"),
];

#[test]
fn false_accounts_are_found_and_bystanders_left_alone() {
    let pack = pack();
    let false_ones: Vec<_> = BRANDS.iter().flat_map(|(handle, name)| look_alikes(handle, name)).collect();
    let mut innocent: Vec<_> = BRANDS.iter().flat_map(|(handle, name)| bystanders(handle, name)).collect();
    innocent.extend(NEIGHBOURS.iter().map(|(handle, name)| ((*handle).to_owned(), (*name).to_owned())));
    assert_eq!((false_ones.len(), innocent.len()), (200, 200));
    let missed: Vec<_> = false_ones.iter().filter(|account| !is_taken(&pack, account)).collect();
    let taken: Vec<_> = innocent.iter().filter(|account| is_taken(&pack, account)).collect();
    let found = (false_ones.len() - missed.len()) as f64;
    let (recall, precision) = (found / false_ones.len() as f64, found / (found + taken.len() as f64));
    println!("recall {recall:.3}, precision {precision:.3}\nmissed: {missed:?}\ntaken: {taken:?}");
    assert!(recall >= 0.95 && precision >= 0.95, "missed: {missed:?}\ntaken: {taken:?}");
}
