//! Known accounts: what is read, what is wrong with a file and where, and what an outline keeps.

use super::*;
use crate::rules::{PackSource, load, shipped};

const HEAD: &str = "# owner: support\n# key: 1a2b3c4d\naccount,tier,market,language\n";
const LEA: &str = "account-00000000000000000000000000000001";
const TOM: &str = "account-000000000000000000000000000000ff";

fn with(path: &str, text: &str, when: &str) -> Result<Pack, Vec<Problem>> {
    let mut files = shipped();
    files.push(SourceFile::outlined(path, text.as_bytes().to_vec()));
    if !when.is_empty() {
        let trigger = format!("owner: comms\ntriggers:\n  - {{id: odd, when: {{{when}}}, severity: S2}}\n");
        files.push(SourceFile::new("intents/odd.yaml", trigger));
    }
    load(&files, &[])
}

fn facts(tier: &str, market: &str, language: &str) -> Option<AccountFacts> {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(AccountFacts { tier: given(tier), market: given(market), language: given(language) })
}

fn hash(last: u8) -> KnownHash {
    let mut hash = [0; KNOWN_HASH_BYTES];
    hash[15] = last;
    hash
}

#[test]
fn what_is_known_is_found_by_hash() {
    let text = format!("{HEAD}{LEA},vip,DE,de\n\n# a remark\n{TOM},,BR,\n");
    let pack = with("accounts/crm.csv", &text, "tier: [vip]").expect("sound");
    assert_eq!((pack.known.len(), pack.known.has_market("BR"), pack.known.has_market("FR")), (2, true, false));
    assert_eq!(pack.known.get(&hash(1)), facts("vip", "DE", "de"));
    assert_eq!(pack.known.get(&hash(255)), facts("", "BR", ""));
    assert_eq!(pack.known.get(&hash(2)), None);
    // as a spreadsheet writes it
    let text = text.replace("support\n", "support,,,\n").replace("\n\n", "\n,,,\n").replace('\n', "\r\n");
    let edited = with("accounts/crm.csv", &format!("\u{feff}{text}"), "tier: [vip]").expect("sound");
    assert_eq!(edited.known.get(&hash(1)), facts("vip", "DE", "de"));
    assert_ne!(edited.digest, pack.digest, "every change of the file is another pack");
}

#[test]
fn faults_have_their_place_and_what_to_write() {
    let cases = [
        ("{LEA},vip,DE,de\n{LEA},vip,DE,de\n", 5, 1, "stands here twice, first at accounts/crm.csv:4", "remove one"),
        ("lea,vip,DE,de\n", 4, 1, "\"lea\" is no hash", "accounts hash"),
        ("account-00FF,vip,DE,de\n", 4, 1, "is no hash", "accounts hash"),
        ("{LEA},Very Important,DE,de\n", 4, 42, "\"Very Important\" is no tier", "a-z"),
        ("{LEA},vip,Germany,de\n", 4, 46, "\"Germany\" is no market", "two capital letters"),
        ("{LEA},vip,de,de\n", 4, 46, "\"de\" is no market", "two capital letters"),
        ("{LEA},vip,DE,deu\n", 4, 49, "\"deu\" is no language", "two letters"),
        ("{LEA},vip,DE\n", 4, 1, "3 cells, not 4", "account,tier,market,language"),
        ("{LEA},,,\n", 4, 1, "nothing is known", "remove the row"),
    ];
    for (rows, line, column, message, fix) in cases {
        let text = format!("{HEAD}{}", rows.replace("{LEA}", LEA));
        let problems = with("accounts/crm.csv", &text, "").expect_err(rows);
        let [problem] = &problems[..] else { panic!("{rows}: {problems:?}") };
        assert_eq!((problem.line, problem.column), (line, column), "{problem}");
        assert!(problem.message.contains(message), "{problem}");
        assert!(problem.suggestion.as_ref().is_some_and(|said| said.contains(fix)), "{problem}");
        let offending = text.lines().nth(line as usize - 1).is_some_and(|text| text.contains(&problem.text));
        assert!(offending && !problem.text.is_empty(), "{problem:?}");
    }
}

