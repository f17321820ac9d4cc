//! AWS's quotas: how often operations can be called. Off unless a test or a measurement switches them on.
//!
//! Sources: the "endpoints and quotas" pages of each service in the AWS General Reference, the smallest number of any
//! region. Where AWS publishes none, one is assumed, and said to be so.
//!
//! The functions' SDK would try a call that is throttled three times, and wait in between. Here, where time is simulated,
//! the service does that for it: a call waits until the next second, in which nobody else calls.

use super::{AwsError, Fault};
use jiff::Timestamp;
use metrics_lib::place::Place;
use std::collections::{BTreeMap, HashMap};

/// How often an operation, or all operations of a service, can be called in a second, in each account and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// What is limited, as IAM names it: `athena:StartQueryExecution`, or `codepipeline` for all of them.
    pub of: &'static str,
    /// How many calls.
    pub calls: u32,
}

/// The quotas. What is not among them is not limited.
pub const RATES: [Rate; 13] = [
    // Assumed: AWS says that there are some, and not what they are.
    Rate { of: "codepipeline", calls: 5 },
    Rate { of: "codeconnections", calls: 5 },
    Rate { of: "ssm", calls: 10 },
    Rate { of: "athena:StartQueryExecution", calls: 20 },
    Rate { of: "athena:StopQueryExecution", calls: 20 },
    Rate { of: "athena:GetQueryExecution", calls: 100 },
    Rate { of: "athena:GetQueryResults", calls: 100 },
    Rate { of: "cloudwatch:PutMetricData", calls: 500 },
    Rate { of: "cloudwatch:GetMetricData", calls: 50 },
    Rate { of: "cloudwatch:DescribeAlarms", calls: 9 },
    Rate { of: "firehose:PutRecordBatch", calls: 1000 },
    Rate { of: "secretsmanager:GetSecretValue", calls: 10_000 },
    Rate { of: "sts:AssumeRole", calls: 500 },
];

/// The quotas that hold, and what was called in the present second.
#[derive(Debug, Default)]
pub struct Quotas {
    rates: BTreeMap<String, u32>,
    called: HashMap<(String, Place), (i64, u32)>,
    /// How many times a call is tried again after it was throttled; if not once, the caller is told at once.
    pub retries: u32,
    /// How many calls were throttled, by quota.
    pub exceeded: BTreeMap<String, u64>,
}

impl Quotas {
    /// AWS's, and callers that try three times.
    pub fn of_aws() -> Self {
        let mut quotas = Self { retries: 2, ..Self::default() };
        RATES.into_iter().for_each(|Rate { of, calls }| quotas.limit(of, calls));
        quotas
    }

    /// Limits an operation or service to so many calls in a second.
    pub fn limit(&mut self, of: &str, calls: u32) {
        self.rates.insert(of.to_owned(), calls);
    }

    /// Whether no quota holds.
    pub fn is_empty(&self) -> bool {
        self.rates.is_empty()
    }

    /// Counts a call of an operation in an account and region; refused if that is one too many.
    pub(super) fn admit(&mut self, action: &str, place: &Place, now: Timestamp) -> Result<(), AwsError> {
        let service = action.split(':').next().unwrap_or_default();
        for of in [service, action] {
            let Some(most) = self.rates.get(of) else { continue };
            let key = (of.to_owned(), place.clone());
            let (second, calls) = self.called.entry(key).or_default();
            if *second != now.as_second() {
                (*second, *calls) = (now.as_second(), 0);
            }
            if *calls == *most {
                return Err(self.exceed(of));
            }
            *calls += 1;
        }
        Ok(())
    }

    /// Notes that a quota was exceeded.
    pub(super) fn exceed(&mut self, of: &str) -> AwsError {
        *self.exceeded.entry(of.to_owned()).or_default() += 1;
        Fault::throttling()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the calls, each of a second, an account and a region, are admitted.
    #[test]
    fn calls_of_a_second_are_limited_by_account_and_region() {
        fn check(limits: &[(&str, u32)], calls: &[(&str, i64, &str)], expected: &str) {
            let mut quotas = Quotas::default();
            limits.iter().for_each(|(of, calls)| quotas.limit(of, *calls));
            let admitted = calls.iter().map(|(action, second, place)| {
                let now = Timestamp::from_second(*second).unwrap();
                if quotas.admit(action, &Place::new(*place, "eu-west-1"), now).is_ok() { '+' } else { '-' }
            });
            assert_eq!(admitted.collect::<String>(), expected, "{limits:?}");
        }
        let list = |second, place| ("codepipeline:ListPipelines", second, place);
        let get = |second, place| ("codepipeline:GetPipeline", second, place);
        check(&[], &[list(0, "a"); 3], "+++");
        check(&[("codepipeline", 2)], &[list(0, "a"), get(0, "a"), list(0, "a"), get(1, "a")], "++-+");
        check(&[("codepipeline", 1)], &[list(0, "a"), list(0, "b"), list(0, "a")], "++-");
        check(&[("codepipeline:GetPipeline", 1)], &[get(0, "a"), list(0, "a"), get(0, "a")], "++-");
        check(&[("ssm", 1)], &[get(0, "a"); 3], "+++");
    }

    #[test]
    fn quotas_of_aws_have_names_that_are_used_once() {
        let quotas = Quotas::of_aws();
        assert_eq!(quotas.rates.len(), RATES.len());
    }
}
