//! `groundswell test`: the pack's own tests, each post through match, score and route.

use super::check::{self, Format, print_findings};
use super::{Exit, Io};
use crate::config::pack::read_pack;
use crate::query::Fields;
use crate::route;
use crate::rules::{
    self, Case, Covered, Difference, Finding, Folded, Given, OWN_VOICE, Observed, Pack, QueryRule, SourceFile,
};
use crate::score::{Model, Scores};
use crate::text::{Document, brands};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

/// Run the tests of a rule pack: each post through match, score and route.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  groundswell test rules/\n\nExit codes: 0 all pass, 1 some fail or something has no test, 2 the pack cannot be read or has problems."
)]
pub struct TestArgs {
    /// Folder of the pack.
    pub dir: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// What the tests of a pack came to.
#[derive(Debug)]
pub struct Ran {
    /// How many there are.
    pub tests: usize,
    /// Those that do not pass.
    pub failures: Vec<Failure>,
    /// What none of them shows.
    pub untested: Vec<Finding>,
}

/// A test that does not pass.
#[derive(Debug)]
pub struct Failure {
    /// The file it stands in.
    pub path: String,
    /// Its line.
    pub line: u32,
    /// What it shows.
    pub name: String,
    /// What is otherwise.
    pub differences: Vec<Difference>,
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
    let Some(pack) = check::load(&files, &[], io)? else {
        writeln!(io.stderr, "a pack with problems is not tested: mend them first (groundswell check)")?;
        return Ok(Exit::Unusable);
    };
    let ran = run_tests(&pack);
    match args.format {
        Format::Text => write_text(args, &files, &pack, &ran, io.stdout)?,
        Format::Json => io.write_json(&as_json(args, &pack, &ran))?,
    }
    Ok(if ran.failures.is_empty() && ran.untested.is_empty() { Exit::Ok } else { Exit::Findings })
}

/// Runs the tests of a pack and says what fails, and what no test shows.
pub fn run_tests(pack: &Pack) -> Ran {
    let model = Model::shipped();
    let score = |text: &str, lang: Option<&str>| model.score_with(text, lang, &pack.additions);
    let mut failures = Vec::new();
    let mut covered = Covered::default();
    for case in &pack.cases {
        let observed = observe(pack, case, &score);
        cover(&mut covered, pack, &observed);
        let (path, line, name) = (case.path.clone(), case.line, case.name.clone());
        failures.push(Failure { path, line, name, differences: case.differences(&observed) });
    }
    for check in &pack.checks {
        let (path, line, name) = (check.path.clone(), check.line, check.name.clone());
        failures.push(Failure { path, line, name, differences: check.differences(pack) });
    }
    let tests = failures.len();
    failures.retain(|failure| !failure.differences.is_empty());
    Ran { tests, failures, untested: rules::untested(pack, &covered) }
}

fn cover(covered: &mut Covered, pack: &Pack, observed: &Observed<'_>) {
    covered.fired.extend(observed.fired.iter().map(|id| (*id).to_owned()));
    let Some(routing) = &observed.routing else { return };
    let quiet = pack.intents.triggers.iter().filter(|trigger| !observed.fired.contains(&trigger.id.as_str()));
    covered.quiet.extend(quiet.map(|trigger| trigger.id.clone()));
    let rows = routing.decision.rules.iter().filter_map(|rule| rule.strip_prefix("matrix:"));
    covered.rows.extend(rows.map(str::to_owned));
    covered.replies.extend(routing.route.reply.iter().map(|reply| reply.id.clone()));
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
    if mention.author.as_ref().is_some_and(|author| pack.is_own(mention.platform, author)) {
        return Observed { noise: Some(OWN_VOICE.to_owned()), ..Observed::default() };
    }
    let scores = match &case.given {
        Some(given) => given.scores(),
        None if asks_for_scores(pack, case) => score(&mention.text, mention.lang.as_deref()),
        None => Given::default().scores(),
    };
    mention.lang_detected = Some(scores.language.code.clone());
    let intents = route::seen_intents(&scores, pack);
    let sentiment = Some(scores.sentiment.label.as_ref());
    let fields = Fields { sentiment, intents: Some(&intents), brands, ..Fields::of(&mention) };
    let matches = pack.set.finish(&candidates, &document, &fields);
    pack.note_impersonation(&mut mention);
    let matched: Vec<&QueryRule> = matches.iter().filter_map(|found| pack.query(found.query)).collect();
    let folded = Folded::of(&mention);
    let read = |part: &str| score(part, Some(&scores.language.code));
    // given scores are of the whole: they say nothing of a part
    let read = case.given.is_none().then_some(read);
    let (noise, matter) = match route::sift(&mention, &folded, &matched, &scores, pack, read) {
        Ok(matter) => (None, matter),
        Err(noise) => (Some(noise.kind), None),
    };
    if case.given.is_none() && !asks_for_scores(pack, case) {
        return Observed { matched: ids(&matched), ..Observed::default() };
    }
    let brought = addressed || matched.iter().any(|query| !query.mark);
    let routed = brought && noise.is_none();
    let deciding = matter.as_ref().map_or(&scores, |matter| &matter.scores);
    let routing =
        routed.then(|| route::decide(&mention, &folded, &matched, deciding, case.at, pack, Model::shipped().digest()));
    let heads = scores.heads.iter().map(|(head, answer)| (head.clone(), answer.label.to_string())).collect();
    let fired = route::fired_triggers(&mention, &folded, &matched, deciding, pack);
    Observed { matched: ids(&matched), noise, heads, fired, routing }
}

fn ids<'p>(matched: &[&'p QueryRule]) -> Vec<&'p str> {
    matched.iter().map(|query| query.id.as_str()).collect()
}

