//! The data sets that may train the shipped artefact, and the only way to read them.
//!
//! Everything else is refused here, whatever the caller: sets we only measure on must never reach the weights. Rows
//! are read, weights are shipped, rows never are.

use super::TrainError;

/// A data set that may train.
#[derive(Debug, Clone, Copy)]
pub struct DataSet {
    /// Its folder.
    pub name: &'static str,
    /// Files of it that may be read.
    pub files: &'static [&'static str],
    /// Terms, as its source states them.
    pub licence: &'static str,
    /// Whom to name.
    pub attribution: &'static str,
}

/// The allow-list: nothing else may train the shipped artefact.
pub const ALLOWED: [DataSet; 8] = [
    DataSet {
        name: "tweeteval",
        files: &[
            "sentiment_train.tsv",
            "sentiment_val.tsv",
            "emotion_train.tsv",
            "emotion_val.tsv",
            "irony_train.tsv",
            "irony_val.tsv",
            "offensive_train.tsv",
            "offensive_val.tsv",
            "hate_train.tsv",
            "hate_val.tsv",
            "emoji_train.tsv",
        ],
        licence: "research and evaluation; terms of the original tasks",
        attribution: "TweetEval, Barbieri et al. 2020; SemEval-2013 to 2016 task A; the task papers",
    },
    DataSet {
        name: "vader",
        files: &["tweets_dev.tsv", "amazon_dev.tsv", "nyt_dev.tsv"],
        licence: "MIT",
        attribution: "Hutto and Gilbert 2014",
    },
    DataSet {
        name: "crisislex_t26",
        files: &["train.tsv"],
        licence: "the repository's licence; tweets under the platform's terms",
        attribution: "CrisisLexT26, Olteanu, Vieweg, Castillo 2015",
    },
    DataSet {
        name: "davidson_abuse",
        files: &["train.tsv"],
        licence: "MIT; tweets under the platform's terms",
        attribution: "Davidson et al. 2017",
    },
    DataSet { name: "banking77", files: &["train.tsv"], licence: "CC BY 4.0", attribution: "Casanueva et al. 2020" },
    DataSet {
        name: "clinc150",
        files: &["train.tsv", "val.tsv", "oos_train.tsv", "oos_val.tsv"],
        licence: "CC BY 3.0",
        attribution: "Larson et al. 2019",
    },
    DataSet {
        name: "sms_spam",
        files: &["train.tsv"],
        licence: "CC BY 4.0",
        attribution: "SMS Spam Collection v1, Almeida and Gomez Hidalgo 2011",
    },
    DataSet {
        name: "langid_short",
        files: &["single-words_dev.tsv", "word-pairs_dev.tsv", "sentences_dev.tsv"],
        licence: "Apache-2.0; Leipzig Wortschatz corpora CC BY 4.0",
        attribution: "lingua test texts, P. M. Stahl; Leipzig Corpora Collection",
    },
];

/// One row: the columns asked for.
pub(crate) type Row = Vec<String>;

/// Reads allowed files through a reader of the caller's: `set/file` to its text.
pub struct Loader<'a> {
    read: &'a mut dyn FnMut(&str) -> Result<String, String>,
    /// Rows kept of each file; 0 keeps all.
    slice: usize,
    counts: Vec<(String, usize)>,
}

impl std::fmt::Debug for Loader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loader").field("slice", &self.slice).field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl<'a> Loader<'a> {
    /// Over a reader; with `slice` above 0 only about that many rows of each file, evenly spread, and
    /// as many of our own posts.
    pub fn new(read: &'a mut dyn FnMut(&str) -> Result<String, String>, slice: usize) -> Self {
        Self { read, slice, counts: Vec::new() }
    }

    /// Rows read of each file, in the order read.
    pub(crate) fn counts(&self) -> &[(String, usize)] {
        &self.counts
    }

    /// Every how many of so many rows are taken.
    pub(crate) fn step(&self, rows: usize) -> usize {
        rows.checked_div(self.slice).unwrap_or(1).max(1)
    }

    /// The named columns of every row.
    ///
    /// # Errors
    /// For a file outside the allow-list, one that cannot be read, or one without these columns.
    pub(crate) fn rows(&mut self, set: &str, file: &str, columns: &[&str]) -> Result<Vec<Row>, TrainError> {
        let allowed = ALLOWED.iter().any(|s| s.name == set && s.files.contains(&file));
        let path = format!("{set}/{file}");
        if !allowed {
            return Err(TrainError::NotAllowed(path));
        }
        let text = (self.read)(&path).map_err(|cause| TrainError::Read { path: path.clone(), cause })?;
        let rows = table(&text, columns).ok_or_else(|| TrainError::Columns(path.clone()))?;
        let step = self.step(rows.len());
        let rows: Vec<Row> = rows.into_iter().step_by(step).collect();
        if self.counts.iter().all(|(p, _)| *p != path) {
            self.counts.push((path, rows.len()));
        }
        Ok(rows)
    }
}

/// The named columns of a table with a header line; rows that lack one are left out.
pub(crate) fn table(text: &str, columns: &[&str]) -> Option<Vec<Row>> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next()?.split('\t').map(str::trim).collect();
    let places: Vec<usize> = columns.iter().map(|c| header.iter().position(|h| h == c)).collect::<Option<Vec<_>>>()?;
    let pick = |line: &str| -> Option<Row> {
        let cells: Vec<&str> = line.split('\t').collect();
        places.iter().map(|&p| cells.get(p).map(|c| (*c).to_owned())).collect()
    };
    Some(lines.filter_map(pick).collect())
}

/// Undoes the literal escapes some public files hold.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 2..at + 6).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        match code {
            Some(ch) => {
                out.push(ch);
                rest = &rest[at + 6..];
            }
            None => {
                out.push_str("\\u");
                rest = &rest[at + 2..];
            }
        }
    }
    out.push_str(rest);
    out.replace("\"\"", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_allow_list_is_read() {
        let mut asked = Vec::new();
        let mut read = |path: &str| {
            asked.push(path.to_owned());
            Ok("label\ttext\n0\thello\n1\tbye\n".to_owned())
        };
        let mut loader = Loader::new(&mut read, 0);
        for (set, file) in [
            ("airline", "train.tsv"),
            ("twcs_escalation", "dev.tsv"),
            ("neardup", "dev.tsv"),
            ("disaster_tweets", "train.tsv"),
            ("vader", "vader_lexicon.txt"),
            ("vader", "tweets_test.tsv"),
            ("tweeteval", "../airline/train.tsv"),
            ("../load", "texts.ndjson"),
            ("load", "texts.ndjson"),
        ] {
            let answer = loader.rows(set, file, &["text"]);
            assert!(matches!(answer, Err(TrainError::NotAllowed(_))), "{set}/{file}");
        }
        let rows = loader.rows("sms_spam", "train.tsv", &["text", "label"]).expect("allowed");
        assert_eq!(rows, [["hello", "0"], ["bye", "1"]]);
        assert!(matches!(loader.rows("sms_spam", "train.tsv", &["nope"]), Err(TrainError::Columns(_))));
        assert_eq!(asked, ["sms_spam/train.tsv", "sms_spam/train.tsv"]);
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(unescape("it\\u2019s \\u00zz \\u"), "it’s \\u00zz \\u");
    }
}
