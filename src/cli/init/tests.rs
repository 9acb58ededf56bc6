use super::*;
use clap::Parser as _;

struct Asked {
    exit: Exit,
    stdout: String,
    stderr: String,
}

fn init(dir: &Path, flags: &[&str], typed: &str) -> Asked {
    let arguments = ["groundswell", "init", dir.to_str().expect("UTF-8")].into_iter().chain(flags.iter().copied());
    let cli = crate::cli::Cli::try_parse_from(arguments).expect("arguments");
    let (mut stdin, mut stdout, mut stderr) = (typed.as_bytes(), Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    let exit = crate::cli::run(&cli, &mut io).expect("runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Asked { exit, stdout: text(stdout), stderr: text(stderr) }
}

fn scratch(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("groundswell-init-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    dir
}

/// The five flags, in order.
fn flags<'a>(answers: &[&'a str; 5]) -> Vec<&'a str> {
    ["--company", "--not", "--products", "--accounts", "--time-zone"]
        .into_iter()
        .zip(*answers)
        .flat_map(|(a, b)| [a, b])
        .collect()
}

#[test]
fn what_is_written_is_clean_and_passes_its_tests() {
    for (name, answers) in [
        ("least", ["Quarvo", "", "", "", ""]),
        (
            "most",
            [
                "Quarvo",
                "planet, outer space",
                "Quarvo Pay, Quarvo Mail",
                "x:@quarvo, mastodon:help@o.example",
                "Europe/Madrid",
            ],
        ),
        ("odd", ["Kestrel & Sons: \"Ltd\"", "bird", "Über-Box, 42", "", "Asia/Kolkata"]),
        ("accents", ["Café Ñandú", "", "Ñandú Go", "", "America/Sao_Paulo"]),
    ] {
        let dir = scratch(name);
        let asked = init(&dir, &flags(&answers), "");
        assert_eq!(asked.exit, Exit::Ok, "{name}: {}{}", asked.stdout, asked.stderr);
        for command in ["check", "test"] {
            let arguments = ["groundswell", command, dir.to_str().expect("UTF-8")];
            let cli = crate::cli::Cli::try_parse_from(arguments).expect("arguments");
            let mut out = Vec::new();
            let mut io = Io { stdin: &mut std::io::empty(), stdout: &mut out, stderr: &mut Vec::new() };
            let exit = crate::cli::run(&cli, &mut io).expect("runs");
            let out = String::from_utf8(out).expect("UTF-8");
            assert_eq!(exit, Exit::Ok, "{name}: {command}: {out}");
        }
        fs::remove_dir_all(&dir).expect("clean");
    }
}

#[test]
fn five_questions_on_standard_input() {
    let dir = scratch("typed");
    let asked = init(&dir, &[], "Quarvo\nplanet\nQuarvo Pay\n\n\n");
    assert_eq!(asked.exit, Exit::Ok, "{}", asked.stderr);
    assert_eq!(asked.stderr.matches('?').count(), 5, "{}", asked.stderr);
    assert!(fs::read_to_string(dir.join("queries/brand.yaml")).expect("written").contains("quarvo pay"));
    assert!(!dir.join("accounts.yaml").exists());
    // what is there is never written over
    let again = init(&dir, &flags(&["Other", "", "", "", ""]), "");
    assert!(again.exit == Exit::Unusable && again.stderr.contains("holds something already"), "{}", again.stderr);
    fs::remove_dir_all(&dir).expect("clean");
}

#[test]
fn answers_that_cannot_be() {
    for (answers, exit, said) in [
        (["", "", "", "", ""], Exit::Unusable, "needs a name"),
        (["!!", "", "", "", ""], Exit::Unusable, "needs a name"),
        (["Quarvo", "", "", "quarvo", ""], Exit::Unusable, "write platform:handle"),
        (["Quarvo", "", "", "myspace:quarvo", ""], Exit::Findings, "myspace"),
        (["Quarvo", "", "", "", "Europe/Madird"], Exit::Findings, "unknown time zone"),
        (["Quarvo", "pay", "Quarvo Pay", "", ""], Exit::Findings, "would fail"),
    ] {
        let dir = scratch("wrong");
        let asked = init(&dir, &flags(&answers), "");
        assert!(asked.exit == exit && asked.stderr.contains(said), "{answers:?}: {:?} {}", asked.exit, asked.stderr);
        assert!(!dir.exists(), "{answers:?} left something behind");
    }
}

#[test]
fn editors_are_told_the_schema_of_every_file_and_find_it() {
    let dir = scratch("schemas");
    let asked = init(&dir, &flags(&["Quarvo", "planet", "Quarvo Pay", "x:quarvo", ""]), "");
    assert_eq!(asked.exit, Exit::Ok, "{}", asked.stderr);
    let files = crate::config::pack::read_pack(&dir).expect("a pack");
    let found = |file: &SourceFile| {
        let told = file.text.lines().next().and_then(|line| line.strip_prefix("# yaml-language-server: $schema="));
        let path = dir.join(&file.path).parent().expect("a folder").join(told.unwrap_or("nowhere"));
        path.is_file()
    };
    let missing: Vec<&str> = files.iter().filter(|file| !found(file)).map(|file| file.path.as_str()).collect();
    fs::remove_dir_all(&dir).expect("clean");
    assert!(files.len() >= 6 && missing.is_empty(), "{} files, {missing:?}", files.len());
}
