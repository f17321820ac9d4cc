//! A table, whatever it is shown as.

/// What is shown: the same as HTML and as CSV.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    /// What the rows are, in a sentence.
    pub(super) caption: String,
    /// The columns' headings.
    pub(super) columns: Vec<&'static str>,
    /// The rows, each with as many cells as there are columns.
    pub(super) rows: Vec<Vec<Cell>>,
    /// What is said where there is no row.
    pub(super) empty: &'static str,
}

/// A cell of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cell {
    /// Its text.
    pub(super) text: String,
    /// Where it leads, an address that the program made.
    pub(super) link: Option<String>,
    /// More of it to read on, after the text.
    pub(super) more: Option<(&'static str, String)>,
    /// Whether it is better or worse than it was.
    pub(super) tone: Tone,
}

/// How a cell is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tone {
    #[default]
    Plain,
    Good,
    Bad,
}

impl Cell {
    /// A cell that leads somewhere, if there is an address.
    pub(super) fn to(self, link: Option<String>) -> Self {
        Self { link, ..self }
    }

    /// A cell with another address beside it.
    pub(super) fn beside(self, name: &'static str, link: Option<String>) -> Self {
        Self { more: link.map(|link| (name, link)), ..self }
    }

    /// A cell that is meant so.
    pub(super) fn toned(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}
