//! What is on which dashboard.

use super::{
    InvalidDashboard,
    data_quality::{self, Transport},
    dora::heading,
    figures::Figures,
    known::Known,
    layout::{Dashboard, Dashboards},
    names, repositories, sections,
    variable::Variable,
};
use crate::settings::Settings;
use metrics_lib::datum::Dimension;

/// The overview, with the list of repositories on as many pages as it takes, and what each has that there is one dashboard of
/// for all: the one that is looked at is chosen there.
pub(super) fn all(settings: &Settings, transport: &Transport) -> Result<Dashboards, InvalidDashboard> {
    let repositories = Known::repositories(settings);
    let teams = Known::teams(settings);
    let of_one = [
        (names::repository(&settings.prefix), Variable::new(Dimension::Repository, &repositories.names)),
        (names::team(&settings.prefix), Variable::new(Dimension::Team, &teams.names)),
    ];
    let of_one: Vec<_> = of_one.into_iter().filter_map(|(name, variable)| Some((name, variable?))).collect();

    let mut index = vec![repositories.said("repositories"), teams.said("teams")];
    index.extend(of_one.iter().map(|(name, variable)| names::link(&format!("one {}", variable.id()), name)));
    let mut overview = Dashboard::default();
    overview.push(heading("DORA metrics", settings, &index))?;
    overview.extend(sections::first(&Figures(None), settings)?)?;
    let last = [sections::more(&Figures(None), settings)?, data_quality::widgets(transport)?].concat();
    let mut all = repositories::pages(overview, settings, &repositories, last)?;

    for (name, variable) in of_one {
        let title = format!("DORA metrics of one {}", variable.id());
        let figures = Figures(Some(variable.first().clone()));
        let index = [
            format!("The {} is chosen at the top", variable.id()),
            names::link("overview", &names::overview(&settings.prefix)),
        ];
        let mut dashboard = Dashboard::of(variable);
        dashboard.push(heading(&title, settings, &index))?;
        dashboard.extend(sections::first(&figures, settings)?)?;
        dashboard.extend(sections::more(&figures, settings)?)?;
        all.insert(name, dashboard);
    }
    Ok(all)
}
