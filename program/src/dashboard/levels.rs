//! The levels that DORA sorts teams into, as parts of a dashboard's scales.

use super::graph::{Band, Color};
use crate::levels::Bounds;

impl Bounds {
    /// The levels of a metric that is better the lower it is; `unit` is how much a step of the scale is.
    pub fn lower_is_better(self, unit: f64) -> Vec<Band> {
        let [elite, high, medium] = [self.elite, self.high, self.medium].map(|bound| bound / unit);
        vec![
            band("elite", Color::Green, 0.0, Some(elite)),
            band("high", Color::Blue, elite, Some(high)),
            band("medium", Color::Orange, high, Some(medium)),
            band("low", Color::Purple, medium, None),
        ]
    }

    /// The levels of a metric that is better the higher it is.
    pub fn higher_is_better(self) -> Vec<Band> {
        vec![
            band("elite", Color::Green, self.elite, None),
            band("high", Color::Blue, self.high, Some(self.elite)),
            band("medium", Color::Orange, self.medium, Some(self.high)),
            band("low", Color::Purple, 0.0, Some(self.medium)),
        ]
    }
}

fn band(label: &str, color: Color, from: f64, to: Option<f64>) -> Band {
    Band { label: label.to_owned(), from, to, color }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_of_a_scale() {
        let bounds = Bounds { elite: 3600.0, high: 7200.0, medium: 10800.0 };
        let ends = |bands: Vec<Band>| bands.iter().map(|band| (band.from, band.to)).collect::<Vec<_>>();
        assert_eq!(
            ends(bounds.lower_is_better(3600.0)),
            [(0.0, Some(1.0)), (1.0, Some(2.0)), (2.0, Some(3.0)), (3.0, None)]
        );
        let bounds = Bounds { elite: 7.0, high: 1.0, medium: 0.25 };
        assert_eq!(
            ends(bounds.higher_is_better()),
            [(7.0, None), (1.0, Some(7.0)), (0.25, Some(1.0)), (0.0, Some(0.25))]
        );
    }
}
