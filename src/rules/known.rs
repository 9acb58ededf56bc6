//! Accounts of other people that the pack knows, by hash: the tier of a customer, the market, the language.
//!
//! `accounts/*.csv`, as `groundswell accounts hash` writes them from what a customer system exports: no name of anybody
//! stands in a pack. Why files of the pack, and no topic beside it: what decides is then named by the pack's digest in
//! every decision, and a replay with the same pack finds the same accounts, whenever it runs.

use super::outline::is_outlined;
use super::problem::{Finding, Problem};
use super::sheet::{Ctx, Kind};
use super::yaml::Place;
use super::{Pack, SourceFile};
use crate::mention::{AccountFacts, unhex};
use crate::query::lint::Severity as Lint;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where such files stand.
pub(super) const FOLDER: &str = "accounts/";
/// The end of their names; the second only to say that it is none.
pub(super) const EXTENSIONS: [&str; 2] = [".csv", ".tsv"];
/// Most accounts of a pack.
pub const KNOWN_ACCOUNTS_MAX: usize = 200_000;
/// Most tiers: they are classes of customers, not customers.
pub const ACCOUNT_TIERS_MAX: usize = 64;
/// The columns of such a file.
pub const KNOWN_COLUMNS: &str = "account,tier,market,language";
/// Begins every hash: without it, what edits tables would take some of them for numbers.
pub const KNOWN_PREFIX: &str = "account-";
/// Bytes of a hash.
pub const KNOWN_HASH_BYTES: usize = 16;
/// Faults that are told of one file.
const FAULTS_MAX: usize = 50;

/// The hash of an account's id or handle on its platform, with the key of the deployment.
pub type KnownHash = [u8; KNOWN_HASH_BYTES];

/// Two letters.
type Code = [u8; 2];

/// What is known of one account, and where it says so.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// Its place among the tiers.
    tier: Option<u8>,
    market: Option<Code>,
    language: Option<Code>,
    /// The file's place among the files.
    file: u16,
    line: u32,
}

/// Everything of `accounts/`.
#[derive(Debug, Default)]
pub struct KnownAccounts {
    rows: BTreeMap<KnownHash, Row>,
    tiers: Vec<String>,
    markets: BTreeSet<String>,
    files: Vec<String>,
    /// Marks of the keys that the files were hashed with, and where they say so.
    marks: Vec<(String, Problem)>,
}

impl KnownAccounts {
    /// What is known of an account.
    #[must_use]
    pub fn get(&self, hash: &KnownHash) -> Option<AccountFacts> {
        let row = self.rows.get(hash)?;
        let code = |code: Code| String::from_utf8_lossy(&code).into_owned();
        Some(AccountFacts {
            tier: row.tier.and_then(|tier| self.tiers.get(usize::from(tier)).cloned()),
            market: row.market.map(code),
            language: row.language.map(code),
        })
    }

    /// How many hashes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when the pack knows nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether an account of that market is known.
    #[must_use]
    pub fn has_market(&self, market: &str) -> bool {
        self.markets.contains(market)
    }
}

/// Files of the pack that were hashed with another key than the one of this mark: none of their accounts is ever found.
#[must_use]
pub fn of_other_keys(pack: &Pack, mark: &str) -> Vec<Finding> {
    let others = pack.known.marks.iter().filter(|(theirs, _)| theirs != mark);
    let finding = |(_, place): &(String, Problem)| {
        let message = "hashed with another key than decisions.phone_key: none of its accounts is ever found".to_owned();
        let fix = Some("hash them anew: groundswell accounts hash --config FILE".to_owned());
        let problem = Problem { message, suggestion: fix, ..place.clone() };
        Finding { problem, code: "other-key", severity: Lint::Warning }
    };
    others.map(finding).collect()
}

/// A tier of customers: lower-case letters, digits, `-`, `_`, at most 64.
#[must_use]
pub fn is_account_tier(word: &str) -> bool {
    let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=64).contains(&word.len()) && word.chars().all(ok)
}

