//! What leads to which queries: words, words in a row, regular expressions, values of fields. Every query that may match
//! a mention is led to; most that cannot are not.

use super::Fields;
use super::field::{FieldTest, Names, primary_subtag};
use super::index::{NONE, TermTable};
use std::collections::BTreeMap;

/// What leads to a query, and what must be there besides.
#[derive(Debug, Clone)]
pub(super) struct Lead {
    pub trigger: Trigger,
    /// What else of the text must hold.
    pub besides: Besides,
    /// True when that is all the query asks for.
    pub decides: bool,
}

/// What a query asks of the terms of the text besides its trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Besides {
    /// Nothing that is known.
    Nothing,
    /// One of these terms must stand.
    Either([u32; 2]),
    /// None of these terms may stand.
    Neither([u32; 2]),
}

impl Besides {
    /// Whether a text with these terms meets it.
    pub fn holds(self, has: impl Fn(u32) -> bool) -> bool {
        match self {
            Self::Nothing => true,
            Self::Either([one, other]) => has(one) || has(other),
            Self::Neither([one, other]) => !has(one) && !has(other),
        }
    }
}

/// What a query cannot do without.
#[derive(Debug, Clone)]
pub(super) enum Trigger {
    Term(u32),
    /// Two terms in a row.
    Pair(u32, u32),
    /// A term in the title.
    Title(u32),
    Regex(u32),
    Field(FieldTest),
}

/// A query that a term or a pair leads to. Ordered by what it asks besides: a walk over a list then takes one branch
/// for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Led {
    pub besides: Besides,
    /// As [`found`] makes it.
    pub found: u32,
}

/// A query that was led to, so that the smaller of two of one query is the one that is decided.
fn found(query: u32, is_decided: bool) -> u32 {
    query * 2 + u32::from(!is_decided)
}

/// The query, and whether it holds without evaluation.
pub(super) fn query_of(found: u32) -> (u32, bool) {
    (found / 2, found.is_multiple_of(2))
}

/// Lists of queries, numbered.
#[derive(Debug)]
struct Lists<T> {
    /// Where each list begins in `queries`; one more at the end.
    starts: Vec<u32>,
    queries: Vec<T>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self { starts: Vec::new(), queries: Vec::new() }
    }
}

impl<T: Ord> Lists<T> {
    fn of(mut pairs: Vec<(u32, T)>, count: usize) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0; count + 1];
        for (list, _) in &pairs {
            starts[*list as usize + 1] += 1;
        }
        for place in 1..starts.len() {
            starts[place] += starts[place - 1];
        }
        Self { starts, queries: pairs.into_iter().map(|(_, query)| query).collect() }
    }

    fn get(&self, list: u32) -> &[T] {
        let bound = |index: usize| self.starts.get(index).copied().unwrap_or(0) as usize;
        self.queries.get(bound(list as usize)..bound(list as usize + 1)).unwrap_or_default()
    }
}

/// From what is found to the queries that it leads to.
#[derive(Debug, Default)]
pub(super) struct Triggers {
    /// By term, then by pair.
    leads: Lists<Led>,
    /// By term.
    titles: Lists<u32>,
    regexes: Lists<u32>,
    /// By the name of a field and a value that can be looked up.
    values: BTreeMap<&'static str, BTreeMap<String, Vec<u32>>>,
    /// Fields whose value is not known before the scores: all of their queries.
    waiting: BTreeMap<&'static str, Vec<u32>>,
    /// Smallest number that passes and query, ascending.
    followers: Vec<(i64, u32)>,
    ratings: Vec<(i64, u32)>,
    /// Tests that no value leads to: they are asked of every mention that has the field.
    others: Vec<(FieldTest, u32)>,
}

impl Triggers {
    /// Turns the triggers of each query around.
    pub fn new(of_query: &[Vec<Lead>], terms: &mut TermTable, regex_count: usize) -> Option<Self> {
        let (mut leads, mut titles, mut regexes) = (Vec::new(), Vec::new(), Vec::new());
        let mut triggers = Self::default();
        for (query, of_query) in of_query.iter().enumerate() {
            let query = u32::try_from(query).ok().filter(|query| *query < NONE / 2)?;
            for Lead { trigger, besides, decides } in of_query {
                let led = Led { found: found(query, *decides), besides: *besides };
                let query = found(query, false);
                match trigger {
                    Trigger::Term(term) => leads.push((*term, led)),
                    Trigger::Pair(first, second) => leads.push((terms.number_pair(*first, *second)?, led)),
                    Trigger::Title(term) => titles.push((*term, query)),
                    Trigger::Regex(regex) => regexes.push((*regex, query)),
                    Trigger::Field(test) => triggers.add_field(test, query),
                }
            }
        }
        triggers.leads = Lists::of(leads, terms.len() + terms.pair_count());
        triggers.titles = Lists::of(titles, terms.len());
        triggers.regexes = Lists::of(regexes, regex_count);
        triggers.followers.sort_unstable();
        triggers.ratings.sort_unstable();
        triggers.others.sort_unstable();
        Some(triggers)
    }

