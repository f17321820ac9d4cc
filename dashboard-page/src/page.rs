//! The page: one file of HTML that needs nothing else, made from the facts of the ledger.
//!
//! It answers five questions: how are we doing, what changed, why, where does the time go, what failed and what repaired it.
//! All figures are computed here, by [`metrics_lib`], so that they are those of `explain`; the script only chooses and shows.

mod data;
mod document;
mod embedded;
mod facts;
mod figures;
mod left_out;
mod link;
mod words;

pub use data::{Attribution, LeftOut, PageData, PageFact, PageIncident};

/// The page.
///
/// # Errors
/// A present at the ends of the calendar, where there are no periods.
pub fn page(data: &PageData) -> Result<String, jiff::Error> {
    Ok(document::document(data, &embedded::json(data)?))
}
