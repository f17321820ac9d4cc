//! What this process has listed a moment ago: who decides several incidents at once lists each pipeline once.

use jiff::{SignedDuration, Timestamp};
use metrics_lib::{place::Place, sources::codepipeline::PipelineKey};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// An execution as it was listed.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) started: Timestamp,
    pub(super) changed: Timestamp,
    pub(super) execution_id: String,
    pub(super) has_ended: bool,
}

/// The executions of a pipeline that were listed, back to some instant.
#[derive(Clone, Debug)]
struct Listing {
    at: Timestamp,
    changed_since: Timestamp,
    rows: Vec<Row>,
}

/// The names of pipelines that were listed.
#[derive(Clone, Debug)]
struct Names {
    at: Timestamp,
    names: Vec<String>,
}

/// The pipelines of accounts and regions, and the executions of pipelines, as they were listed a moment ago.
#[derive(Debug, Default)]
pub struct Listings {
    pipelines: Mutex<HashMap<Place, Names>>,
    executions: Mutex<HashMap<PipelineKey, Listing>>,
}

impl Listings {
    /// How long a listing is believed. What it shows is looked at by itself, so it only has to show what there is.
    const BELIEVED: SignedDuration = SignedDuration::from_secs(30);

    fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
        now.duration_since(at).abs() < Self::BELIEVED
    }

    /// The names of the pipelines of an account and region that were there at an instant.
    pub(super) fn pipelines(
        &self,
        place: &Place,
        (then, now): (Timestamp, Timestamp),
    ) -> Option<Vec<String>> {
        let listed = self.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        let Names { at, names } = listed.get(place)?;
        (then <= *at && Self::is_fresh(*at, now)).then(|| names.clone())
    }

    pub(super) fn put_pipelines(&self, place: &Place, now: Timestamp, names: &[String]) {
        let mut listed = self.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        listed.insert(place.clone(), Names { at: now, names: names.to_vec() });
    }

    /// The executions of a pipeline that changed since an instant, if they were listed after all that is asked for had
    /// started.
    pub(super) fn executions(
        &self,
        pipeline: &PipelineKey,
        changed_since: Timestamp,
        started_before: Timestamp,
        now: Timestamp,
    ) -> Option<Vec<Row>> {
        let listed = self.executions.lock().unwrap_or_else(PoisonError::into_inner);
        let Listing { at, changed_since: back_to, rows } = listed.get(pipeline)?;
        let is_known = *back_to <= changed_since && started_before <= *at && Self::is_fresh(*at, now);
        is_known.then(|| rows.clone())
    }

    pub(super) fn put_executions(
        &self,
        pipeline: &PipelineKey,
        changed_since: Timestamp,
        now: Timestamp,
        rows: &[Row],
    ) {
        let mut listed = self.executions.lock().unwrap_or_else(PoisonError::into_inner);
        listed.insert(pipeline.clone(), Listing { at: now, changed_since, rows: rows.to_vec() });
    }
}