#[test]
fn the_head_of_a_file_is_asked_for() {
    for (from, to, message) in [
        ("# owner: support\n", "", "lacks \"# owner\""),
        ("# owner: support\n", "# owner: suport\n", "unknown team or contact \"suport\""),
        ("# key: 1a2b3c4d\n", "", "lacks \"# key\""),
        ("account,tier,market,language", "handle,tier", "the columns are others"),
    ] {
        let text = format!("{HEAD}{LEA},vip,DE,de\n").replace(from, to);
        let problems = with("accounts/crm.csv", &text, "").expect_err(to);
        let is_told = |problem: &Problem| problem.message.contains(message) && problem.suggestion.is_some();
        assert!(problems.iter().any(is_told), "{message}: {problems:?}");
    }
    for path in ["accounts/crm.tsv", "accounts/crm.yaml"] {
        let problems = with(path, &format!("{HEAD}{LEA},vip,DE,de\n"), "").expect_err(path);
        assert!(problems[0].message.contains("holds .csv files only"), "{problems:?}");
    }
}

#[test]
fn a_tier_that_no_account_has_is_a_fault() {
    let text = format!("{HEAD}{LEA},vip,DE,de\n");
    let problems = with("accounts/crm.csv", &text, "tier: [vpi]").expect_err("no such tier");
    assert_eq!((problems[0].message.as_str(), problems[0].line), ("unknown account tier \"vpi\"", 3));
    assert_eq!(problems[0].suggestion.as_deref(), Some("did you mean \"vip\"?"));
    let mut files = shipped();
    let trigger = "owner: comms\ntriggers:\n  - {id: odd, when: {tier: [vip]}, severity: S2}\n";
    files.push(SourceFile::new("intents/odd.yaml", trigger));
    let problems = load(&files, &[]).expect_err("nobody is known");
    assert!(problems[0].suggestion.as_ref().is_some_and(|said| said.contains("accounts hash")), "{problems:?}");
}

#[test]
fn bounds() {
    let faulty = "x,vip,DE,de\n".repeat(1000);
    let problems = with("accounts/crm.csv", &format!("{HEAD}{faulty}"), "").expect_err("faulty");
    assert_eq!(problems.len(), FAULTS_MAX + 1);
    let rows: String = (0..=KNOWN_ACCOUNTS_MAX).map(|n| format!("account-{n:032x},vip,DE,\n")).collect();
    let text = format!("{HEAD}{rows}");
    assert!((text.len() as u64) < crate::config::pack::OUTLINED_BYTES_MAX, "as many can be read");
    let problems = with("accounts/crm.csv", &text, "").expect_err("too many");
    assert_eq!((problems.len(), problems[0].line as usize), (1, KNOWN_ACCOUNTS_MAX + 4), "{problems:?}");
    let rows: String = (0..=ACCOUNT_TIERS_MAX).map(|n| format!("account-{n:032x},t{n},DE,\n")).collect();
    let problems = with("accounts/crm.csv", &format!("{HEAD}{rows}"), "").expect_err("too many tiers");
    assert!(problems.len() == 1 && problems[0].message.contains("64 tiers"), "{problems:?}");
}

#[test]
fn an_outline_keeps_names_and_digest_and_no_account() {
    let text = format!("{HEAD}{LEA},vip,DE,de\n{TOM},pro,BR,\n");
    let pack = with("accounts/crm.csv", &text, "tier: [pro]").expect("sound");
    let kept = postcard::to_allocvec(&pack.source).expect("has a binary form");
    assert!(!String::from_utf8_lossy(&kept).contains(LEA), "no hash is kept");
    let source: PackSource = postcard::from_bytes(&kept).expect("is one");
    let again = load(&source.files, &source.extra).expect("sound");
    assert_eq!((again.digest, again.known.len()), (pack.digest, 0));
    assert!(again.known.has_market("BR"));
}

#[test]
fn hashes_of_another_key_are_told() {
    let text = format!("{HEAD}{LEA},vip,DE,de\n");
    let pack = with("accounts/crm.csv", &text, "").expect("sound");
    assert_eq!(of_other_keys(&pack, "1a2b3c4d"), []);
    let found = of_other_keys(&pack, "00000000");
    assert_eq!((found.len(), found[0].problem.line, found[0].problem.text.as_str()), (1, 2, "# key: 1a2b3c4d"));
}