/// A country as conditions write it (ISO 3166-1 alpha-2).
#[must_use]
pub fn is_country(word: &str) -> bool {
    word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A language as conditions write it (ISO 639-1).
#[must_use]
pub fn is_language(word: &str) -> bool {
    word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// What conditions are checked against where the rows are not at hand.
#[derive(Default, Serialize, Deserialize)]
struct Names {
    owner: String,
    tiers: BTreeSet<String>,
    markets: BTreeSet<String>,
}

/// How many accounts such a file has, and the names in it; none where it has faults.
pub(super) fn outline(bytes: &[u8]) -> Option<(String, String)> {
    let written = Written::read(std::str::from_utf8(bytes).ok()?);
    let mut names = Names { owner: written.owner.map(|(owner, _)| owner.to_owned())?, ..Names::default() };
    for line in &written.lines {
        names.tiers.extend(line.tier.map(str::to_owned));
        names.markets.extend(line.market.map(str::to_owned));
    }
    let is_sound = written.faults.is_empty();
    is_sound.then(|| (format!("{} known accounts", written.lines.len()), serde_json::json!(names).to_string()))
}

/// Reads such a file, or what its outline has kept of it.
pub(super) fn read(ctx: Ctx<'_>, into: &mut KnownAccounts) {
    if !ctx.file.path.ends_with(EXTENSIONS[0]) || !is_outlined(&ctx.file.path) {
        let message = format!("{FOLDER} holds .csv files only, not \"{}\"", ctx.file.path);
        return ctx.problem(Place::TOP, message, "write it with groundswell accounts hash".to_owned());
    }
    let Some(bytes) = ctx.file.bytes.as_deref() else { return read_outline(ctx, into) };
    let Ok(text) = std::str::from_utf8(bytes) else {
        ctx.sheet.unsure_of(&[Kind::AccountTier]);
        return ctx.problem(Place::TOP, "not UTF-8", "write it with groundswell accounts hash".to_owned());
    };
    let shown = SourceFile::new(ctx.file.path.as_str(), text);
    let ctx = Ctx { file: &shown, sheet: ctx.sheet };
    let written = Written::read(text);
    if !written.faults.is_empty() {
        ctx.sheet.unsure_of(&[Kind::AccountTier]);
    }
    for Fault { at, message, fix } in written.faults {
        ctx.problem(at, message, fix);
    }
    if let Some((owner, at)) = written.owner {
        ctx.refer(Kind::Party, owner, at);
    }
    into.marks.extend(written.mark.map(|(mark, at)| (mark.to_owned(), ctx.blank(at))));
    into.take(ctx, &written.lines);
}

fn read_outline(ctx: Ctx<'_>, into: &mut KnownAccounts) {
    let names = ctx.file.text.lines().nth(1).and_then(|line| serde_json::from_str(line).ok());
    let Names { owner, tiers, markets } = names.unwrap_or_default();
    ctx.refer(Kind::Party, &owner, Place::TOP);
    for tier in &tiers {
        into.tier(ctx, tier, Place::TOP);
    }
    into.markets.extend(markets);
}

impl KnownAccounts {
    fn take(&mut self, ctx: Ctx<'_>, lines: &[Line<'_>]) {
        let file = u16::try_from(self.files.len()).unwrap_or(u16::MAX);
        self.files.push(ctx.file.path.clone());
        for line in lines {
            if let Some(first) = self.rows.get(&line.hash) {
                let there = self.files.get(usize::from(first.file)).map_or("", String::as_str);
                let message = format!("this account stands here twice, first at {there}:{}", first.line);
                ctx.problem(line.at, message, "remove one of the two".to_owned());
                continue;
            }
            if self.rows.len() >= KNOWN_ACCOUNTS_MAX {
                let message = format!("more than {KNOWN_ACCOUNTS_MAX} accounts are too many for a pack");
                return ctx.problem(line.at, message, "keep those that a condition asks for".to_owned());
            }
            let tier = line.tier.and_then(|tier| self.tier(ctx, tier, line.at));
            self.markets.extend(line.market.map(str::to_owned));
            let (market, language) = (line.market.and_then(code), line.language.and_then(code));
            self.rows.insert(line.hash, Row { tier, market, language, file, line: line.at.line });
        }
    }

    /// The place of a tier among the tiers, noted as defined where it is new.
    fn tier(&mut self, ctx: Ctx<'_>, tier: &str, at: Place) -> Option<u8> {
        if let Some(place) = self.tiers.iter().position(|known| known == tier) {
            return u8::try_from(place).ok();
        }
        ctx.define(Kind::AccountTier, tier, at);
        if self.tiers.len() == ACCOUNT_TIERS_MAX {
            let message = format!("more than {ACCOUNT_TIERS_MAX} tiers: a tier is a class of customers");
            ctx.problem(at, message, "write fewer".to_owned());
        }
        self.tiers.push(tier.to_owned());
        u8::try_from(self.tiers.len() - 1).ok()
    }
}

fn code(word: &str) -> Option<Code> {
    word.as_bytes().try_into().ok()
}

/// What is wrong in a file, and where.
struct Fault {
    at: Place,
    message: String,
    fix: String,
}

/// One account, as written.
struct Line<'t> {
    hash: KnownHash,
    tier: Option<&'t str>,
    market: Option<&'t str>,
    language: Option<&'t str>,
    at: Place,
}

