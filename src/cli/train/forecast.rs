//! `groundswell train forecast`: known cascades in, the table that `groundswell forecast` ships out, and how good it is
//! on cascades it was not made of.

use super::super::csv::{Lines, field, unquoted};
use super::super::forecast::{Columns, place};
use super::{Exit, Io, write};
use crate::detect::forecast::learn::{Event, reference, table};
use crate::detect::forecast::measure::cross_validate;
use anyhow::{Context as _, Result};
use std::collections::HashMap;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Learn what cascades become.
///
/// Reads `events.csv` (as `groundswell forecast` does) of a folder with whole cascades. Prints the figures of a
/// cross-validation that leaves out whole cascades, each thinned in several ways; where there are also
/// `events_thinned.csv` and `index_thinned.csv` (`cascade,from`), the figures on these, from the same folds.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  groundswell train forecast --data data/cascades --output src/detect/forecast/references.rs"
)]
pub struct ForecastArgs {
    /// Folder with the cascades.
    #[arg(long)]
    pub data: PathBuf,
    /// Where to write the table; without it, only the figures are printed.
    #[arg(long)]
    pub output: Option<PathBuf>,
    /// Thinned versions of each cascade in the cross-validation.
    #[arg(long, default_value_t = 20)]
    pub parts: u64,
    /// Seed of the thinning.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

pub(super) fn run(args: &ForecastArgs, io: &mut Io<'_>) -> Result<Exit> {
    let (names, whole): (Vec<_>, Vec<_>) = cascades(&args.data.join("events.csv"))?.into_iter().unzip();
    if let Some(output) = &args.output {
        let references: Vec<_> = whole.iter().filter_map(|events| reference(events)).collect();
        write(output, table(&references).as_bytes())?;
    }
    let given = given(&args.data, &names)?;
    let (own, theirs) = cross_validate(&whole, args.parts, &given, args.seed);
    write!(io.stdout, "left out in turn, {} versions of each, seed {}\n{own}", args.parts, args.seed)?;
    if !given.is_empty() {
        write!(io.stdout, "\nleft out in turn, the given versions\n{theirs}")?;
    }
    Ok(Exit::Ok)
}

/// The given thinned versions, each with the place of its whole cascade.
fn given(folder: &Path, names: &[String]) -> Result<Vec<(usize, Vec<Event>)>> {
    let (events, index) = (folder.join("events_thinned.csv"), folder.join("index_thinned.csv"));
    if !events.exists() || !index.exists() {
        return Ok(Vec::new());
    }
    let sources = sources(&index)?;
    let places: HashMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let version = |(name, events): (String, Vec<Event>)| {
        let place = sources.get(&name).and_then(|source| places.get(source.as_str()));
        Ok((*place.with_context(|| format!("{}: no source of {name}", index.display()))?, events))
    };
    cascades(&events)?.into_iter().map(version).collect()
}

/// `cascade` → `from`.
fn sources(path: &Path) -> Result<HashMap<String, String>> {
    let name = path.display();
    let mut file = BufReader::new(std::fs::File::open(path).with_context(|| format!("cannot read {name}"))?);
    let mut lines = Lines::new(&mut file);
    let places = lines.next()?.then(|| Some((place(&lines.bytes, "cascade")?, place(&lines.bytes, "from")?)));
    let (cascade, from) = places.flatten().with_context(|| format!("{name} lacks `cascade` or `from`"))?;
    let text =
        |line: &[u8], place| String::from_utf8_lossy(unquoted(field(line, place).unwrap_or_default())).into_owned();
    let mut sources = HashMap::new();
    while lines.next()? {
        sources.insert(text(&lines.bytes, cascade), text(&lines.bytes, from));
    }
    Ok(sources)
}

/// Whole cascades in the order of their posts. Here a bad row ends it: a table must not be made of half the data.
fn cascades(path: &Path) -> Result<Vec<(String, Vec<Event>)>> {
    let name = path.display();
    let mut file = BufReader::new(std::fs::File::open(path).with_context(|| format!("cannot read {name}"))?);
    let mut lines = Lines::new(&mut file);
    let columns = lines.next()?.then(|| Columns::of_header(&lines.bytes)).flatten();
    let columns = columns.with_context(|| format!("{name} lacks `cascade`, `seconds` or `followers`"))?;
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut all: Vec<(String, Vec<Event>)> = Vec::new();
    while lines.next()? {
        if lines.bytes.is_empty() {
            continue;
        }
        let row =
            columns.row(&lines.bytes).map_err(|problem| anyhow::anyhow!("{name}: line {}: {problem}", lines.number))?;
        let place = *places.entry(row.cascade.to_vec()).or_insert(all.len());
        if place == all.len() {
            all.push((String::from_utf8_lossy(row.cascade).into_owned(), Vec::new()));
        }
        let events = &mut all[place].1;
        let before = events.last().map_or(0.0, |(seconds, _)| *seconds);
        let is_in_order = if events.is_empty() { row.seconds <= 0.0 } else { row.seconds >= before };
        anyhow::ensure!(is_in_order, "{name}: line {}: out of order", lines.number);
        events.push((row.seconds, row.followers));
    }
    Ok(all)
}
