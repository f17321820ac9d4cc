//! How far probes have come: what `dora doctor --probe` looks for.

use super::{
    Ledger,
    item::{Item, key},
};
use crate::runtime::error::Error;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::place::Place;
use uuid::Uuid;

/// What the partition of a probe begins with.
const PROBE: &str = "probe";
/// How long it is kept: whoever has put it looks at once.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A function that a probe has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The function's name in AWS.
    pub function: String,
    /// When its queue took the message.
    pub queued: Timestamp,
    /// When the function noted it.
    pub noted: Timestamp,
}

impl Ledger {
    /// Notes that a probe of an account and region has come to a function. What was noted first stays.
    ///
    /// # Errors
    /// [`Error::Aws`].
    pub async fn note_probe(
        &self,
        id: Uuid,
        Place { account, region }: &Place,
        Passed { function, queued, noted }: &Passed,
    ) -> Result<(), Error> {
        let item = Item::new(partition(id), key([function, account, region]))
            .text("kind", PROBE)
            .text("function", function)
            .instant("queued", *queued)
            .instant("noted", *noted)
            .expires_at(*noted + KEPT);
        self.put_new(item).await.map(drop)
    }

    /// The functions that a probe has come to.
    ///
    /// # Errors
    /// [`Error::Aws`], [`Error::Ledger`].
    pub async fn probe(&self, id: Uuid) -> Result<Vec<Passed>, Error> {
        let passed = |item: &Item| {
            Ok(Passed {
                function: item.required("function")?.to_owned(),
                queued: item.instant_of("queued")?,
                noted: item.instant_of("noted")?,
            })
        };
        self.query(&partition(id), "").await?.iter().map(passed).collect()
    }
}

fn partition(id: Uuid) -> String {
    key([PROBE, &id.to_string()])
}