/// Whether a test asks for more than matches that words decide: then the model must be asked, which takes most of the time.
fn asks_for_scores(pack: &Pack, case: &Case) -> bool {
    let expect = &case.expect;
    let of_scores = |text: &str| ["sentiment:", "intent:", "language:", "@{"].iter().any(|part| text.contains(part));
    let named = expect.hits.iter().chain(&expect.misses).filter_map(|id| pack.query_of(id));
    let more = expect.asks_for_route() || expect.noise.is_some() || !expect.heads.is_empty();
    more || { named }.any(|query| of_scores(&query.text))
}

fn place(args: &TestArgs, failure: &Failure) -> String {
    format!("{}:{}", args.dir.join(&failure.path).display(), failure.line)
}

fn write_text(
    args: &TestArgs,
    files: &[SourceFile],
    pack: &Pack,
    ran: &Ran,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    for failure in &ran.failures {
        writeln!(out, "{}: {}", place(args, failure), failure.name)?;
        for difference in &failure.differences {
            writeln!(out, "    {}: expected {}, got {}", difference.field, difference.expected, difference.got)?;
        }
    }
    print_findings(&args.dir, files, &ran.untested, out)?;
    let failed = ran.failures.len();
    write!(out, "{} of {} tests passed, {failed} failed", ran.tests - failed, ran.tests)?;
    match ran.untested.len() {
        0 => writeln!(out, ", digest {}", pack.digest)?,
        untested => writeln!(out, ", {untested} untested, digest {}", pack.digest)?,
    }
    Ok(())
}

fn as_json(args: &TestArgs, pack: &Pack, ran: &Ran) -> serde_json::Value {
    let told = |f: &Failure| json!({ "place": place(args, f), "name": f.name, "differences": f.differences });
    let failures: Vec<_> = ran.failures.iter().map(told).collect();
    json!({
        "tests": ran.tests, "failed": failures.len(), "failures": failures, "untested": ran.untested,
        "pack": pack.digest,
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

    const TESTS: &str = "tests:\n  - {text: acme, match: [brand]}\n  - {text: other, no_match: [brand]}\n";

    fn test(name: &str, matrix: &str, format: Format) -> (Exit, String, String) {
        let dir = std::env::temp_dir().join(format!("groundswell-test-{name}-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("queries")).expect("scratch");
        let queries = if name == "untested" { QUERIES.to_owned() } else { format!("{QUERIES}{TESTS}") };
        for (path, text) in [("teams.yaml", TEAMS), ("queries/brand.yaml", &queries), ("matrix.yaml", matrix)] {
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
        assert!(out.contains("3 of 3 tests passed, 0 failed, digest "), "{out}");
        let (exit, out, _) = test("untested", &sound, Format::Text);
        assert_eq!(exit, Exit::Findings);
        let untold = "brand.yaml:3:10: error[untested]: query \"brand\" has no test that it matches\n";
        assert!(out.contains(untold) && out.contains("1 of 1 tests passed, 0 failed, 1 untested, "), "{out}");

        let wrong = format!("{sound}  - {{text: nothing of ours, no_match: [brand], route: {{team: support}}}}\n");
        let wrong = wrong.replace("{team: support, respond", "{team: comms, also: [comms], respond");
        let (exit, out, _) = test("wrong", &wrong, Format::Text);
        assert_eq!(exit, Exit::Findings);
        for said in [
            "matrix.yaml:5: hello\n    team: expected comms, got support\n    also: expected [comms], got []\n",
            "matrix.yaml:6: nothing of ours\n    route: expected routed, got unmatched\n",
            "2 of 4 tests passed, 2 failed",
        ] {
            assert!(out.contains(said), "{said:?} in\n{out}");
        }
        let (_, out, _) = test("json", &wrong, Format::Json);
        let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!((&value["tests"], &value["failed"]), (&4.into(), &2.into()));
        assert_eq!(value["failures"][0]["differences"][0]["got"], "support");
    }

    #[test]
    fn the_default_pack_passes_its_own_tests() {
        let (exit, out, err) = run_in(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/rules")), Format::Text);
        assert_eq!(exit, Exit::Ok, "{out}{err}");
    }
}
