//! `groundswell overlay`: what changes of a pack for at most 72 hours, added, listed, removed, and offered as a change of
//! the pack for good. A running process takes the file up like any other change of the pack's folder.
//!
//! Nothing is written that `check` would refuse: the whole pack is read with the change before the file is replaced.

mod patch;

use super::check;
use super::{Exit, Io};
use crate::config::Period;
use crate::config::overlay::{self, OverlayChanged, OverlayError, OverlayWanted};
use crate::config::pack::read_pack;
use crate::mention::Timestamp;
use crate::rules::Pack;
use serde_json::{Number, Value, json};
use std::path::{Path, PathBuf};

/// Change the pack for at most 72 hours: a watched term, an excluded term, a threshold, a silence.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  groundswell overlay add festival --author duty-manager --reason 'the festival sponsor \
is called Nimbus' --for 24h --query nimbus-company --exclude 'festival OR stage'\n  groundswell overlay list\n  \
groundswell overlay patch festival\n  groundswell overlay remove festival\n\n\
Exit codes: 0 done; 1 it would not check clean, or is not there; 2 the folder cannot be read or written."
)]
pub struct OverlayArgs {
    #[command(subcommand)]
    what: What,
    /// Folder of the pack.
    #[arg(long, value_name = "DIR", default_value = "rules", global = true)]
    rules: PathBuf,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Adds an entry; one of --watch, --exclude, --threshold and --silence.
    Add(Box<AddArgs>),
    /// Lists the entries, and whether they hold now.
    List {
        /// How to say it.
        #[arg(long, value_enum, default_value_t = check::Format::Text)]
        format: check::Format,
    },
    /// Removes an entry.
    Remove {
        /// Its name.
        id: String,
    },
    /// Prints what would make an entry part of the pack for good.
    Patch {
        /// Its name.
        id: String,
    },
}

#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("change").required(true))]
#[command(group = clap::ArgGroup::new("end").required(true))]
struct AddArgs {
    /// A name for it: a-z, 0-9, - and _.
    id: String,
    /// Whose word it is: a team or a contact of the pack.
    #[arg(long)]
    author: String,
    /// Why.
    #[arg(long)]
    reason: String,
    /// From when on; now by default.
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// For how long: 90m, 24h; at most 72h.
    #[arg(long = "for", value_name = "PERIOD", group = "end")]
    lasts: Option<Period>,
    /// Until when.
    #[arg(long, value_name = "TIME", group = "end")]
    until: Option<Timestamp>,
    /// Watches one more query, of the entry's name.
    #[arg(long, value_name = "QUERY", group = "change")]
    watch: Option<String>,
    /// Posts that hold this are no match of the query under --query.
    #[arg(long, value_name = "TERM", group = "change", requires = "query")]
    exclude: Option<String>,
    /// Other thresholds for alerts of the query under --query: floor, ratio, excess, people.
    #[arg(long, value_name = "NAME=NUMBER", num_args = 1.., group = "change", requires = "query")]
    threshold: Vec<String>,
    /// Tells nobody of alerts of --query, --kind or --team.
    #[arg(long, group = "change")]
    silence: bool,
    /// The query it is about; a silence may name several.
    #[arg(long, value_name = "ID")]
    query: Vec<String>,
    /// Only alerts of this kind; a silence may name several.
    #[arg(long)]
    kind: Vec<String>,
    /// Who owns alerts of a watched term; whose alerts are silenced.
    #[arg(long)]
    team: Option<String>,
    /// A silence keeps back what is no graver than this; S2 by default.
    #[arg(long, value_name = "SEVERITY")]
    up_to: Option<String>,
}

/// Runs it.
///
/// # Errors
/// When the folder cannot be read or written.
pub fn run(args: &OverlayArgs, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let now = Timestamp::clamped(jiff::Timestamp::now().as_microsecond());
    match &args.what {
        What::Add(add) => match add.wanted() {
            Ok(wanted) => tell(overlay::add(&args.rules, &wanted, now), &add.id, io),
            Err(problem) => {
                writeln!(io.stderr, "groundswell: {problem}")?;
                Ok(Exit::Unusable)
            }
        },
        What::Remove { id } => tell(overlay::remove(&args.rules, id), id, io),
        What::List { format } => match read(&args.rules, io)? {
            Ok(pack) => list(&pack, now, *format, io),
            Err(exit) => Ok(exit),
        },
        What::Patch { id } => {
            let pack = match read(&args.rules, io)? {
                Ok(pack) => pack,
                Err(exit) => return Ok(exit),
            };
            let Some(entry) = pack.overlay.iter().find(|entry| entry.id == *id) else {
                return tell(Err(overlay::unknown(&pack, id)), id, io);
            };
            write!(io.stdout, "{}", patch::of(&pack, entry))?;
            Ok(Exit::Ok)
        }
    }
}

