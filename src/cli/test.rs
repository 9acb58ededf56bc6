//! `groundswell test`: the pack's own tests, each post through match, score and route.

use super::check::{Format, print_problems};
use super::{Exit, Io};
use crate::config::pack::read_pack;
use crate::query::Fields;
use crate::route;
use crate::rules::{self, Case, Difference, Observed, Pack, QueryRule};
use crate::score::{Model, Scores};
use crate::text::{Document, brands};
use std::io::Write;
use std::path::PathBuf;

/// Run the tests of a rule pack: each post through match, score and route.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  groundswell test rules/\n\nExit codes: 0 all pass, 1 some fail, 2 the pack cannot be read or has problems."
)]
pub struct TestArgs {
    /// Folder of the pack.
    pub dir: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// A test that does not pass.
struct Failure<'a> {
    case: &'a Case,
    differences: Vec<Difference>,
}

/// Runs it.
///
/// # Errors
/// When the output cannot be written.
pub fn run(args: &TestArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let files = match read_pack(&args.dir) {
        Ok(files) => files,
        Err(error) => {
            writeln!(io.stderr, "groundswell: {:#}", anyhow::Error::from(error))?;
            return Ok(Exit::Unusable);
        }
    };
    let pack = match rules::load(&files, &[]) {
        Ok(pack) => pack,
        Err(problems) => {
            print_problems(&files, &problems, io.stderr)?;
            writeln!(io.stderr, "a pack with problems is not tested: mend them first (groundswell check)")?;
            return Ok(Exit::Unusable);
        }
    };
    let model = Model::shipped();
    let score = |text: &str, lang: Option<&str>| model.score_with(text, lang, &pack.additions);
    let failures: Vec<Failure<'_>> = pack.cases.iter().filter_map(|case| failure(&pack, case, &score)).collect();
    match args.format {
        Format::Text => write_text(args, &pack, &failures, io.stdout)?,
        Format::Json => io.write_json(&as_json(args, &pack, &failures))?,
    }
    Ok(if failures.is_empty() { Exit::Ok } else { Exit::Findings })
}

fn failure<'a>(pack: &Pack, case: &'a Case, score: &dyn Fn(&str, Option<&str>) -> Scores) -> Option<Failure<'a>> {
    let differences = case.differences(&observe(pack, case, score));
    (!differences.is_empty()).then_some(Failure { case, differences })
}

/// What becomes of a test's post, in the order of triage: candidates, scores, matches, noise, route.
fn observe<'p>(pack: &'p Pack, case: &Case, score: &dyn Fn(&str, Option<&str>) -> Scores) -> Observed<'p> {
    let mut mention = case.mention.clone();
    let document = Document::new(&mention.text);
    let mut memory = brands::Memory::default();
    let brands = pack.brands.see(&document, &mut memory);
    let candidates = pack.set.candidates(&document, &Fields { brands, ..Fields::of(&mention) });
    let addressed = pack.is_addressed(&mention);
    if !addressed && !candidates.iter().any(|candidate| pack.brings(candidate.query)) {
        return Observed::default();
    }
    let scores = match &case.given {
        Some(given) => given.scores(),
        None => score(&mention.text, mention.lang.as_deref()),
    };
    mention.lang_detected = Some(scores.language.code.clone());
    let intents = route::seen_intents(&scores, pack);
    let sentiment = Some(scores.sentiment.label.as_ref());
    let fields = Fields { sentiment, intents: Some(&intents), brands, ..Fields::of(&mention) };
    let matches = pack.set.finish(&candidates, &document, &fields);
    pack.note_impersonation(&mut mention);
    let matched: Vec<&QueryRule> = matches.iter().filter_map(|found| pack.query(found.query)).collect();
    let noise = route::noise(&mention, &matched, &scores, pack).map(|noise| noise.kind);
    let brought = addressed || matched.iter().any(|query| !query.mark);
    let routed = brought && noise.is_none();
    let routing = routed.then(|| route::decide(&mention, &matched, &scores, case.at, pack, Model::shipped().digest()));
    let heads = scores.heads.iter().map(|(head, answer)| (head.clone(), answer.label.to_string())).collect();
    Observed { matched: matched.iter().map(|query| query.id.as_str()).collect(), noise, heads, routing }
}

fn place(args: &TestArgs, case: &Case) -> String {
    format!("{}:{}", args.dir.join(&case.path).display(), case.line)
}

