//! `groundswell accounts hash`: from what a customer system exports to the accounts that a pack knows, by hash.
//!
//! All or nothing: where a row cannot be meant, every fault is told and nothing is written, so that no half of an export
//! takes the place of a whole one. The rows are written in the order of their hashes, which tells nothing of the export's.

use super::csv::{Lines, parted, unquoted};
use super::{Exit, Io};
use crate::config::{Config, Overrides, process_environment};
use crate::mention::{Author, Mention, Platform, hex};
use crate::pipeline::PhoneKey;
use crate::rules::{
    KNOWN_ACCOUNTS_MAX, KNOWN_COLUMNS, KNOWN_PREFIX, KnownHash, is_account_tier, is_country, is_language,
};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

/// Faults that are told.
const FAULTS_MAX: usize = 50;

/// Make the accounts that a pack knows (tier, market and language of customers) without their names.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  groundswell accounts hash --owner support --config groundswell.yaml < crm.csv \
> rules/accounts/crm.csv\n\nThe input is CSV or TSV with the names of its columns in the first line: platform, handle or id \
(or both),\nand tier, market, language as far as they are known. Other columns are passed over.\n\n\
Exit codes: 0 written; 1 rows that cannot be meant, nothing is written; 2 it could not run.")]
pub struct AccountsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Reads accounts from standard input, and writes them by hash.
    Hash(HashArgs),
}

#[derive(clap::Args, Debug)]
struct HashArgs {
    /// Who owns the file: a team or contact of the pack.
    #[arg(long, value_name = "PARTY")]
    owner: String,
    /// The configuration with `decisions.phone_key`, which the accounts are hashed with.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs it.
///
/// # Errors
/// When the configuration or stdin cannot be read, or the output not written.
pub fn run(args: &AccountsArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let What::Hash(args) = &args.what;
    let (config, _) = Config::load(args.config.as_deref(), process_environment(), &Overrides::new())?;
    if config.decisions.phone_key.is_none() {
        let warning = "without decisions.phone_key whoever has a list of handles can tell who is meant";
        writeln!(io.stderr, "warning: {warning}")?;
    }
    hash(&args.owner, &config.decisions.phone_key(), io)
}

fn hash(owner: &str, key: &PhoneKey, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let mut table = Table::default();
    let mut lines = Lines::new(io.stdin);
    let mut columns = None;
    while lines.next()? && table.faults.len() < FAULTS_MAX {
        let text = String::from_utf8_lossy(&lines.bytes);
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            continue;
        }
        match &columns {
            None => match Columns::read(text) {
                Ok(found) => columns = Some(found),
                Err(fault) => {
                    writeln!(io.stderr, "groundswell: {fault}")?;
                    return Ok(Exit::Unusable);
                }
            },
            Some(columns) if !lines.is_cut() => table.add(lines.number, &columns.of(text), key),
            Some(_) => table.wrong(lines.number, "the line is too long"),
        }
    }
    if let Some(Columns { others, .. }) = columns.filter(|columns| !columns.others.is_empty()) {
        writeln!(io.stderr, "passed over: {}", others.join(", "))?;
    }
    if table.rows.is_empty() && table.faults.is_empty() {
        table.wrong(lines.number, "there is no account");
    }
    if !table.faults.is_empty() {
        table.faults.iter().try_for_each(|fault| writeln!(io.stderr, "{fault}"))?;
        writeln!(io.stderr, "nothing is written: mend these rows first")?;
        return Ok(Exit::Findings);
    }
    table.write(owner, key, io.stdout)?;
    writeln!(io.stderr, "{} hashes of {} rows", table.rows.len(), table.read)?;
    Ok(Exit::Ok)
}

/// The columns that are asked for, in the order of [`Cells`].
const COLUMNS: [&str; 6] = ["platform", "handle", "id", "tier", "market", "language"];

/// A row: platform, handle, id, tier, market, language; empty where it says nothing.
type Cells = [String; 6];

/// Which column stands where.
struct Columns {
    separator: u8,
    places: [Option<usize>; 6],
    others: Vec<String>,
}

impl Columns {
    fn read(header: &str) -> Result<Self, String> {
        let separator = [b'\t', b';'].into_iter().find(|byte| header.bytes().any(|one| one == *byte)).unwrap_or(b',');
        let names: Vec<String> = parted(header.as_bytes(), separator).map(|cell| plain(cell).to_lowercase()).collect();
        let places = COLUMNS.map(|column| names.iter().position(|name| name == column));
        let [platform, handle, id, rest @ ..] = places;
        if platform.is_none() || (handle.is_none() && id.is_none()) || rest.iter().all(Option::is_none) {
            return Err(format!(
                "the first line names the columns: platform, handle or id, and tier, market or language; not \"{}\"",
                header.chars().take(80).collect::<String>()
            ));
        }
        let others = names.into_iter().filter(|name| !COLUMNS.contains(&name.as_str()) && !name.is_empty()).collect();
        Ok(Self { separator, places, others })
    }

