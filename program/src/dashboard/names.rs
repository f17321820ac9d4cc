//! The names of dashboards. A prefix is short, so `CloudWatch` takes all of them, of 255 characters at most.

/// The overview of the whole organisation.
pub fn overview(prefix: &str) -> String {
    prefix.to_owned()
}

/// A repository's figures.
pub fn repository(prefix: &str) -> String {
    format!("{prefix}-repository")
}

/// A team's figures.
pub fn team(prefix: &str) -> String {
    format!("{prefix}-team")
}

/// A page of the list of repositories, counted from 1: the first is on the overview.
pub fn repositories(prefix: &str, page: usize) -> String {
    if page == 1 { overview(prefix) } else { format!("{prefix}-repositories-{page}") }
}

/// A link to a dashboard in `CloudWatch`'s console; Markdown.
pub fn link(text: &str, name: &str) -> String {
    format!("[{text}](#dashboards/dashboard/{name})")
}
