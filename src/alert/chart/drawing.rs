//! Marks on a paper: what there is to see, in units of the paper, before anybody decides how it is written down.

/// A drawing: its marks, the lowest first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawing(Vec<Mark>);

/// A place on the paper: units from the left and from above.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// One thing to see.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    /// A filled rectangle.
    Area { from: Point, to: Point, ink: Ink },
    /// A level line of dashes, one unit thick.
    Dashes { from: f64, to: f64, y: f64, ink: Ink },
    /// A line through points, two units thick.
    Line { points: Vec<Point>, ink: Ink },
    /// One line of words on its baseline, which begins or ends there.
    Words { at: Point, ends: bool, text: String },
}

/// The colours; a pixel of a PNG is one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Paper,
    Band,
    Expected,
    Observed,
    Words,
}

impl Ink {
    /// Each, by its number.
    pub(super) const ALL: [Self; 5] = [Self::Paper, Self::Band, Self::Expected, Self::Observed, Self::Words];

    /// Red, green, blue.
    pub(super) const fn rgb(self) -> [u8; 3] {
        match self {
            Self::Paper => [0xff, 0xff, 0xff],
            Self::Band => [0xdd, 0xe6, 0xf0],
            Self::Expected => [0x5b, 0x7a, 0x99],
            Self::Observed => [0xb3, 0x26, 0x1e],
            Self::Words => [0, 0, 0],
        }
    }
}

/// Of a dashed line: units drawn, and units from one dash to the next.
pub(super) const DASH: f64 = 4.0;
pub(super) const DASH_STEP: f64 = 7.0;

impl Point {
    /// To a tenth of a unit: what a reader sees, and the same in both pictures.
    pub(super) fn new(x: f64, y: f64) -> Self {
        let tenth = |value: f64| libm::round(value * 10.0) / 10.0;
        Self { x: tenth(x), y: tenth(y) }
    }
}

impl Drawing {
    pub(super) fn new(marks: Vec<Mark>) -> Self {
        Self(marks)
    }

    pub(super) fn marks(&self) -> &[Mark] {
        &self.0
    }
}