    fn of(&self, line: &str) -> Cells {
        let cells: Vec<&[u8]> = parted(line.as_bytes(), self.separator).collect();
        self.places.map(|place| place.and_then(|place| cells.get(place)).map_or_else(String::new, |cell| plain(cell)))
    }
}

fn plain(cell: &[u8]) -> String {
    String::from_utf8_lossy(unquoted(cell)).into_owned()
}

/// What is known of an account, as it is written, and the line that says so.
type Known = (String, u64);

/// Everything that was read.
#[derive(Default)]
struct Table {
    rows: BTreeMap<KnownHash, Known>,
    faults: Vec<String>,
    read: u64,
}

impl Table {
    fn wrong(&mut self, line: u64, message: &str) {
        self.faults.push(format!("line {line}: {message}"));
    }

    fn add(&mut self, line: u64, cells: &Cells, key: &PhoneKey) {
        self.read += 1;
        let [platform, handle, id, tier, market, language] = cells;
        let Ok(platform) = platform.to_lowercase().parse::<Platform>() else {
            return self.wrong(line, &format!("\"{platform}\" is no platform: write x, mastodon, whatsapp …"));
        };
        let known = match facts(tier, market, language) {
            Ok(known) => known,
            Err(fault) => return self.wrong(line, &fault),
        };
        let author = author(platform, handle, id, key);
        let hashes: Vec<KnownHash> = key.accounts(platform, &author).collect();
        if hashes.is_empty() {
            return self.wrong(line, "neither a handle nor an id");
        }
        for hash in hashes {
            let (theirs, first) = self.rows.entry(hash).or_insert_with(|| (known.clone(), line)).clone();
            if theirs != known {
                self.wrong(line, &format!("line {first} says something else of this account"));
            }
        }
        if self.rows.len() > KNOWN_ACCOUNTS_MAX {
            self.wrong(line, &format!("more than {KNOWN_ACCOUNTS_MAX} accounts: keep those that a condition asks for"));
        }
    }

    fn write(&self, owner: &str, key: &PhoneKey, out: &mut dyn Write) -> anyhow::Result<()> {
        writeln!(out, "# accounts by hash, as groundswell accounts hash writes them")?;
        writeln!(out, "# owner: {owner}\n# key: {}\n{KNOWN_COLUMNS}", key.mark())?;
        for (hash, (known, _)) in &self.rows {
            writeln!(out, "{KNOWN_PREFIX}{},{known}", hex(hash))?;
        }
        Ok(())
    }
}

/// Tier, market and language as a pack writes them.
fn facts(tier: &str, market: &str, language: &str) -> Result<String, String> {
    let tier = tier.to_lowercase().replace(' ', "-");
    let market = market.to_uppercase();
    let language = language.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    if !tier.is_empty() && !is_account_tier(&tier) {
        return Err(format!("\"{tier}\" is no tier: a-z, 0-9, - and _, at most 64 of them"));
    }
    if !market.is_empty() && !is_country(&market) {
        return Err(format!("\"{market}\" is no market: two letters (ISO 3166-1), such as DE or BR"));
    }
    if !language.is_empty() && !is_language(&language) {
        return Err(format!("\"{language}\" is no language: two letters (ISO 639-1), such as en"));
    }
    match tier.is_empty() && market.is_empty() && language.is_empty() {
        true => Err("neither a tier nor a market nor a language".to_owned()),
        false => Ok(format!("{tier},{market},{language}")),
    }
}

/// The author as decisions know it: a number is hidden before it is looked up.
fn author(platform: Platform, handle: &str, id: &str, key: &PhoneKey) -> Author {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let is_number = |c: char| c.is_ascii_digit() || " +-()./".contains(c);
    let id = match platform == Platform::Whatsapp && id.chars().all(is_number) {
        true => id.chars().filter(char::is_ascii_digit).collect(),
        false => id.to_owned(),
    };
    let mut mention = Mention::new(platform, "", "1");
    mention.author = Some(Author { id: given(&id), handle: given(handle), ..Author::default() });
    key.hide(&mut mention);
    mention.author.unwrap_or_default()
}

#[cfg(test)]
mod tests;
