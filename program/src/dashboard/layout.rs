//! Dashboards: widgets on a grid, in lines from left to right.

use super::{
    InvalidDashboard,
    variable::Variable,
    widget::{Content, Widget},
};
use std::collections::BTreeMap;

/// Dashboards by their names.
pub(super) type Dashboards = BTreeMap<String, Dashboard>;

/// The columns of the grid.
const COLUMNS: u32 = 24;
/// The most widgets of a dashboard.
const MAX_WIDGETS: usize = 500;
/// The most metrics and expressions of a dashboard.
const MAX_METRICS: usize = 2500;

/// A widget at its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Its first column.
    pub x: u32,
    /// Its first row.
    pub y: u32,
    /// The widget.
    pub widget: Widget,
}

/// A dashboard: widgets that lie on the grid, apart from each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dashboard {
    variable: Option<Variable>,
    widgets: Vec<Placed>,
    metrics: usize,
    /// Where the next widget goes.
    x: u32,
    y: u32,
    /// The height of the line so far.
    height: u32,
}

impl Dashboard {
    /// A dashboard with a variable, and nothing on it yet.
    pub fn of(variable: Variable) -> Self {
        Self { variable: Some(variable), ..Self::default() }
    }

    /// What people choose at its top.
    pub fn variable(&self) -> Option<&Variable> {
        self.variable.as_ref()
    }

    /// Adds a widget to the line, or to the next one where it is too wide for this.
    ///
    /// # Errors
    /// [`InvalidDashboard::Full`].
    pub fn push(&mut self, widget: Widget) -> Result<(), InvalidDashboard> {
        if self.widgets.len() == MAX_WIDGETS || widget.metrics() > self.room() {
            return Err(InvalidDashboard::Full { title: widget.title().to_owned() });
        }
        let (width, height) = (widget.width.columns(), u32::from(widget.height));
        if self.x + width > COLUMNS {
            self.y += self.height;
            (self.x, self.height) = (0, 0);
        }
        self.metrics += widget.metrics();
        self.widgets.push(Placed { x: self.x, y: self.y, widget });
        self.x += width;
        self.height = self.height.max(height);
        Ok(())
    }

    /// How many more metrics and expressions it takes.
    pub fn room(&self) -> usize {
        MAX_METRICS - self.metrics
    }

    /// Adds widgets.
    ///
    /// # Errors
    /// [`InvalidDashboard::Full`].
    pub fn extend(&mut self, widgets: impl IntoIterator<Item = Widget>) -> Result<(), InvalidDashboard> {
        widgets.into_iter().try_for_each(|widget| self.push(widget))
    }

    /// The widgets, in reading order.
    pub fn widgets(&self) -> &[Placed] {
        &self.widgets
    }

    /// The first heading of its texts.
    pub fn title(&self) -> &str {
        let texts = self.widgets.iter().filter_map(|placed| match &placed.widget.content {
            Content::Text(text) => text.lines().next(),
            Content::Graph(_) | Content::Evidence(_) => None,
        });
        texts.map(|line| line.trim_start_matches(['#', ' '])).next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::widget::Width;

    #[test]
    fn widgets_flow_from_left_to_right() {
        let mut dashboard = Dashboard::default();
        let widget = |width, height| Widget { width, height, content: Content::Text(String::new()) };
        for (width, height) in [
            (Width::Full, 1),
            (Width::Half, 6),
            (Width::Third, 3),
            (Width::Third, 2),
            (Width::Sixth, 4),
            (Width::Full, 5),
            (Width::Sixth, 5),
        ] {
            dashboard.push(widget(width, height)).unwrap();
        }
        let places: Vec<_> = dashboard.widgets().iter().map(|placed| (placed.x, placed.y)).collect();
        assert_eq!(places, [(0, 0), (0, 1), (12, 1), (0, 7), (8, 7), (0, 11), (0, 16)]);
    }

    #[test]
    fn a_dashboard_takes_500_widgets() {
        let mut dashboard = Dashboard::default();
        for _ in 0..500 {
            dashboard.push(Widget::text("text", 1)).unwrap();
        }
        assert_eq!(
            dashboard.push(Widget::text("one more", 1)),
            Err(InvalidDashboard::Full { title: "one more".into() })
        );
    }
}
