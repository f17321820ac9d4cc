//! What the figures are made of: widgets of a function of the installation, which only CloudWatch's console has.

use super::{
    figures::Figures,
    widget::{Evidence, Widget},
};
use crate::{plan::DASHBOARD_WIDGET, settings::Settings};
use serde_json::{Value, json};

/// The widgets of a dashboard of everything, or of a repository or team: CloudWatch puts what is chosen at the top into the
/// parameter that is called like the dimension.
pub(super) fn widgets(figures: &Figures, settings: &Settings) -> Vec<Widget> {
    let function = settings.names().function_arn(DASHBOARD_WIDGET);
    let of = |title: &str, view: &str, height: u8| {
        let mut parameters = json!({ "view": view });
        if let Some(dimension) = &figures.0 {
            parameters[dimension.name()] = Value::from(dimension.value());
        }
        Widget::evidence(Evidence { title: title.to_owned(), function: function.clone(), parameters }, height)
    };
    let months = of("Calendar months, weeks and days", "months", 9);
    let failures = of("What failed and what repaired it", "failures", 9);
    match &figures.0 {
        None => vec![of("Repositories: what needs attention first", "repositories", 9), failures, months],
        Some(_) => vec![of("Deployments", "deployments", 9), failures, months],
    }
}
