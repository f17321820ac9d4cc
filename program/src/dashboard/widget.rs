//! Widgets: texts, graphs and evidence, and how much room they take.

use super::graph::Graph;
use serde_json::Value;

/// How wide a widget is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// A sixth of the grid.
    Sixth,
    /// A third.
    Third,
    /// A half.
    Half,
    /// All of it.
    Full,
}

impl Width {
    /// The columns of the grid, of 24.
    pub const fn columns(self) -> u32 {
        match self {
            Self::Sixth => 4,
            Self::Third => 8,
            Self::Half => 12,
            Self::Full => 24,
        }
    }
}

/// A widget that has no place yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Widget {
    /// How wide it is.
    pub width: Width,
    /// How high it is, in rows of the grid.
    pub height: u8,
    /// What it shows.
    pub content: Content,
}

/// What a widget shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Markdown.
    Text(String),
    /// Metrics.
    Graph(Graph),
    /// Facts of the ledger, in `CloudWatch` only.
    Evidence(Evidence),
}

/// A widget that a function answers for.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Its title.
    pub title: String,
    /// The ARN of the function.
    pub function: String,
    /// What the function is asked, an object.
    pub parameters: Value,
}

impl Widget {
    /// A text over the whole width.
    pub fn text(markdown: impl Into<String>, height: u8) -> Self {
        Self { width: Width::Full, height, content: Content::Text(markdown.into()) }
    }

    /// A graph over the whole width.
    pub fn graph(graph: Graph, height: u8) -> Self {
        Self { width: Width::Full, height, content: Content::Graph(graph) }
    }

    /// Evidence over the whole width.
    pub fn evidence(evidence: Evidence, height: u8) -> Self {
        Self { width: Width::Full, height, content: Content::Evidence(evidence) }
    }

    /// The same, so wide.
    #[must_use]
    pub fn width(self, width: Width) -> Self {
        Self { width, ..self }
    }

    /// How many metrics and expressions it has.
    pub fn metrics(&self) -> usize {
        match &self.content {
            Content::Text(_) | Content::Evidence(_) => 0,
            Content::Graph(graph) => graph.rows().len(),
        }
    }

    /// Its title, or its text.
    pub fn title(&self) -> &str {
        match &self.content {
            Content::Text(text) => text,
            Content::Graph(graph) => graph.title(),
            Content::Evidence(evidence) => &evidence.title,
        }
    }
}