    fn add_field(&mut self, test: &FieldTest, query: u32) {
        let value = match test {
            FieldTest::Platform(platform) => platform.as_str().to_owned(),
            FieldTest::Kind(kind) => kind.as_str().to_owned(),
            FieldTest::Language(text) | FieldTest::Sentiment(text) | FieldTest::Intent(text) => {
                self.waiting.entry(test.name()).or_default().push(query);
                text.clone()
            }
            FieldTest::Author(text)
            | FieldTest::Container(text)
            | FieldTest::Thread(text)
            | FieldTest::Country(text) => text.clone(),
            FieldTest::Site(host) => host.clone(),
            FieldTest::Url(address) => address.split('/').next().unwrap_or_default().to_owned(),
            FieldTest::Followers { min, .. } => return self.followers.push((*min, query)),
            FieldTest::Rating { min, .. } => return self.ratings.push((*min, query)),
            FieldTest::Verified(_)
            | FieldTest::Brand(_)
            | FieldTest::Hashtag(_)
            | FieldTest::Mentions(_)
            | FieldTest::Title(_) => {
                return self.others.push((test.clone(), query));
            }
        };
        self.values.entry(test.name()).or_default().entry(value).or_default().push(query);
    }

    pub fn of_lead(&self, lead: u32) -> &[Led] {
        self.leads.get(lead)
    }

    pub fn of_title(&self, term: u32) -> &[u32] {
        self.titles.get(term)
    }

    pub fn of_regex(&self, regex: u32) -> &[u32] {
        self.regexes.get(regex)
    }

    /// Appends the queries that the fields lead to.
    pub fn of_fields(&self, fields: &Fields<'_>, names: &mut Names, queries: &mut Vec<u32>) {
        self.of_labels(fields, queries);
        self.of_names(fields, names, queries);
        for (numbers, number) in
            [(&self.followers, fields.author_followers), (&self.ratings, fields.rating_thousandths)]
        {
            if let Some(number) = number {
                let reached = numbers.partition_point(|(min, _)| *min <= number);
                queries.extend(numbers[..reached].iter().map(|(_, query)| query));
            }
        }
        let passing = self.others.iter().filter(|(test, _)| test.test(fields, names) != super::ast::Truth::False);
        queries.extend(passing.map(|(_, query)| query));
    }

    /// Fields with few values, of which some wait for the scores: then each of their queries may match.
    fn of_labels(&self, fields: &Fields<'_>, queries: &mut Vec<u32>) {
        let mut known = |field, value: &str| {
            if let Some(values) = self.values.get(field) {
                queries.extend(values.get(value).into_iter().flatten());
            }
        };
        known("platform", fields.platform);
        known("kind", fields.kind);
        if let Some(tag) = fields.language {
            let mut buffer = [0_u8; CODE_BYTES_MAX];
            if let Some(code) = in_buffer(primary_subtag(tag), &mut buffer) {
                code.make_ascii_lowercase();
                known("language", code);
            }
        }
        fields.sentiment.into_iter().for_each(|label| known("sentiment", label));
        fields.intents.into_iter().flatten().for_each(|id| known("intent", id));
        let unknown = [
            ("language", fields.language.is_none()),
            ("sentiment", fields.sentiment.is_none()),
            ("intent", fields.intents.is_none()),
        ];
        for (field, _) in unknown.into_iter().filter(|(_, is_unknown)| *is_unknown) {
            queries.extend(self.waiting.get(field).into_iter().flatten());
        }
    }

    /// Fields that are compared by their folded form, and addresses, looked up by each host above theirs.
    fn of_names(&self, fields: &Fields<'_>, names: &mut Names, queries: &mut Vec<u32>) {
        let mut folded = |field, name: Option<&str>| {
            if let (Some(values), Some(name)) = (self.values.get(field), name) {
                queries.extend(values.get(names.fold(name)).into_iter().flatten());
            }
        };
        folded("author", fields.author_handle.map(|handle| handle.trim_start_matches('@')));
        folded("author", fields.author_id);
        folded("container", fields.container[0]);
        folded("container", fields.container[1]);
        if let (Some(values), Some(thread)) = (self.values.get("thread"), fields.thread) {
            queries.extend(values.get(thread).into_iter().flatten());
        }
        if let (Some(values), Some(country)) = (self.values.get("country"), fields.country) {
            let mut buffer = [0_u8; CODE_BYTES_MAX];
            if let Some(code) = in_buffer(country, &mut buffer) {
                code.make_ascii_uppercase();
                queries.extend(values.get(&*code).into_iter().flatten());
            }
        }
        let mut of_hosts = |field, address: &str| {
            let Some(values) = self.values.get(field) else { return };
            // as a test compares it: in any case where it is ASCII
            let mut rest = names.lower(super::field::host(address));
            loop {
                queries.extend(values.get(rest).into_iter().flatten());
                match rest.split_once('.') {
                    Some((_, above)) => rest = above,
                    None => break,
                }
            }
        };
        fields.url.into_iter().for_each(|address| of_hosts("site", address));
        fields.addresses().for_each(|address| of_hosts("url", address));
    }
}

/// Bytes of the longest code of a language or a country.
const CODE_BYTES_MAX: usize = 3;

/// A code copied to where its case can be changed; none where it is no code.
fn in_buffer<'b>(code: &str, buffer: &'b mut [u8; CODE_BYTES_MAX]) -> Option<&'b mut str> {
    let place = buffer.get_mut(..code.len())?;
    place.copy_from_slice(code.as_bytes());
    std::str::from_utf8_mut(place).ok()
}
