//! What owners listen for, and where a fault of a query stands in its file.

use super::SourceFile;
use super::fields::{Fields, Word};
use super::problem::{Finding, Problem};
use super::sheet::{Ctx, Kind, Sheet};
use super::yaml::{Node, Place, place_within};
use crate::query::lint::{Lint, lint};
use crate::query::{Diagnostic, QuerySet};

/// One query of the pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryRule {
    /// Its name; the name of its series.
    pub id: String,
    /// What it says.
    pub text: String,
    /// Who owns its alerts, where not the kind's owner.
    pub team: Option<String>,
    /// Whether its series are watched for alerts.
    pub watch: bool,
    /// Only says what a post is about, for conditions to ask: it brings no post in.
    pub mark: bool,
    /// What it is for, in words.
    pub about: Option<String>,
}

/// A query with the place of its text.
pub(super) struct Placed<'a> {
    pub(super) rule: QueryRule,
    origin: Origin<'a>,
}

enum Origin<'a> {
    /// A file of the pack.
    File { file: &'a SourceFile, at: Place },
    /// The command line.
    Extra,
}

/// Queries of a pack at most. Series come from the pack alone, one of each query that is watched, so this bounds what
/// watch keeps.
const QUERIES_MAX: usize = 1_000_000;

pub(super) fn read<'a>(fields: &Fields<'a>, into: &mut Vec<Placed<'a>>) {
    read_up_to(QUERIES_MAX, fields, into);
}

pub(super) fn read_up_to<'a>(most: usize, fields: &Fields<'a>, into: &mut Vec<Placed<'a>>) {
    for node in fields.list("queries") {
        if into.len() >= most {
            let message = format!("more than {most} queries are too many for a pack: each may be a series");
            return fields.ctx.problem(node.at, message, "watch the rest with a deployment of its own".to_owned());
        }
        into.extend(read_query(fields.ctx, node));
    }
}

fn read_query<'a>(ctx: Ctx<'a>, node: &'a Node) -> Option<Placed<'a>> {
    let fields = Fields::open(ctx, node, "a query", &["id", "about", "query", "team", "watch", "mark"])?;
    let id = fields.define(Kind::Query);
    let about = fields.text_if("about");
    let team = fields.reference_if("team", Kind::Team);
    let mark = fields.flag("mark").unwrap_or(false);
    let watch = fields.flag("watch").unwrap_or(!mark);
    if mark && watch {
        let message = "a mark brings no post in and has no series to watch";
        ctx.problem(fields.at, message, "drop \"watch\" or \"mark\"".to_owned());
    }
    let word = fields.word("query")?;
    let rule = QueryRule { id: id.unwrap_or_default(), text: word.text.to_owned(), team, watch, mark, about };
    Some(Placed { rule, origin: Origin::File { file: ctx.file, at: word.at } })
}

/// A query of the overlay: watched, or a mark of what is excluded.
pub(super) fn of_overlay<'a>(
    ctx: Ctx<'a>,
    id: &str,
    about: &str,
    word: &Word<'a>,
    team: Option<String>,
    mark: bool,
) -> Placed<'a> {
    let (id, text, about) = (id.to_owned(), word.text.to_owned(), Some(about.to_owned()));
    let rule = QueryRule { id, text, team, watch: !mark, mark, about };
    Placed { rule, origin: Origin::File { file: ctx.file, at: word.at } }
}

/// A query of the command line, watched as a series of its name.
pub(super) fn extra(name: &str, query: &str, team: Option<String>) -> Placed<'static> {
    let about = Some("given on the command line".to_owned());
    let rule = QueryRule { id: name.to_owned(), text: query.trim().to_owned(), team, watch: true, mark: false, about };
    Placed { rule, origin: Origin::Extra }
}

/// Compiles every query; notes every fault at its place in its file.
pub(super) fn compile(queries: &[Placed<'_>], sheet: &Sheet) -> Option<QuerySet> {
    let texts: Vec<&str> = queries.iter().map(|q| q.rule.text.as_str()).collect();
    let names: Vec<&str> = queries.iter().map(|q| q.rule.id.as_str()).collect();
    match QuerySet::compile_named(&names, &texts) {
        Ok(set) => Some(set),
        Err(refused) => {
            for fault in refused {
                if let Some(query) = queries.get(fault.query) {
                    sheet.add(query.problem(&fault.diagnostic));
                }
            }
            None
        }
    }
}

impl Placed<'_> {
    /// What is odd about the query.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let finding =
            |Lint { code, severity, diagnostic }| Finding { problem: self.problem(&diagnostic), code, severity };
        lint(&self.rule.text).into_iter().map(finding).collect()
    }

    /// A fault of the query as a fault of its file.
    pub(super) fn problem(&self, fault: &Diagnostic) -> Problem {
        let (start, end) = (fault.span.start as usize, fault.span.end as usize);
        let text = &self.rule.text;
        let (path, place) = match self.origin {
            Origin::File { file, at } => (file.path.clone(), place_within(&file.text, at, text, start)),
            Origin::Extra => {
                let before = text.get(..start).unwrap_or(text).chars().count();
                let column = u32::try_from(before + 1).unwrap_or(u32::MAX);
                (format!("--query {}", self.rule.id), Place { column, ..Place::TOP })
            }
        };
        let offending = text.get(start..end.max(start)).unwrap_or_default();
        Problem {
            path,
            line: place.line,
            column: place.column,
            text: offending.lines().next().unwrap_or_default().chars().take(120).collect(),
            message: format!("query \"{}\": {}", self.rule.id, fault.message),
            suggestion: fault.suggestion.clone(),
        }
    }
}
