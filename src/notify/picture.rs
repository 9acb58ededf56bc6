//! Where the chart of an event is to be seen, where `notify.charts` says that ours are served.

use super::Message;
use crate::alert::{AlertEvent, Plot};
use crate::config::Notify;
use crate::wire::{CHARTS_PATH, chart_name};

/// The addresses of one chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) png: String,
    pub(super) svg: String,
}

impl Picture {
    /// Of an event that lasts and has counts; with `redact`, without what looks personal.
    pub(super) fn of(event: &AlertEvent, notify: &Notify) -> Option<Self> {
        let charts = notify.charts.as_ref().filter(|_| !event.state.ends())?;
        let clean = |text: &str| if notify.redact { Message::clean(text) } else { text.to_owned() };
        let name = chart_name(&Plot::of(event, clean)?, charts.key.expose())?;
        let address = format!("{}{CHARTS_PATH}{name}", charts.url.trim_end_matches('/'));
        Some(Self { png: format!("{address}.png"), svg: format!("{address}.svg") })
    }
}
