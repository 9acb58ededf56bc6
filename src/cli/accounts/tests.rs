//! From an export to a file of a pack, and what is told of rows that cannot be meant.

use super::*;
use crate::rules::{KnownAccounts, Pack, SourceFile, load, shipped};

fn hashed(input: &str, key: &str) -> (Exit, String, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut input.as_bytes(), stdout: &mut stdout, stderr: &mut stderr };
    let exit = hash("support", &PhoneKey::new(key), &mut io).expect("runs");
    (exit, String::from_utf8(stdout).expect("UTF-8"), String::from_utf8(stderr).expect("UTF-8"))
}

fn pack(file: &str) -> Pack {
    let mut files = shipped();
    files.push(SourceFile::outlined("accounts/crm.csv", file.as_bytes().to_vec()));
    load(&files, &[]).expect("sound")
}

/// What a pack knows of an author, looked up as triage does.
fn known(accounts: &KnownAccounts, key: &str, platform: Platform, id: Option<&str>, handle: Option<&str>) -> String {
    let mut mention = Mention::new(platform, "", "1");
    let owned = |text: &str| text.to_owned();
    mention.author = Some(Author { id: id.map(owned), handle: handle.map(owned), ..Author::default() });
    let key = PhoneKey::new(key);
    key.hide(&mut mention);
    key.note_account(&mut mention, accounts);
    let account = mention.author.and_then(|author| author.account).unwrap_or_default();
    [account.tier, account.market, account.language].map(Option::unwrap_or_default).join(",")
}

#[test]
fn an_export_becomes_a_file_that_knows_the_same_and_names_nobody() {
    let csv = "\u{feff}Name,Platform,Handle,ID,Tier,Market,Language\n\
        \"Lea, of the guild\",x,@Lea_Kay,900,VIP,de,de-AT\nTom,whatsapp,,+1 (555) 010-0009,enterprise,,\n\
        Ana,mastodon,ana@kiosk.example,,,br,\n\nLea again,x,lea_kay,,vip,DE,de\n";
    let (exit, file, told) = hashed(csv, "k3y");
    assert_eq!(exit, Exit::Ok, "{told}");
    assert!(told.contains("passed over: name") && told.contains("4 hashes of 4 rows"), "{told}");
    for name in ["lea", "Lea", "900", "ana", "555", "k3y"] {
        assert!(!file.lines().skip(4).any(|line| line.contains(name) && !line.starts_with("account-")), "{file}");
        let words = file.replace(|c: char| c.is_ascii_hexdigit() || c == '-', "");
        assert!(!words.contains("Lea") && !words.contains("kiosk"), "{file}");
    }
    let sorted: Vec<&str> = file.lines().skip(4).collect();
    assert!(sorted.is_sorted() && sorted.len() == 4, "the order tells nothing: {file}");
    let pack = pack(&file);
    let know = |platform, id, handle| known(&pack.known, "k3y", platform, id, handle);
    assert_eq!(know(Platform::X, Some("900"), None), "vip,DE,de");
    assert_eq!(know(Platform::X, Some("901"), Some("LEA_KAY")), "vip,DE,de", "by the handle, however it is written");
    assert_eq!(know(Platform::Whatsapp, Some("15550100009"), None), "enterprise,,");
    assert_eq!(know(Platform::Mastodon, None, Some("ana@kiosk.example")), ",BR,");
    for (platform, id, handle) in [
        (Platform::Mastodon, Some("900"), Some("lea_kay")),
        (Platform::X, Some("lea_kay"), None),
        (Platform::X, None, Some("900")),
        (Platform::X, None, None),
    ] {
        assert_eq!(know(platform, id, handle), ",,", "{platform} {id:?} {handle:?} is somebody else");
    }
    assert_eq!(known(&pack.known, "other", Platform::X, Some("900"), None), ",,", "with another key nobody is known");
    let (_, tsv, _) = hashed("platform\tid\ttier\tmarket\tlanguage\nx\t900\tvip\tDE\tde\n", "k3y");
    assert!(file.contains(tsv.lines().last().expect("a row")), "the same of TSV");
}

#[test]
fn triage_looks_an_author_up_and_writes_what_it_used_alone() {
    use crate::pipeline::{Context, Item, Memory, Raw, triage};
    let (_, file, _) = hashed("platform,id,tier,market\nx,501,vip,BR\n", "k3y");
    let pack = pack(&file);
    let post = serde_json::json!({
        "data": {
            "id": "2028390000000000001", "author_id": "501", "created_at": "2026-03-02T09:43:11.000Z", "lang": "en",
            "text": "Nimbus charged my card twice, I want a refund", "edit_history_tweet_ids": ["2028390000000000001"],
        },
        "includes": { "users": [{ "id": "501", "username": "amber_heron", "name": "Somebody" }] },
    });
    let value = post.to_string();
    let raw = Raw { platform: None, topic: "stdin", partition: 0, offset: 0, value: value.as_bytes() };
    for (key, is_known) in [("k3y", true), ("other", false)] {
        let mut context = Context::new(16);
        context.phones = PhoneKey::new(key);
        let items = triage(&raw, &mut context, &pack, crate::score::Model::shipped(), &mut Memory::default());
        let [Item::Routed(decided)] = &items[..] else { panic!("{items:?}") };
        let decision = &decided.routing.as_ref().expect("routed").decision;
        let has = |rule: &str| decision.rules.iter().any(|one| one == rule);
        assert_eq!((has("account:market"), has("matrix:billing-regulated")), (is_known, is_known), "{decision:?}");
        let written = serde_json::to_string(&decided.mention).expect("JSON");
        assert!(!written.contains("vip") && !written.contains("BR"), "{written}");
        assert!(!decision.reasons.iter().any(|reason| reason.contains("vip")), "nothing asked for it");
    }
}

#[test]
fn the_hash_is_that_of_other_tools() {
    // printf 'account\0x\0handle\0lea' | openssl dgst -sha256 -hmac k3y
    let (_, file, _) = hashed("platform,handle,tier\nx,@Lea,vip\n", "k3y");
    assert_eq!(file.lines().last(), Some("account-ac3dd1bb9328489500e8c56c68cc0d5a,vip,,"));
}

#[test]
fn what_cannot_be_meant_is_told_with_its_line_and_nothing_is_written() {
    let header = "platform,handle,tier,market,language\n";
    for (row, said) in [
        ("myspace,lea,vip,,", "line 2: \"myspace\" is no platform"),
        ("x,,vip,,", "line 2: neither a handle nor an id"),
        ("x,lea,,,", "line 2: neither a tier"),
        ("x,lea,v!p,,", "line 2: \"v!p\" is no tier"),
        ("x,lea,vip,Germany,", "line 2: \"GERMANY\" is no market"),
        ("x,lea,vip,,german", "line 2: \"german\" is no language"),
        ("x,lea,vip,,\nx,@LEA,pro,,", "line 3: line 2 says something else of this account"),
        ("", "there is no account"),
    ] {
        let (exit, out, told) = hashed(&format!("{header}{row}\n"), "k3y");
        assert_eq!((exit, out.as_str()), (Exit::Findings, ""), "{row}");
        assert!(told.contains(said), "{row}: {told}");
    }
    for header in ["handle,tier\nlea,vip\n", "platform,tier\nx,vip\n", "platform,handle\nx,lea\n"] {
        let (exit, out, told) = hashed(header, "k3y");
        assert_eq!((exit, out.as_str()), (Exit::Unusable, ""), "{header}");
        assert!(told.contains("the first line names the columns"), "{told}");
    }
}
