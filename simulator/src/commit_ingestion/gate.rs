//! What comes through the firewall and API Gateway's throttle, in simulated time.
//!
//! Sources: AWS WAF developer guide, "Rate-based rule statement" (requests of the last five minutes; AWS notices within half
//! a minute, here at once); API Gateway developer guide, "Throttle requests to your REST APIs" (a token bucket).

use jiff::{SignedDuration, Timestamp};
use program::plan::{self, Firewall};
use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
};

/// What the firewall counts.
const WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// The gate, and what came to it.
#[derive(Debug)]
pub(crate) struct Gate {
    plan: plan::Gate,
    tokens: f64,
    filled: Timestamp,
    /// The requests of the last five minutes from where GitHub does not deliver.
    strangers: VecDeque<(Timestamp, IpAddr)>,
    by_address: BTreeMap<IpAddr, u32>,
}

/// Why a request does not come through: the status of the answer, and the text.
pub(crate) type Refusal = (u16, &'static str);

impl Gate {
    pub(crate) fn new(plan: plan::Gate) -> Self {
        Self {
            tokens: plan.throttle.burst.into(),
            plan,
            filled: Timestamp::MIN,
            strangers: VecDeque::new(),
            by_address: BTreeMap::new(),
        }
    }

    /// Whether a request comes through.
    pub(crate) fn admit(&mut self, now: Timestamp, from: IpAddr, signature: &str) -> Result<(), Refusal> {
        self.pass_firewall(now, from, signature)?;
        let plan::Throttle { rate, burst } = self.plan.throttle;
        let added = now.duration_since(self.filled.max(now - WINDOW)).as_secs_f64() * f64::from(rate);
        self.tokens = (self.tokens + added).min(burst.into());
        self.filled = now;
        if self.tokens < 1.0 {
            return Err((429, "Too Many Requests"));
        }
        self.tokens -= 1.0;
        Ok(())
    }

    fn pass_firewall(&mut self, now: Timestamp, from: IpAddr, signature: &str) -> Result<(), Refusal> {
        const FORBIDDEN: Refusal = (403, "Forbidden");
        let Some(Firewall { trusted, from_one, from_all }) = &self.plan.firewall else { return Ok(()) };
        if !is_signature(signature) {
            return Err(FORBIDDEN);
        }
        if trusted.iter().any(|range| is_within(from, range)) {
            return Ok(());
        }
        while let Some((time, address)) = self.strangers.front().copied()
            && now.duration_since(time) >= WINDOW
        {
            self.strangers.pop_front();
            if let Some(count) = self.by_address.get_mut(&address) {
                *count -= 1;
            }
            self.by_address.retain(|_, count| *count > 0);
        }
        self.strangers.push_back((now, from));
        let of_one = self.by_address.entry(from).or_default();
        *of_one += 1;
        let all = u32::try_from(self.strangers.len()).unwrap_or(u32::MAX);
        if *of_one > *from_one || all > *from_all { Err(FORBIDDEN) } else { Ok(()) }
    }
}

/// The meaning of [`Firewall::SIGNATURE`].
fn is_signature(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.strip_prefix("sha256=").is_some_and(|digits| digits.len() == 64 && digits.bytes().all(is_digit))
}

/// Whether an address is in a range such as `192.30.252.0/22`.
fn is_within(address: IpAddr, range: &str) -> bool {
    let Some((first, bits)) = range.split_once('/') else { return false };
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (address, first.parse()) {
        (IpAddr::V4(address), Ok(IpAddr::V4(first))) => {
            (address.to_bits() ^ first.to_bits()).checked_shr(32 - bits.min(32)).unwrap_or_default() == 0
        }
        (IpAddr::V6(address), Ok(IpAddr::V6(first))) => {
            (address.to_bits() ^ first.to_bits()).checked_shr(128 - bits.min(128)).unwrap_or_default() == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GITHUB: &str = "140.82.115.1";

    fn gate() -> Gate {
        let throttle = plan::Throttle { rate: 2, burst: 10 };
        let firewall = Firewall { trusted: ["140.82.112.0/20".to_owned()].into(), from_one: 3, from_all: 5 };
        Gate::new(plan::Gate { throttle, firewall: Some(firewall) })
    }

    fn signature() -> String {
        format!("sha256={}", "0".repeat(64))
    }

    /// Requests at a second, from an address, so many at once: how many come through.
    #[test]
    fn requests_that_come_through() {
        fn check(requests: &[(i64, &str, u32)], expected: &[u32]) {
            let mut gate = gate();
            let mut through = Vec::new();
            for (second, from, times) in requests {
                let (now, from) = (Timestamp::from_second(*second).unwrap(), from.parse().unwrap());
                let passed = (0..*times).filter(|_| gate.admit(now, from, &signature()).is_ok());
                through.push(u32::try_from(passed.count()).unwrap());
            }
            assert_eq!(through, expected, "{requests:?}");
        }
        let (one, other, third) = ("203.0.113.1", "203.0.113.2", "2001:db8::1");
        // GitHub: what the throttle lets through.
        check(&[(0, GITHUB, 12), (1, GITHUB, 3), (100, GITHUB, 12)], &[10, 2, 10]);
        // One stranger, whose requests of five minutes count; those that are refused, too.
        check(&[(0, one, 5), (299, one, 1), (300, one, 5)], &[3, 0, 2]);
        check(&[(0, one, 5), (599, one, 5)], &[3, 3]);
        // All strangers together: with those that were refused there are six.
        check(&[(0, one, 4), (0, other, 1), (0, third, 1), (0, GITHUB, 5)], &[3, 1, 0, 5]);
    }

    #[test]
    fn signatures_as_the_firewall_sees_them() {
        fn check(signature: &str, expected: bool) {
            let passes = gate().admit(Timestamp::UNIX_EPOCH, GITHUB.parse().unwrap(), signature).is_ok();
            assert_eq!(passes, expected, "{signature}");
        }
        check(&signature(), true);
        check("", false);
        check(&signature().to_uppercase(), false);
        check(&signature().replace('0', "A"), false);
        check(&signature()[..70], false);
        check(&format!("{}0", signature()), false);
        check(&signature().replace("sha256", "sha1"), false);
    }

    #[test]
    fn ranges() {
        fn check(address: &str, range: &str, expected: bool) {
            assert_eq!(is_within(address.parse().unwrap(), range), expected, "{address} in {range}");
        }
        check("140.82.127.255", "140.82.112.0/20", true);
        check("140.82.128.0", "140.82.112.0/20", false);
        check("1.2.3.4", "1.2.3.4/32", true);
        check("1.2.3.5", "1.2.3.4/32", false);
        check("1.2.3.4", "0.0.0.0/0", true);
        check("2a0a:a447::1", "2a0a:a440::/29", true);
        check("2a0a:a448::1", "2a0a:a440::/29", false);
        check("1.2.3.4", "::/0", false);
    }
}