/// The pack of the folder, or how the command ends without one.
fn read(folder: &Path, io: &mut Io<'_>) -> anyhow::Result<Result<Pack, Exit>> {
    match read_pack(folder) {
        Ok(files) => Ok(check::load(&files, &[], io)?.ok_or(Exit::Findings)),
        Err(error) => {
            writeln!(io.stderr, "groundswell: {:#}", anyhow::Error::from(error))?;
            Ok(Err(Exit::Unusable))
        }
    }
}

/// Says what a change came to.
fn tell(changed: Result<OverlayChanged, OverlayError>, id: &str, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    match changed {
        Ok(OverlayChanged { digest, until: Some(until) }) => {
            writeln!(io.stdout, "overlay {id} holds until {until}; digest {digest}")?;
            Ok(Exit::Ok)
        }
        Ok(OverlayChanged { digest, until: None }) => {
            writeln!(io.stdout, "overlay {id} is removed; digest {digest}")?;
            Ok(Exit::Ok)
        }
        Err(OverlayError::Refused { files, problems }) => {
            check::print_problems(&files, &problems, io.stderr)?;
            writeln!(io.stderr, "groundswell: nothing was changed")?;
            Ok(Exit::Findings)
        }
        Err(error) => {
            let exit = if matches!(error, OverlayError::Unknown { .. }) { Exit::Findings } else { Exit::Unusable };
            writeln!(io.stderr, "groundswell: {:#}", anyhow::Error::from(error))?;
            Ok(exit)
        }
    }
}

impl AddArgs {
    /// The entry that is asked for, or what is wrong with the flags.
    fn wanted(&self) -> Result<OverlayWanted, String> {
        let (query, kind) = (self.query.first(), self.kind.first());
        let mut threshold = json!({ "query": query });
        for pair in &self.threshold {
            let parts = pair.split_once('=').and_then(|(name, number)| Some((name, number.parse::<Number>().ok()?)));
            let Some((name, number)) = parts else {
                return Err(format!("\"{pair}\" is no threshold: write floor=20, ratio=3, excess=10, people=8"));
            };
            threshold[name] = number.into();
        }
        let watch = self.watch.as_ref().map(|watch| json!({ "query": watch, "team": self.team }));
        let exclude = self.exclude.as_ref().map(|term| json!({ "query": query, "term": term }));
        threshold["kind"] = json!(kind);
        let silence = json!({"queries": self.query, "kinds": self.kind, "team": self.team, "up_to": self.up_to});
        Ok(OverlayWanted {
            id: self.id.clone(),
            author: self.author.clone(),
            reason: self.reason.clone(),
            from: self.from,
            until: self.until,
            lasts: self.lasts,
            watch: watch.map(said),
            exclude,
            threshold: (!self.threshold.is_empty()).then(|| said(threshold)),
            silence: self.silence.then(|| said(silence)),
        })
    }
}

/// Without what is left out.
fn said(mut change: Value) -> Value {
    let is_left_out = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    if let Some(fields) = change.as_object_mut() {
        fields.retain(|_, value| !is_left_out(value));
    }
    change
}

fn list(pack: &Pack, now: Timestamp, format: check::Format, io: &mut Io<'_>) -> anyhow::Result<Exit> {
    let state = |entry: &crate::rules::OverlayEntry| match entry.until <= now {
        true => "ended",
        false if entry.is_on(now) => "holds",
        false => "to come",
    };
    if format == check::Format::Json {
        let entries = pack.overlay.iter().map(|entry| {
            json!({"id": entry.id, "state": state(entry), "change": entry.change.as_str(), "author": entry.author,
                "reason": entry.reason, "from": entry.from, "until": entry.until})
        });
        io.write_json(&json!({ "entries": entries.collect::<Vec<_>>(), "digest": pack.digest }))?;
        return Ok(Exit::Ok);
    }
    for entry in &pack.overlay {
        let (id, what) = (&entry.id, entry.change.as_str());
        let (from, until, author, reason) = (entry.from, entry.until, &entry.author, &entry.reason);
        writeln!(io.stdout, "{id}: {}: {what}, {from} to {until}, by {author}: {reason}", state(entry))?;
    }
    Ok(Exit::Ok)
}
