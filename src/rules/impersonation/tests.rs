//! Names that are taken, and names that only look so.

use super::*;

fn judged(handle: &str, name: &str) -> Option<(String, Likeness)> {
    let of_handle = |(platform, handle)| Official::of_handle(platform, handle);
    let handles = [
        (Platform::X, "nimbus"),
        (Platform::X, "nimbushelp"),
        (Platform::Mastodon, "nimbus@social.nimbus.example"),
        (Platform::Bluesky, "nimbus.example"),
        (Platform::X, "ny"),
    ];
    let mut officials: Vec<Official> = handles.into_iter().filter_map(of_handle).collect();
    officials.extend(Official::of_name("Kestrel Mobile"));
    for product in ["Nimbus Pay", "Fjordpay Card"] {
        let official = Official::of_product(product, &officials);
        officials.extend(official);
    }
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let author = Author { handle: some(handle), name: some(name), ..Author::default() };
    let platform = match (handle.contains("bsky"), handle.contains('@')) {
        (true, _) => Platform::Bluesky,
        (_, true) => Platform::Mastodon,
        _ => Platform::Instagram,
    };
    impersonated(&officials, platform, &author).map(|found| (found.official, found.how))
}

#[test]
fn false_accounts_are_told_with_the_name_they_take() {
    for (handle, name, official, how) in [
        ("n1mbus", "", "nimbus", Likeness::LookAlike),
        ("nіmbuѕ", "", "nimbus", Likeness::LookAlike),
        ("n_i_m_b_u_s", "", "nimbus", Likeness::LookAlike),
        ("nirnbushelp", "", "nimbushelp", Likeness::LookAlike),
        ("NimbusHe1p", "", "nimbushelp", Likeness::LookAlike),
        ("jane1987", "ɴɪᴍʙᴜꜱ", "nimbus", Likeness::LookAlike),
        ("nimbus", "", "nimbus", Likeness::Same),
        ("nimbus@evil.example", "", "nimbus", Likeness::Same),
        ("nimbus.bsky.social", "", "nimbus", Likeness::Same),
        ("nimbus_support", "", "nimbus", Likeness::AddedWord),
        ("nimbus_help_24", "", "nimbus", Likeness::AddedWord),
        ("official.nimbus", "", "nimbus", Likeness::AddedWord),
        ("x", "Nimbus Customer Care", "nimbus", Likeness::AddedWord),
        ("x", "Nimbus Soporte Oficial", "nimbus", Likeness::AddedWord),
        ("n1mbu5-refunds", "", "nimbus", Likeness::AddedWord),
        ("kestrelmobilesupport", "", "Kestrel Mobile", Likeness::AddedWord),
        ("nimbus_24x7_help", "", "nimbus", Likeness::AddedWord),
        ("nimbususa_support", "", "nimbus", Likeness::AddedWord),
        ("nimbus_support_canada", "", "nimbus", Likeness::AddedWord),
        ("nimbus_account_recovery", "", "nimbus", Likeness::AddedWord),
        ("x", "Nimbus Refund Department", "nimbus", Likeness::AddedWord),
        ("x", "Nimbus GmbH", "nimbus", Likeness::AddedWord),
        ("nimbus_pay", "", "Nimbus Pay", Likeness::LookAlike),
        ("x", "Nimbus Pay", "Nimbus Pay", Likeness::Same),
        ("nimbuspaycare", "", "Nimbus Pay", Likeness::AddedWord),
        ("nimbus_nimbus", "", "nimbus", Likeness::LookAlike),
        ("hello_nimbus_team", "", "nimbus", Likeness::AddedWord),
        ("nimbus_customer_support1", "", "nimbus", Likeness::AddedWord),
        ("nimbus_247_support", "", "nimbus", Likeness::AddedWord),
        ("support_kestrelmobile_uk", "", "Kestrel Mobile", Likeness::AddedWord),
        ("x", "Поддержка Nimbus", "nimbus", Likeness::AddedWord),
        ("nimbus_suppport", "", "nimbus", Likeness::AddedWord),
        ("custmer_care_nimbus", "", "nimbus", Likeness::AddedWord),
        ("help-for-nimbus", "", "nimbus", Likeness::AddedWord),
        ("x", "Support Officiel Nimbus", "nimbus", Likeness::AddedWord),
        ("x", "Nimbus Guest Relations", "nimbus", Likeness::AddedWord),
        ("nimbus_dm_us", "", "nimbus", Likeness::AddedWord),
        ("x", "Nimbus Fraud Prevention", "nimbus", Likeness::AddedWord),
        ("x", "Nimbus | Social Media Team", "nimbus", Likeness::AddedWord),
        ("x", "Obsługa Klienta Nimbus", "nimbus", Likeness::AddedWord),
        ("x", "Nimbus Müşteri Hizmetleri", "nimbus", Likeness::AddedWord),
        ("x", "خدمة عملاء Nimbus", "nimbus", Likeness::AddedWord),
        ("x", "Служба поддержки Nimbus", "nimbus", Likeness::AddedWord),
        ("nimbuss", "", "nimbus", Likeness::Edited),
        ("nmibus", "", "nimbus", Likeness::Edited),
        ("kestrel_mobole", "", "Kestrel Mobile", Likeness::Edited),
    ] {
        assert_eq!(judged(handle, name), Some((official.to_owned(), how)), "{handle} {name}");
    }
}

#[test]
fn people_who_speak_of_a_brand_or_share_a_word_are_left_alone() {
    for (handle, name) in [
        ("nimbusfan42", ""),
        ("ilovenimbus", ""),
        ("nimbus_watcher", "Cloud photographs"),
        ("kestrel", "Kestrel Jones"),
        ("mobile_support", ""),
        ("support", "Support"),
        ("help_desk", "Official"),
        ("limbo", ""),
        ("nimbu", ""),
        ("animbus", ""),
        ("nimbus_bay", ""),
        ("x", "Nimbus Payne"),
        ("fjordpay_card", ""),
        ("nimbus_usa", ""),
        ("nimbus_users", ""),
        ("nimbus_online", ""),
        ("nimbus_support", "Nimbus Support (parody)"),
        ("x", "Kestrel Mobile Unofficial"),
        ("nimbus_oficial", "Nimbus no oficial"),
        ("x", "Clientes de Nimbus"),
        ("x", "Customers of Nimbus"),
        ("x", "Not Nimbus Support"),
        ("x", "no help from Nimbus"),
        ("x", "Nimbus support group for victims"),
        ("x", "My Nimbus experience"),
        ("nim_buss", "Nim Buss"),
        ("ny_help", ""),
        ("nick.bush", "Nick Bush"),
        ("", ""),
        ("日本語", "任天堂"),
    ] {
        assert_eq!(judged(handle, name), None, "{handle} {name}");
    }
}
