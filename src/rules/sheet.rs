//! The clerk of a load: collects every problem, every name defined and every name used, so that all faults of all files
//! are told at once.

use super::SourceFile;
use super::problem::{Problem, suggest};
use super::yaml::Place;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A team of teams.yaml.
    Team,
    /// A contact of teams.yaml.
    Contact,
    /// A team or a contact (only used, never defined).
    Party,
    Query,
    Intent,
    Row,
    Trigger,
    /// A rule that raises.
    Raise,
    Reply,
    /// A word that approved wording may hold in braces.
    Variable,
    /// A group of queries.
    Group,
    /// A silence or maintenance window.
    Silence,
    /// Days on which nobody works.
    Calendar,
    /// A head of the pack's own.
    Head,
    /// A label of such a head, as `head.label`.
    Label,
    /// An entry of the overlay.
    Overlay,
    /// A tier of known accounts.
    AccountTier,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Contact => "contact",
            Self::Party => "team or contact",
            Self::Query => "query",
            Self::Intent => "intent",
            Self::Row => "matrix row",
            Self::Trigger => "trigger",
            Self::Raise => "rule that raises",
            Self::Reply => "reply",
            Self::Variable => "variable",
            Self::Group => "group",
            Self::Silence => "silence",
            Self::Calendar => "calendar",
            Self::Head => "head",
            Self::Label => "label",
            Self::Overlay => "overlay",
            Self::AccountTier => "account tier",
        }
    }

    /// What to do where nothing of this kind is defined.
    fn first_step(self) -> String {
        match self {
            Self::Head | Self::Label => "put heads/NAME.head, as written by train head, into the pack".to_owned(),
            Self::AccountTier => {
                "put accounts/NAME.csv, as written by groundswell accounts hash, into the pack".to_owned()
            }
            _ => format!("define a {} first", self.as_str()),
        }
    }

    /// What may answer to a name of this kind.
    fn includes(self, other: Self) -> bool {
        self == other || (self == Self::Party && matches!(other, Self::Team | Self::Contact))
    }

    /// Teams and contacts share one space of names: a path names either.
    fn space(self) -> Self {
        if self == Self::Contact { Self::Team } else { self }
    }
}

struct Name {
    kind: Kind,
    name: String,
    problem: Problem,
}

/// Problems and names of one load.
#[derive(Default)]
pub(super) struct Sheet {
    problems: RefCell<Vec<Problem>>,
    defined: RefCell<Vec<Name>>,
    used: RefCell<Vec<Name>>,
    unsure: RefCell<BTreeSet<Kind>>,
    /// Mappings that were read, with the keys that their readers know.
    #[cfg(test)]
    opened: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

#[cfg(test)]
impl Sheet {
    pub(super) fn note_opened(&self, what: &str, keys: &[&str]) {
        let mut opened = self.opened.borrow_mut();
        opened.entry(what.to_owned()).or_default().extend(keys.iter().map(|key| (*key).to_owned()));
    }

    pub(super) fn opened(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.opened.borrow().clone()
    }
}

impl Sheet {
    /// Names of these kinds may be defined where nothing could be read: their use is no fault.
    pub(super) fn unsure_of(&self, kinds: &[Kind]) {
        self.unsure.borrow_mut().extend(kinds);
    }

    pub(super) fn add(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Whether a file of that path, or below it, has a problem already.
    pub(super) fn mentions(&self, path: &str) -> bool {
        self.problems.borrow().iter().any(|p| p.path.starts_with(path))
    }

    /// Where a name was defined, with nothing said of it.
    pub(super) fn place(&self, kind: Kind, name: &str) -> Option<Problem> {
        self.defined.borrow().iter().find(|d| d.kind == kind && d.name == name).map(|d| d.problem.clone())
    }

    /// Notes a fault where a name was defined.
    pub(super) fn blame(&self, kind: Kind, name: &str, message: &str, suggestion: &str) {
        if let Some(place) = self.place(kind, name) {
            self.add(Problem { message: message.to_owned(), suggestion: Some(suggestion.to_owned()), ..place });
        }
    }

    /// Every problem, in the order of files and lines, names resolved.
    pub(super) fn finish(&self) -> Vec<Problem> {
        self.resolve();
        let mut problems = self.problems.take();
        problems.sort();
        problems.dedup();
        problems
    }

    fn resolve(&self) {
        let defined = self.defined.borrow();
        let mut first: BTreeMap<(Kind, &str), &Problem> = BTreeMap::new();
        for name in defined.iter() {
            if let Some(earlier) = first.get(&(name.kind.space(), name.name.as_str())) {
                self.add(Problem {
                    message: format!(
                        "{} \"{}\" is defined twice, first at {}:{}",
                        name.kind.as_str(),
                        name.name,
                        earlier.path,
                        earlier.line
                    ),
                    suggestion: Some("give one of the two another id, or remove it".to_owned()),
                    ..name.problem.clone()
                });
            } else {
                first.insert((name.kind.space(), &name.name), &name.problem);
            }
        }
        let unsure = self.unsure.borrow();
        let used = self.used.borrow();
        for used in used.iter().filter(|used| !unsure.contains(&used.kind) && !is_of_unknown_head(used, &defined)) {
            let known: BTreeSet<&str> =
                defined.iter().filter(|d| used.kind.includes(d.kind)).map(|d| d.name.as_str()).collect();
            if !known.contains(used.name.as_str()) {
                self.add(Problem {
                    message: format!("unknown {} \"{}\"", used.kind.as_str(), used.name),
                    suggestion: suggest(&used.name, known).or_else(|| Some(used.kind.first_step())),
                    ..used.problem.clone()
                });
            }
        }
    }
}

/// A label of a head that is not there: the head is told already.
fn is_of_unknown_head(used: &Name, defined: &[Name]) -> bool {
    let is_its_head = |d: &Name| d.kind == Kind::Head && used.name.starts_with(&format!("{}.", d.name));
    used.kind == Kind::Label && !defined.iter().any(is_its_head)
}

/// One file being read, with the sheet its faults go to.
#[derive(Clone, Copy)]
pub(super) struct Ctx<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) sheet: &'a Sheet,
}

impl Ctx<'_> {
    /// Notes a fault.
    pub(super) fn problem(&self, at: Place, message: impl Into<String>, suggestion: impl Into<Option<String>>) {
        let mut problem = self.blank(at);
        problem.message = message.into();
        problem.suggestion = suggestion.into();
        self.sheet.add(problem);
    }

    /// Notes that a name was defined here.
    pub(super) fn define(&self, kind: Kind, name: &str, at: Place) {
        let name = Name { kind, name: name.to_owned(), problem: self.blank(at) };
        self.sheet.defined.borrow_mut().push(name);
    }

    /// Notes that a name was used here.
    pub(super) fn refer(&self, kind: Kind, name: &str, at: Place) {
        let name = Name { kind, name: name.to_owned(), problem: self.blank(at) };
        self.sheet.used.borrow_mut().push(name);
    }

    /// What stands here, with nothing said of it yet.
    pub(super) fn blank(&self, at: Place) -> Problem {
        let end = at.start.saturating_add(at.len);
        let text = self.file.text.get(at.start..end).unwrap_or_default();
        Problem {
            path: self.file.path.clone(),
            line: at.line,
            column: at.column,
            text: text.lines().next().unwrap_or_default().trim().chars().take(120).collect(),
            message: String::new(),
            suggestion: None,
        }
    }
}