/// A file as text.
#[derive(Default)]
struct Written<'t> {
    owner: Option<(&'t str, Place)>,
    mark: Option<(&'t str, Place)>,
    lines: Vec<Line<'t>>,
    faults: Vec<Fault>,
}

impl<'t> Written<'t> {
    /// Reads remarks (`# owner: …`, `# key: …`), the names of the columns, and a row for each account.
    fn read(text: &'t str) -> Self {
        let mut written = Self::default();
        let (mut start, mut has_columns) = (0, false);
        for (line, number) in text.split_inclusive('\n').zip(1_u32..) {
            let (at, content) = (start, line.trim_end_matches(['\r', '\n']));
            start += line.len();
            let content = if number == 1 { content.trim_start_matches('\u{feff}') } else { content };
            let at = at + usize::from(number == 1) * (line.trim_end_matches(['\r', '\n']).len() - content.len());
            let place = |len| Place { line: number, column: 1, start: at, len };
            // what edits tables fills the lines up with commas
            if content.trim_matches(',').is_empty() {
                continue;
            }
            if let Some(remark) = content.strip_prefix('#') {
                written.remark(remark.trim_end_matches(','), place(content.len()));
            } else if has_columns {
                written.row(content, place(0));
            } else if content == KNOWN_COLUMNS {
                has_columns = true;
            } else {
                written.wrong(place(content.len()), "the columns are others".to_owned(), KNOWN_COLUMNS);
                break;
            }
            if written.faults.len() >= FAULTS_MAX {
                written.wrong(place(0), format!("{FAULTS_MAX} faults of this file are told, the rest is not read"), "");
                break;
            }
        }
        written.lacking();
        written
    }

    fn wrong(&mut self, at: Place, message: String, wanted: &str) {
        let fix = if wanted.is_empty() {
            "hash it anew: groundswell accounts hash".to_owned()
        } else {
            format!("write {wanted}")
        };
        self.faults.push(Fault { at, message, fix });
    }

    fn remark(&mut self, remark: &'t str, at: Place) {
        let Some((name, value)) = remark.split_once(':') else { return };
        match name.trim() {
            "owner" => self.owner = Some((value.trim(), at)),
            "key" => self.mark = Some((value.trim(), at)),
            _ => {}
        }
    }

    fn lacking(&mut self) {
        for (lacks, what) in [(self.owner.is_none(), "# owner: TEAM"), (self.mark.is_none(), "# key: …")] {
            if lacks {
                let name = what.split_once(':').map_or(what, |(name, _)| name);
                let fix = format!("add \"{what}\" at its top, as groundswell accounts hash writes it");
                self.faults.push(Fault { at: Place::TOP, message: format!("the file lacks \"{name}\""), fix });
            }
        }
    }

    fn row(&mut self, content: &'t str, line: Place) {
        let cells: Vec<&str> = content.split(',').collect();
        let [account, tier, market, language] = cells[..] else {
            let at = Place { len: content.len(), ..line };
            let message = format!("a row has {} cells, not 4", cells.len());
            return self.wrong(
                at,
                message,
                &format!("{KNOWN_COLUMNS}, with nothing between commas for what is not known"),
            );
        };
        let mut at = line;
        let mut places = [line; 4];
        for (place, cell) in places.iter_mut().zip(&cells) {
            *place = Place { len: cell.len(), ..at };
            at.start += cell.len() + 1;
            at.column += u32::try_from(cell.chars().count() + 1).unwrap_or(u32::MAX);
        }
        let hash = hash_of(account);
        if hash.is_none() {
            self.wrong(places[0], format!("\"{}\" is no hash of an account", first_chars(account)), "");
        }
        let tier = self.cell(tier, places[1], "tier", is_account_tier, "a-z, 0-9, - and _, at most 64 of them");
        let market =
            self.cell(market, places[2], "market", is_country, "two capital letters (ISO 3166-1), such as DE or BR");
        let language = self.cell(language, places[3], "language", is_language, "two letters (ISO 639-1), such as en");
        if content.ends_with(",,,") {
            let fix = "its tier, market or language, or remove the row";
            self.wrong(Place { len: content.len(), ..line }, "nothing is known of this account".to_owned(), fix);
        }
        self.lines.extend(hash.map(|hash| Line { hash, tier, market, language, at: places[0] }));
    }

    fn cell(
        &mut self,
        cell: &'t str,
        at: Place,
        what: &str,
        is_one: fn(&str) -> bool,
        wanted: &str,
    ) -> Option<&'t str> {
        if !cell.is_empty() && !is_one(cell) {
            self.wrong(at, format!("\"{}\" is no {what}", first_chars(cell)), wanted);
        }
        (!cell.is_empty()).then_some(cell).filter(|cell| is_one(cell))
    }
}

fn first_chars(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The bytes of a hash in lower-case hexadecimal.
fn hash_of(written: &str) -> Option<KnownHash> {
    let digits = written.strip_prefix(KNOWN_PREFIX)?;
    let is_lower = !digits.bytes().any(|byte| byte.is_ascii_uppercase());
    unhex(digits).filter(|_| is_lower)?.try_into().ok()
}

#[cfg(test)]
mod tests;
