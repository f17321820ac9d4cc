//! FNV-1a, 64 bits: a hash that is the same in every version of this product.

/// The hash of bytes. [Source](https://datatracker.ietf.org/doc/html/draft-eastlake-fnv): offset basis and prime of 64 bits.
#[must_use]
pub fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test vectors of the draft.
    #[test]
    fn hashes_of_the_draft() {
        fn check(text: &str, expected: u64) {
            assert_eq!(fnv_1a(text.as_bytes()), expected, "{text:?}");
        }
        check("", 0xcbf2_9ce4_8422_2325);
        check("a", 0xaf63_dc4c_8601_ec8c);
        check("foobar", 0x8594_4171_f739_67e8);
    }
}
