use super::*;

/// What is found in `text`, as (kind, part).
fn found(text: &str) -> Vec<(String, &str)> {
    find_pii(text).into_iter().map(|p| (p.kind.to_string(), &text[p.start as usize..p.end as usize])).collect()
}

/// Each text holds the part, and nothing else that is personal.
fn check(kind: &str, cases: &[(&str, &str)]) {
    let wrong: Vec<_> = cases
        .iter()
        .map(|(text, part)| (text, part, found(text)))
        .filter(|(_, part, found)| *found != [(kind.to_owned(), **part)])
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn check_none(cases: &[&str]) {
    let wrong: Vec<_> = cases.iter().map(|text| (text, found(text))).filter(|(_, found)| !found.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn finds_ways_to_reach_and_to_pay() {
    check(
        "email",
        &[
            ("write to ana.b+x@mail.example.com.", "ana.b+x@mail.example.com"),
            ("é@x über joe@example.co", "joe@example.co"),
            ("ana (at) mail.example, please", "ana (at) mail.example"),
            ("write to ana.b[AT]mail[dot]example!", "ana.b[AT]mail[dot]example"),
            ("ana (arroba) mail (punto) example", "ana (arroba) mail (punto) example"),
            ("reach me, ana.b at gmail dot com please", "ana.b at gmail dot com"),
            ("mi correo: ana arroba hotmail punto es", "ana arroba hotmail punto es"),
            ("email ana at yahoo.com", "ana at yahoo.com"),
            ("it is ana77 at Outlook.com", "ana77 at Outlook.com"),
        ],
    );
    check(
        "phone",
        &[
            ("call +44 20 7946 0958 now", "+44 20 7946 0958"),
            ("(555) 010-4477", "(555) 010-4477"),
            ("my number is 555-010-4477!", "555-010-4477"),
            ("tel 06 12 34 56 78", "06 12 34 56 78"),
            ("📞+44 20 7946 0958", "+44 20 7946 0958"),
            ("“020 7946 0958”", "020 7946 0958"),
            ("my order is late, call 020 7946 0958", "020 7946 0958"),
            ("0033 6 12 34 56 78", "0033 6 12 34 56 78"),
            ("my number is 4155552671", "4155552671"),
            ("call me 9876543210 any time", "9876543210"),
            ("llamadme al 612345678", "612345678"),
            ("liguem para o 912345678", "912345678"),
            ("11 98765-4321 whatsapp", "11 98765-4321"),
            ("mein Telefon: 501 234 567", "501 234 567"),
            ("unter 030/12345678 erreichbar", "030/12345678"),
            ("0171/123 45 67", "0171/123 45 67"),
        ],
    );
    check(
        "iban",
        &[
            ("pay DE89 3704 0044 0532 0130 00 please", "DE89 3704 0044 0532 0130 00"),
            ("gb82west12345698765432", "gb82west12345698765432"),
            ("DE89-3704-0044-0532-0130-00", "DE89-3704-0044-0532-0130-00"),
        ],
    );
}

#[test]
fn numbers_that_nobody_is_called_by_are_left_alone() {
    check_none(&[
        "I called and my order number is 4155552671",
        "call me about order 9876543210",
        "call me on 2024-05-12 1030",
        "call back between 12 and 14",
        "my phone costs 1299 and the case 4155552671",
        "4155552671 people liked it",
        "00 12 34 56 78 90 12",
        "meet me (at) noon. Bring cake",
        "(at) mail.example",
        "he said: [at] last (dot) maybe",
        "a[at]b[dot]",
        "sign in at outlook.com",
        "find us at nimbus dot com",
        "we met at yahoo, dot com days",
        "on 01/02/2023 and 012/2023",
        "page 045/120",
        "order 030/12345678",
    ]);
}

#[test]
fn finds_cards() {
    check(
        "card",
        &[
            ("card 4111 1111 1111 1111 exp 12/30", "4111 1111 1111 1111"),
            ("5555-5555-5555-4444", "5555-5555-5555-4444"),
            ("amex 3782 822463 10005", "3782 822463 10005"),
            ("4111111111111111", "4111111111111111"),
            ("order 4111111111111111? no, that is my Visa", "4111111111111111"),
            ("mi tarjeta 30569309025904", "30569309025904"),
            ("6011 1111 1111 1117", "6011 1111 1111 1117"),
        ],
    );
}

#[test]
fn finds_national_ids() {
    check(
        "national_id",
        &[
            ("my ssn is 123-45-6789", "123-45-6789"),
            ("123 45 6789", "123 45 6789"),
            ("SSN: 123456789", "123456789"),
            ("social security 123456789", "123456789"),
            ("ITIN 912-70-1234", "912-70-1234"),
            ("NI number AB123456C ok", "AB123456C"),
            ("AB 12 34 56 C", "AB 12 34 56 C"),
            ("my NHS number: 943 476 5919", "943 476 5919"),
            ("mi dni 12345678Z", "12345678Z"),
            ("12.345.678-Z", "12.345.678-Z"),
            ("dni 12345678z", "12345678z"),
            ("NIE X1234567L.", "X1234567L"),
            ("Y-1234567-X", "Y-1234567-X"),
            ("2 69 05 49 588 157 80", "2 69 05 49 588 157 80"),
            ("numéro de sécu 269054958815780", "269054958815780"),
            ("né à Ajaccio 1 85 05 2A 006 084 35", "1 85 05 2A 006 084 35"),
            ("Steuer-ID 86 095 742 719", "86 095 742 719"),
            ("meine IdNr 86095742719", "86095742719"),
            ("codice RSSMRA85T10A562S", "RSSMRA85T10A562S"),
            ("NIF 123456789", "123456789"),
            ("cpf 529.982.247-25", "529.982.247-25"),
            ("529.982.247-25", "529.982.247-25"),
            ("CPF: 52998224725", "52998224725"),
            ("11.222.333/0001-81", "11.222.333/0001-81"),
            ("cnpj 11222333000181", "11222333000181"),
            ("CURP HEGG560427MVZRRL04", "HEGG560427MVZRRL04"),
            ("2345 6789 0124", "2345 6789 0124"),
            ("aadhaar 234567890124", "234567890124"),
            ("PAN ABCPE1234F", "ABCPE1234F"),
            ("SIN 130 692 544", "130 692 544"),
            ("130-692-544", "130-692-544"),
            ("my TFN: 123 456 782", "123 456 782"),
            ("bsn 111222333", "111222333"),
            ("PESEL 44051401359", "44051401359"),
        ],
    );
}

#[test]
fn finds_addresses() {
    check(
        "address",
        &[
            ("I live at 12 High Street and nobody came", "12 High Street"),
            ("12 High Street", "12 High Street"),
            ("deliver to 221b baker street please", "221b baker street"),
            ("221B Baker St.", "221B Baker St"),
            ("350 5th Avenue", "350 5th Avenue"),
            ("7 St. John's Road, thanks", "7 St. John's Road"),
            ("vivo en Calle Mayor 12, ayuda", "Calle Mayor 12"),
            ("C/ Mayor, 12", "C/ Mayor, 12"),
            ("Avenida de la Constitución nº 3", "Avenida de la Constitución nº 3"),
            ("Calle 5 de Mayo 12", "Calle 5 de Mayo 12"),
            ("Plaza Mayor, 12", "Plaza Mayor, 12"),
            ("Av. Paulista, 1578", "Av. Paulista, 1578"),
            ("Rua das Flores, 123", "Rua das Flores, 123"),
            ("moro na rua das flores, 123", "rua das flores, 123"),
            ("au 12 rue de la Paix svp", "12 rue de la Paix"),
            ("12 bis, avenue Victor Hugo", "12 bis, avenue Victor Hugo"),
            ("5 rue de l'église", "5 rue de l'église"),
            ("3 impasse d'Alsace", "3 impasse d'Alsace"),
            ("Hauptstraße 5", "Hauptstraße 5"),
            ("wohne in der Berliner Str. 12a in Köln", "Berliner Str. 12a"),
            ("Adresse: Marktplatz 3", "Marktplatz 3"),
            ("Lindenweg 4, 10115 Berlin", "Lindenweg 4, 10115 Berlin"),
            ("SW1A 1AA", "SW1A 1AA"),
            ("parcel for M1 1AE never came", "M1 1AE"),
            ("postcode sw1a 1aa", "sw1a 1aa"),
            ("742 Evergreen Terrace, Springfield, IL 62704", "742 Evergreen Terrace, Springfield, IL 62704"),
            ("in New Haven, CT 06510-1234.", "New Haven, CT 06510-1234"),
            ("12 High Street, London SW1A 1AA", "12 High Street, London SW1A 1AA"),
            ("12 rue de la Paix 75002 Paris", "12 rue de la Paix 75002 Paris"),
            ("PLZ 10115 Berlin", "10115 Berlin"),
            ("CEP 01310-100", "01310-100"),
        ],
    );
}

#[test]
fn leaves_alone_numbers_of_things() {
    check_none(&[
        "1763740800",
        "1763740800000",
        "1763740800000000",
        "order 4111111111112",
        "order #4111111111111111",
        "parcel 4539578763621486 is late",
        "tracking number 4111 1111 1111 1111",
        "4111 1111 1111 1112",
        "id 550e8400-e29b-41d4-a716-446655440000",
        "12345678-1234-1234-1234-123456789012",
        "d41d8cd98f00b204e9800998ecf8427e",
        "sha 12345678a9bcdef0",
        "2026-05-06 12:30:44",
        "06.05.2026 12:30",
        "version 10.0.19045.3803",
        "1,234,567,890 views",
        "1.234.567,89 €",
        "123 456 782 vues",
        "$1299.99 or £45",
        "€020 7946 0958",
        "é4111111111111111",
        "DE89 3704 0044 0532 0130 01",
        "10.0.0.138",
        "@nimbus and me@ home",
        "ask @ana@kiosk.example",
        "0000 0000 0000 0000",
        "https://x.example/status/1763740800000123456",
        "tracking 9400 1000 0000 0000 0000 00",
        "1Z999AA10123456784",
        "RR123456785GB",
        "SKU 555-010-4477",
        "order no 123-45-6789",
        "ISBN 978-3-16-148410-0",
        "WH-1000XM4",
        "case 020-7946-0958",
    ]);
}

#[test]
fn leaves_alone_what_fails_its_check_or_is_not_named() {
    check_none(&[
        "000-45-6789",
        "666-45-6789",
        "987-66-4320",
        "123-00-6789",
        "123-45-0000",
        "123456789",
        "QQ 12 34 56 C",
        "our PN 320008A deflator",
        "AB123456E",
        "NHS 9434765918",
        "12345678A",
        "X1234567A",
        "269054958815780",
        "2 69 05 49 588 157 81",
        "86095742719",
        "Steuer-ID 86095742718",
        "RSSMRA85T10A562T",
        "529.982.247-26",
        "52998224725",
        "11.222.333/0001-82",
        "11222333000181",
        "HEGG560427MVZRRL05",
        "2345 6789 0125",
        "234567890124",
        "ABCPE1234F",
        "130-692-545",
        "bsn 111222334",
        "PESEL 44051401358",
        "44051401359",
    ]);
}

#[test]
fn leaves_alone_streets_that_are_no_address() {
    check_none(&[
        "5 star service on every street",
        "it is a 2 way street",
        "2 Way Street",
        "24 hour drive",
        "24 Hour Road Trip",
        "you will rue the day",
        "10 rue the day",
        "Wall Street",
        "Wall Street fell 300 points",
        "the 20 Wall Street analysts",
        "In 2024 Oxford Street was closed",
        "5 Reasons To Drive",
        "3 Square Meals a day",
        "2 places de parking",
        "10 cours de yoga",
        "la Calle Mayor 12 veces",
        "quedó en la calle 13",
        "Calle 13",
        "Avenida Brasil 2 capítulos",
        "auf Platz 5",
        "Parkplatz 5",
        "In der Bergstraße 3 Stunden gestanden",
        "Hauptstraße 5 Unfälle",
        "wir sind 10115 Leute",
        "12345 Berlin",
        "the S24 8GB and the E3 2TB",
        "Well, OK 12345 people came",
        "I paid IL 62704",
        "top 10 Best Places",
        "iPhone 15 Pro Max Drive",
        "100 PEOPLE ON THE ROAD",
        "12:30 High Street",
        "$12 High Street",
        "3rd Avenue",
        "Saturday August 15, Citizens Bank Drive",
        "3. Old Mill Street 4. New Mill Street",
        "NICE 2 CATCH UP BUT WE AVE NO TIME",
        "the Lazy 5 Regional Park",
        "Plaza Toros 382, Kiosk Norte 12",
        "dirección c/ ventanas 8",
    ]);
}

#[test]
fn several_in_one_text_keep_their_order() {
    let text = "Ana, 12 High Street, Leeds LS1 4AP, +44 20 7946 0958, ana@example.com, DE89370400440532013000";
    let kinds: Vec<String> = found(text).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["address", "phone", "email", "iban"]);
}

#[test]
fn a_cue_is_a_whole_word_within_reach() {
    assert_eq!(found("basin 130692544"), []);
    assert_eq!(found(&format!("SIN {} 130692544", "so ".repeat(30))), []);
    assert_eq!(found(&format!("{}SIN 130692544", "é".repeat(30))).len(), 0, "part of a longer word");
    assert_eq!(found(&format!("{} SIN 130692544", "é".repeat(30))).len(), 1);
    assert_eq!(found("130692544 is my SIN").len(), 1);
}

#[test]
fn many_at_signs_digits_and_streets_stay_linear() {
    for piece in ["a@", "1 ", "+(", "1,", "123456789,", "Rua A 1 ", "12 High ", "x 5 A B C D ", "AB12 ", "nº 1 é "] {
        let _ = find_pii(&piece.repeat(100_000 / piece.len()));
    }
}

proptest::proptest! {
    #[test]
    fn spans_are_sound(text in "[ -~é€😀ß\n0-9@.+(),]{0,80}") {
        check_spans(&text);
    }

    #[test]
    fn spans_are_sound_around_what_is_found(
        parts in proptest::collection::vec((0..PIECES.len(), "[ ,.é😀\u{200d}Aß]{0,3}"), 1..10)
    ) {
        let text: String = parts.iter().map(|(piece, gap)| format!("{}{gap}", PIECES[*piece])).collect();
        check_spans(&text);
    }
}

const PIECES: [&str; 18] = [
    "12 High Street",
    "Calle Mayor 12",
    "Rua",
    "Hauptstraße 5",
    "12 rue de l'",
    "SW1A 1AA",
    "Springfield, IL 62704",
    "10115 Berlin",
    "123-45-6789",
    "4111 1111 1111 1111",
    "a@b.co",
    "NHS",
    "9434765919",
    "X1234567L",
    "nº",
    "Straße",
    "AB 12 34 56 C",
    "+44 20 7946 0958",
];

fn check_spans(text: &str) {
    let mut last = 0;
    for p in find_pii(text) {
        assert!(p.start >= last && p.start < p.end, "{text:?}");
        assert!(text.get(p.start as usize..p.end as usize).is_some(), "{text:?}");
        last = p.end;
    }
}
