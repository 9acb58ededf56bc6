//! Reading the ticks that a live run recorded in its clock topic.

use crate::mention::{Platform, Timestamp};
use crate::service::local::Ticks;
use crate::wire::{Tick, Topics};
use anyhow::Context as _;
use std::path::Path;

/// Reads one tick a line; blank lines are none.
///
/// # Errors
/// When the file cannot be read, or a line is no tick of a raw partition that this replay has.
pub fn read(path: &Path, prefix: &str, partitions: i32) -> anyhow::Result<Ticks> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let topics = Topics::new(prefix);
    let mut ticks = Ticks::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("{}:{}", path.display(), number + 1);
        let tick: Tick = serde_json::from_str(line).with_context(|| format!("{}: not a tick", place()))?;
        let source = source(&tick.source, &topics).with_context(|| {
            format!("{}: `{}` is no raw partition under the prefix `{prefix}` (see --config)", place(), tick.source)
        })?;
        anyhow::ensure!(source.1 < partitions, "{}: partition {}: --partitions is {partitions}", place(), source.1);
        add(&mut ticks, source, tick.before_offset, tick.at);
    }
    Ok(ticks)
}

fn add(ticks: &mut Ticks, source: (Platform, i32), before_offset: i64, at: Timestamp) {
    ticks.entry(source).or_default().entry(before_offset).or_default().push(at);
}

fn source(name: &str, topics: &Topics) -> Option<(Platform, i32)> {
    let (topic, partition) = name.rsplit_once('/')?;
    let partition = partition.parse().ok().filter(|partition| *partition >= 0)?;
    Some((topics.platform(topic)?, partition))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(name: &str, text: &str) -> anyhow::Result<Ticks> {
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
        let text = format!("{}\n{}\n\n{}\n", line(7, 1), line(7, 2), line(0, 3));
        let ticks = read_text("good", &text).expect("they are ticks");
        let of_x = &ticks[&(Platform::X, 1)];
        assert_eq!(of_x.iter().map(|(offset, times)| (*offset, times.len())).collect::<Vec<_>>(), [(0, 1), (7, 2)]);
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
