//! Phone numbers: a plus, brackets or a grouping that people use; never bare digits.

use super::cue;
use super::run::{BRACKETS, DOT, Run, SPACE};

pub(super) fn is_phone(text: &str, run: &Run) -> bool {
    if run.plus {
        return (8..=15).contains(&run.len()) && run.head(1) != 0;
    }
    is_grouped_so(run) && !cue::named_otherwise(text, run.start)
}

fn is_grouped_so(run: &Run) -> bool {
    if !(9..=12).contains(&run.len()) || run.groups().len() < 2 {
        return false;
    }
    if run.has(BRACKETS) {
        return run.len() >= 10;
    }
    let first = run.head(1);
    match run.groups() {
        [3, 3, 4] => first >= 2,
        [1, 3, 3, 4] => first == 1,
        // dotted pairs other than the North American form are versions or addresses
        _ if run.has(DOT) && (first != 0 || run.separators != DOT) => false,
        // a day and the hour after it; an area that was never given out
        [2, 2, 4, ..] if run.separators != SPACE => false,
        _ if run.head(3) == 0 => false,
        groups => first == 0 && groups[0] >= 2 && groups.iter().all(|&g| g <= 8) && groups.len() <= 6,
    }
}