fn write_text(args: &TestArgs, pack: &Pack, failures: &[Failure<'_>], out: &mut dyn Write) -> anyhow::Result<()> {
    for Failure { case, differences } in failures {
        writeln!(out, "{}: {}", place(args, case), case.name)?;
        for difference in differences {
            writeln!(out, "    {}: expected {}, got {}", difference.field, difference.expected, difference.got)?;
        }
    }
    let passed = pack.cases.len() - failures.len();
    writeln!(out, "{passed} of {} tests passed, {} failed", pack.cases.len(), failures.len())?;
    let untested = untested(pack);
    if !untested.is_empty() {
        writeln!(out, "queries without a test that matches and one that does not: {}", untested.join(", "))?;
    }
    Ok(())
}

/// Queries that lack a hit or a miss among the pack's tests.
fn untested(pack: &Pack) -> Vec<&str> {
    let has = |id: &String| {
        let hit = pack.cases.iter().any(|case| case.expect.hits.contains(id));
        hit && pack.cases.iter().any(|case| case.expect.misses.contains(id))
    };
    pack.queries.iter().filter(|query| !has(&query.id)).map(|query| query.id.as_str()).collect()
}

fn as_json(args: &TestArgs, pack: &Pack, failures: &[Failure<'_>]) -> serde_json::Value {
    let failed: Vec<_> = failures
        .iter()
        .map(|f| serde_json::json!({ "place": place(args, f.case), "name": f.case.name, "differences": f.differences }))
        .collect();
    serde_json::json!({
        "tests": pack.cases.len(), "failed": failed.len(), "failures": failed, "untested": untested(pack), "pack": pack.digest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const TEAMS: &str = "owner: support\nteams:\n  - {id: support, name: Support}\n  - {id: comms, name: Comms}\n";
    const QUERIES: &str = "owner: support\nqueries:\n  - {id: brand, query: acme}\n";
    const MATRIX: &str = "owner: support
rows:
  - {id: other, intent: none, team: support, public_response: acknowledge, private_handoff: ticket, path: [comms]}
tests:
  - {text: hello, kind: dm, given: {}, route: {team: support, respond_within: 4h, at: x}}
";

    fn test(name: &str, matrix: &str, format: Format) -> (Exit, String, String) {
        let dir = std::env::temp_dir().join(format!("groundswell-test-{name}-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("queries")).expect("scratch");
        for (path, text) in [("teams.yaml", TEAMS), ("queries/brand.yaml", QUERIES), ("matrix.yaml", matrix)] {
            std::fs::write(dir.join(path), text).expect("write");
        }
        let ended = run_in(&dir, format);
        std::fs::remove_dir_all(&dir).expect("clean");
        ended
    }

    fn run_in(dir: &Path, format: Format) -> (Exit, String, String) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut io = Io { stdin: &mut std::io::empty(), stdout: &mut stdout, stderr: &mut stderr };
        let exit = run(&TestArgs { dir: dir.to_owned(), format }, &mut io).expect("runs");
        (exit, String::from_utf8(stdout).expect("UTF-8"), String::from_utf8(stderr).expect("UTF-8"))
    }

    #[test]
    fn a_pack_with_problems_is_not_tested() {
        let (exit, out, err) = test("problems", MATRIX, Format::Text);
        assert_eq!((exit, out.as_str()), (Exit::Unusable, ""));
        assert!(err.contains("unknown key \"at\""), "{err}");
        let (exit, _, err) = run_in(Path::new("/nowhere/at/all"), Format::Text);
        assert_eq!(exit, Exit::Unusable);
        assert!(err.contains("/nowhere/at/all"), "{err}");
    }

    #[test]
    fn passing_and_failing_tests() {
        let sound = MATRIX.replace(", respond_within: 4h, at: x", ", respond_within: 1h");
        let (exit, out, err) = test("sound", &sound, Format::Text);
        assert_eq!(exit, Exit::Ok, "{out}{err}");
        assert!(out.contains("1 of 1 tests passed, 0 failed"), "{out}");
        assert!(out.contains("one that does not: brand"), "{out}");

        let wrong = format!("{sound}  - {{text: nothing of ours, no_match: [brand], route: {{team: support}}}}\n");
        let wrong = wrong.replace("{team: support, respond", "{team: comms, also: [comms], respond");
        let (exit, out, _) = test("wrong", &wrong, Format::Text);
        assert_eq!(exit, Exit::Findings);
        for said in [
            "matrix.yaml:5: hello\n    team: expected comms, got support\n    also: expected [comms], got []\n",
            "matrix.yaml:6: nothing of ours\n    route: expected routed, got unmatched\n",
            "0 of 2 tests passed, 2 failed",
        ] {
            assert!(out.contains(said), "{said:?} in\n{out}");
        }
        let (_, out, _) = test("json", &wrong, Format::Json);
        let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!((&value["tests"], &value["failed"]), (&2.into(), &2.into()));
        assert_eq!(value["failures"][0]["differences"][0]["got"], "support");
    }

    #[test]
    fn the_default_pack_passes_its_own_tests() {
        let (exit, out, err) = run_in(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/rules")), Format::Text);
        assert_eq!(exit, Exit::Ok, "{out}{err}");
    }
}
