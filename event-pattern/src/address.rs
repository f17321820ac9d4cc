//! IP addresses and blocks of them, compared as hexadecimal digits.

use std::{cmp::Ordering, net::Ipv6Addr};

/// The addresses of one CIDR block, or a single address.
///
/// As in event-ruler, an address is its hexadecimal digits and a block is a range of digits, which looks at no more
/// digits than it takes to decide: `0.0.0.0/0` holds every IPv6 address as well.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AddressRange {
    bottom: String,
    top: String,
}

impl AddressRange {
    /// The range of a text that is an address.
    pub(super) fn single(text: &str) -> Option<Self> {
        let digits = digits(text)?;
        Some(Self { bottom: digits.clone(), top: digits })
    }

    /// The range of a block such as `10.0.0.0/8`; the error says what is wrong with it.
    pub(super) fn block(text: &str) -> Result<Self, &'static str> {
        // Slashes at the end count for nothing, an artefact of Java's String.split.
        let (address, bits) = text.trim_end_matches('/').split_once('/').ok_or("a CIDR has one '/'")?;
        if bits.contains('/') {
            return Err("a CIDR has one '/'");
        }
        let bits: i32 = bits.parse().map_err(|_| "the mask bits of a CIDR are an integer")?;
        let bits = usize::try_from(bits).map_err(|_| "the mask bits of a CIDR are not negative")?;
        let address = bytes(address).ok_or("a CIDR begins with an IP address")?;
        if bits >= address.len() * 8 {
            return Err("a CIDR has fewer mask bits than its address has bits");
        }
        let masked = |ones: bool| {
            let byte = |(index, byte): (usize, &u8)| {
                let fixed = bits.saturating_sub(index * 8).min(8);
                let free = 0xff_u8.checked_shr(fixed as u32).unwrap_or(0);
                if ones { byte | free } else { byte & !free }
            };
            hexadecimal(&address.iter().enumerate().map(byte).collect::<Vec<_>>())
        };
        Ok(Self { bottom: masked(false), top: masked(true) })
    }

    /// Whether the digits of an address are in the range.
    pub(super) fn contains(&self, digits: &str) -> bool {
        let above = compare(digits, &self.bottom).is_some_and(Ordering::is_ge);
        above && compare(digits, &self.top).is_some_and(Ordering::is_le)
    }
}

/// The digits of a text that is an address.
pub(super) fn digits(text: &str) -> Option<String> {
    bytes(text).map(|bytes| hexadecimal(&bytes))
}

/// Compares as far as the bound goes. Nothing when the digits end before they differ.
fn compare(digits: &str, bound: &str) -> Option<Ordering> {
    let length = digits.len().min(bound.len());
    let order = digits.as_bytes()[..length].cmp(&bound.as_bytes()[..length]);
    (order.is_ne() || length == bound.len()).then_some(order)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.contains(':') { ipv6(text) } else { ipv4(text) }
}

/// Four decimal numbers, leading zeros allowed, as `java.net.InetAddress` has it: [`std::net::Ipv4Addr`] takes none.
fn ipv4(text: &str) -> Option<Vec<u8>> {
    let part = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits { part.parse().ok() } else { None }
    };
    let parts: Vec<u8> = text.split('.').map(part).collect::<Option<_>>()?;
    (parts.len() == 4 && text.len() <= 15).then_some(parts)
}

/// Groups of hexadecimal digits. An IPv4-mapped address is the IPv4 address, as in Java; the mixed notation
/// (`::ffff:10.0.0.1`) isn't one for event-ruler.
fn ipv6(text: &str) -> Option<Vec<u8>> {
    if text.contains('.') {
        return None;
    }
    let address: Ipv6Addr = text.parse().ok()?;
    Some(
        address
            .to_ipv4_mapped()
            .map_or_else(|| address.octets().to_vec(), |address| address.octets().to_vec()),
    )
}
