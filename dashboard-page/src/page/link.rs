//! Addresses in consoles and at GitHub, so that what is alike in them is on the page once.

/// Where a name stands in an address, if that is once: the script puts it there again. No address has braces.
pub(super) fn template(address: String, name: &str) -> String {
    if address.matches(name).count() == 1 { address.replace(name, "{}") } else { address }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates() {
        fn check(address: &str, name: &str, expected: &str) {
            assert_eq!(template(address.to_owned(), name), expected);
        }
        check(
            "https://example.com/executions/e1/timeline",
            "e1",
            "https://example.com/executions/{}/timeline",
        );
        // An id that is encoded, or is in the address for another reason, too.
        check("https://example.com/executions/a%2Fb", "a/b", "https://example.com/executions/a%2Fb");
        check("https://example.com/example", "example", "https://example.com/example");
    }
}
