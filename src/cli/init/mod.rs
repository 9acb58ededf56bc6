//! `groundswell init`: five questions, and a small pack that passes its own tests.

use super::check;
use super::test::run_tests;
use super::{Exit, Io};
use crate::rules::{SourceFile, pack_schema_file, pack_schemas, schema_of};
use anyhow::Context as _;
use std::fs;
use std::path::{Path, PathBuf};

mod answers;

use answers::Answers;

/// Where the schemas of its files are written, for editors; packs are read without what begins with a dot.
const SCHEMAS: &str = ".schemas";

/// Write a small rule pack for your company; asks five questions, or takes the answers as flags.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  groundswell init my-rules\n  groundswell init my-rules --company Quarvo --products \
'Quarvo Pay, Quarvo Mail' --not 'planet, space' --accounts 'x:quarvo' --time-zone Europe/Madrid\n\n\
What is not given as a flag is asked on standard input; an empty line leaves it out."
)]
pub struct InitArgs {
    /// Folder to write; must not hold anything yet.
    dir: PathBuf,
    /// What people call you.
    #[arg(long, value_name = "NAME")]
    company: Option<String>,
    /// Words of posts that mean something else of that name, comma separated.
    #[arg(long, value_name = "WORDS")]
    not: Option<String>,
    /// Your products, comma separated.
    #[arg(long, value_name = "NAMES")]
    products: Option<String>,
    /// Your own accounts, platform:handle, comma separated.
    #[arg(long, value_name = "LIST")]
    accounts: Option<String>,
    /// Time zone of your support, an IANA name.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
}

/// Runs it.
///
/// # Errors
/// When the folder cannot be written, or the questions not read.
pub fn run(args: &InitArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    if fs::read_dir(&args.dir).is_ok_and(|mut entries| entries.next().is_some()) {
        writeln!(io.stderr, "groundswell: {} holds something already: name a new folder", args.dir.display())?;
        return Ok(Exit::Unusable);
    }
    let answers = Answers {
        company: given_or_asked(args.company.as_ref(), "What do people call your company or product?", io)?,
        not: given_or_asked(args.not.as_ref(), "Which words tell that something else of that name is meant?", io)?,
        products: given_or_asked(args.products.as_ref(), "Which products do you have?", io)?,
        accounts: given_or_asked(args.accounts.as_ref(), "Which accounts are yours (platform:handle)?", io)?,
        time_zone: given_or_asked(args.time_zone.as_ref(), "In which time zone does your support work (UTC)?", io)?,
    };
    let files = match answers.pack() {
        Ok(files) => files,
        Err(problem) => {
            writeln!(io.stderr, "groundswell: {problem}")?;
            return Ok(Exit::Unusable);
        }
    };
    if !is_sound(&files, io)? {
        return Ok(Exit::Findings);
    }
    for file in &files {
        let path = args.dir.join(&file.path);
        let folder = path.parent().unwrap_or(&args.dir);
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let text = format!("{}{}", schema_line(&file.path), file.text);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    write_schemas(&args.dir.join(SCHEMAS))?;
    let dir = args.dir.display();
    writeln!(
        io.stdout,
        "{dir}: {} files. Next: read them, then\n  groundswell test {dir}\n  groundswell preview --rules {dir} --input FILE",
        files.len()
    )?;
    Ok(Exit::Ok)
}

/// Tells editors by which schema a file is written.
fn schema_line(path: &str) -> String {
    let up = "../".repeat(path.matches('/').count());
    let of = |name| format!("# yaml-language-server: $schema={up}{SCHEMAS}/{}\n", pack_schema_file(name));
    schema_of(path).map(of).unwrap_or_default()
}

fn write_schemas(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, schema) in pack_schemas() {
        let path = folder.join(pack_schema_file(name));
        fs::write(&path, serde_json::to_string_pretty(&schema)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// A list on one line of standard input, asked on stderr.
fn given_or_asked(given: Option<&String>, question: &str, io: &mut Io<'_>) -> anyhow::Result<String> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    write!(io.stderr, "{question} ")?;
    io.stderr.flush()?;
    let mut line = String::new();
    io.stdin.read_line(&mut line).context("cannot read the answer")?;
    Ok(line.trim().to_owned())
}

/// What was asked for may contradict itself: a pack is only written when it loads and its tests pass.
fn is_sound(files: &[SourceFile], io: &mut Io<'_>) -> anyhow::Result<bool> {
    let Some(pack) = check::load(files, &[], io)? else {
        writeln!(io.stderr, "nothing was written: give other answers")?;
        return Ok(false);
    };
    let ran = run_tests(&pack);
    for failure in &ran.failures {
        writeln!(io.stderr, "the test \"{}\" of this pack would fail", failure.name)?;
    }
    for untested in &ran.untested {
        writeln!(io.stderr, "{}: {}", untested.problem.path, untested.problem.message)?;
    }
    let sound = ran.failures.is_empty() && ran.untested.is_empty();
    if !sound {
        writeln!(io.stderr, "nothing was written: is a word both yours and something else's?")?;
    }
    Ok(sound)
}

#[cfg(test)]
mod tests;
