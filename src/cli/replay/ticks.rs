//! Reading the ticks that a live run recorded in its clock topic.

use super::input::FEEDBACK_PARTITIONS;
use crate::mention::Platform;
use crate::service::local::{OffsetTicks, Ticks};
use crate::wire::{Tick, Topics};
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::Path;

/// Ticks of the partitions of raw topics, and of those of feedback.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// By platform and partition.
    pub raw: Ticks,
    /// By partition.
    pub feedback: BTreeMap<i32, OffsetTicks>,
}

/// Whose tick it is.
enum Source {
    Raw(Platform, i32),
    Feedback(i32),
}

/// Reads one tick a line; blank lines are none.
///
/// # Errors
/// When the file cannot be read, or a line is no tick of a raw partition that this replay has.
pub fn read(path: &Path, prefix: &str, partitions: i32) -> anyhow::Result<Recorded> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let topics = Topics::new(prefix);
    let mut ticks = Recorded::default();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("{}:{}", path.display(), number + 1);
        let tick: Tick = serde_json::from_str(line).with_context(|| format!("{}: not a tick", place()))?;
        let source = source(&tick.source, &topics).with_context(|| {
            format!("{}: `{}` is no raw partition under the prefix `{prefix}` (see --config)", place(), tick.source)
        })?;
        let of_source = match source {
            Source::Raw(platform, partition) => {
                anyhow::ensure!(
                    partition < partitions,
                    "{}: partition {partition}: --partitions is {partitions}",
                    place()
                );
                ticks.raw.entry((platform, partition)).or_default()
            }
            Source::Feedback(partition) => {
                let most = FEEDBACK_PARTITIONS;
                anyhow::ensure!(partition < most, "{}: partition {partition}: feedback has {most}", place());
                ticks.feedback.entry(partition).or_default()
            }
        };
        of_source.entry(tick.before_offset).or_default().push(tick.at);
    }
    Ok(ticks)
}

fn source(name: &str, topics: &Topics) -> Option<Source> {
    let (topic, partition) = name.rsplit_once('/')?;
    let partition = partition.parse().ok().filter(|partition| *partition >= 0)?;
    if *topic == *topics.feedback {
        return Some(Source::Feedback(partition));
    }
    Some(Source::Raw(topics.platform(topic)?, partition))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(name: &str, text: &str) -> anyhow::Result<Recorded> {
        let path = std::env::temp_dir().join(format!("groundswell-ticks-{}-{name}", std::process::id()));
        std::fs::write(&path, text)?;
        let read = read(&path, "acme.", 2);
        std::fs::remove_file(path)?;
        read
    }

    #[test]
    fn ticks_stand_by_partition_and_offset() {
        let line = |offset: i64, second: i64| {
            format!(r#"{{"source":"acme.raw.x/1","before_offset":{offset},"at":"2026-01-06T13:00:0{second}Z"}}"#)
        };
        let people = line(4, 9).replace("acme.raw.x/1", "acme.feedback/3");
        let text = format!("{}\n{}\n\n{}\n{people}\n", line(7, 1), line(7, 2), line(0, 3));
        let ticks = read_text("good", &text).expect("they are ticks");
        let of_x = &ticks.raw[&(Platform::X, 1)];
        assert_eq!(of_x.iter().map(|(offset, times)| (*offset, times.len())).collect::<Vec<_>>(), [(0, 1), (7, 2)]);
        assert_eq!(ticks.feedback[&3][&4].len(), 1);
    }

    #[test]
    fn what_is_no_tick_is_told_with_its_line() {
        let tick = |source: &str| format!(r#"{{"source":"{source}","before_offset":0,"at":"2026-01-06T13:00:00Z"}}"#);
        for (name, source, expected) in [
            ("prefix", "social.raw.x/0", "is no raw partition under the prefix `acme.`"),
            ("platform", "acme.raw.fax/0", "is no raw partition"),
            ("partition", "acme.raw.x/2", "--partitions is 2"),
        ] {
            let error = read_text(name, &format!("{}\n{}", tick("acme.raw.x/0"), tick(source))).expect_err(source);
            assert!(error.to_string().contains(expected) && error.to_string().contains(":2: "), "{error}");
        }
        assert!(read_text("json", "{").expect_err("no JSON").to_string().contains(":1: not a tick"));
    }
}
