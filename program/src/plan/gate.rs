//! What of all requests comes through to the webhook: who may call how often.

use crate::settings::Operations;
use serde::Serialize;
use std::collections::BTreeSet;

/// What comes through to the webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    /// What API Gateway lets through of what the firewall does.
    pub throttle: Throttle,
    /// The firewall, unless it is switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firewall: Option<Firewall>,
}

/// A bucket of tokens, one a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Throttle {
    /// How many tokens are added in a second.
    pub rate: u32,
    /// How many there are at the most.
    pub burst: u32,
}

/// Rules about requests before anything else sees them.
///
/// A request without a well-formed signature is refused. One that has a signature may be GitHub's, as far as the firewall
/// can know, which can't verify it: where it comes from decides how many there may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Firewall {
    /// The ranges of addresses that GitHub delivers from: as many requests as there are.
    pub trusted: BTreeSet<String>,
    /// How many requests in five minutes one other address may make.
    pub from_one: u32,
    /// How many requests in five minutes all other addresses may make.
    pub from_all: u32,
}

impl Firewall {
    /// What a header has to look like to be a signature.
    pub const SIGNATURE: &str = "^sha256=[0-9a-f]{64}$";
}

/// GitHub sends one delivery a push and a few for a pull request, and does not send again by itself what was refused. So
/// there is room for an organisation that pushes a hundred times in a second, and for what bots push at once.
const THROTTLE: Throttle = Throttle { rate: 100, burst: 500 };
/// The least that the firewall counts up to is 10. Whoever sets up a webhook by hand, or asks for it (`doctor`), calls now
/// and then.
const FROM_ONE: u32 = 100;
/// Ten a second: however many strangers there are, nine tenths of the throttle are left for GitHub.
const FROM_ALL: u32 = 3000;

pub(super) fn gate(operations: &Operations) -> Gate {
    let firewall = operations.webhook_firewall.then(|| Firewall {
        trusted: operations.webhook_trusted_cidrs.clone(),
        from_one: FROM_ONE,
        from_all: FROM_ALL,
    });
    Gate { throttle: THROTTLE, firewall }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_can_not_use_up_the_throttle() {
        const FIVE_MINUTES: u32 = 300;
        const { assert!(FROM_ALL * 10 <= THROTTLE.rate * FIVE_MINUTES) };
        const { assert!(FROM_ONE < FROM_ALL) };
    }
}
