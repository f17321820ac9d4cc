//! Variables: what people choose at the top of a dashboard.

use metrics_lib::datum::{Dimension, DimensionValue};

/// The most values that can be chosen from a list: `CloudWatch` publishes no limit, and nobody scrolls through more.
const MAX_CHOICES: usize = 500;

/// The value of a dimension that people choose; every metric of the dashboard has the dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    first: Dimension,
    choices: Vec<String>,
}

impl Variable {
    /// A variable over the values of a dimension, the first of which is shown until another is chosen; none where there are no
    /// values.
    pub fn new(of: fn(DimensionValue) -> Dimension, values: &[DimensionValue]) -> Option<Self> {
        let choices = values.iter().map(|value| value.as_str().to_owned());
        Some(Self { first: of(values.first()?.clone()), choices: choices.collect() })
    }

    /// The dimension with the value that is shown at first.
    pub fn first(&self) -> &Dimension {
        &self.first
    }

    /// What it is called: by its dimension.
    pub fn label(&self) -> &'static str {
        self.first.name()
    }

    /// What the documents call it by.
    pub fn id(&self) -> String {
        self.label().to_lowercase()
    }

    /// The values to choose from; none where there are so many that the value is typed in.
    pub fn choices(&self) -> Option<&[String]> {
        (self.choices.len() <= MAX_CHOICES).then_some(&self.choices)
    }
}
