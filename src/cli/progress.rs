//! A progress bar on a terminal, nothing elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A bar over `length` steps, drawn on stderr when that is a terminal.
#[must_use]
pub fn bar(length: u64, what: &'static str) -> ProgressBar {
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3} % {eta}");
    let bar = ProgressBar::with_draw_target(Some(length), target).with_message(what);
    // the template is a constant: a fault in it only costs the looks
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
