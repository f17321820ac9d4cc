//! What commit messages, branch names and incident texts say: `OpsItem` ids, merged branches, whole words.

mod mentions;
mod messages;

pub(crate) use mentions::read;
pub use mentions::{ConsolePipeline, Mention, Mentioned, mentions};
pub use messages::{is_merge, is_of_pull_request, merged_branch};

use crate::sources::opscenter::{OPS_ITEM_PREFIX, OpsItemId};
use std::ops::Range;

/// The ids of the `OpsItem`s that a text names, in any case, in order of appearance.
///
/// An id stands for itself, not in a longer word: no letter, digit or `_` may adjoin it. A `-` or `/` may, because
/// branches are called `hotfix/oi-0123456789ab-fix-login`.
pub fn ops_item_ids(text: &str) -> impl Iterator<Item = OpsItemId> + '_ {
    const LENGTH: usize = "oi-0123456789ab".len();
    // Only what begins like an id is read as one: for everything else, an error would be made.
    let begins = |window: &[u8]| window.eq_ignore_ascii_case(OPS_ITEM_PREFIX.as_bytes());
    let starts = text.as_bytes().windows(OPS_ITEM_PREFIX.len()).enumerate();
    starts.filter(move |(_, window)| begins(window)).filter_map(|(start, _)| {
        let id = text.get(start..start + LENGTH)?.parse().ok()?;
        is_delimited(text, start, start + LENGTH, is_word).then_some(id)
    })
}

/// Whether a text contains a name as a whole word: one not adjoined by a letter, digit, `_`, `-` or `/`. A `.` between
/// these belongs to the word, at its end it is punctuation.
///
/// So `acme/shop` does not name the pipeline `shop`, nor `shop-api` the pipeline `api`, nor `acme/shop.js` `acme/shop`.
pub fn names(text: &str, name: &str) -> bool {
    places_of(text, name).next().is_some()
}

/// Where a text contains a name as a whole word.
pub(crate) fn places_of<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut from = 0;
    std::iter::from_fn(move || {
        let first = name.chars().next()?;
        let start = from + text.get(from..)?.find(name)?;
        // Matches may overlap.
        from = start + first.len_utf8();
        Some(start..start + name.len())
    })
    .filter(|place| {
        let before = text[..place.start].strip_suffix('.').unwrap_or(&text[..place.start]);
        let after = text[place.end..].strip_prefix('.').unwrap_or(&text[place.end..]);
        !before.ends_with(is_joined) && !after.starts_with(is_joined)
    })
}

/// Whether a terminal or browser may do more with a character than show it: control characters but line breaks and
/// tabulators, and those that change the direction of text or break lines (Unicode standard annex 9, "Explicit directional
/// formatting characters").
pub fn is_harmful(char: char) -> bool {
    let is_formatting = matches!(char,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    is_formatting || char.is_control() && char != '\n' && char != '\t'
}

/// Whether a character beside a name makes another word of it.
fn is_joined(char: char) -> bool {
    is_word(char) || char == '-' || char == '/'
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// Whether neither neighbour of `text[start..end]` belongs to its word.
fn is_delimited(text: &str, start: usize, end: usize, belongs: impl Fn(char) -> bool) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    !before.is_some_and(&belongs) && !after.is_some_and(&belongs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_item_ids_stand_for_themselves() {
        fn check(text: &str, expected: &[&str]) {
            let found: Vec<_> = ops_item_ids(text).map(String::from).collect();
            assert_eq!(found, expected, "{text:?}");
        }
        check("", &[]);
        check("oi-0123456789ab", &["oi-0123456789ab"]);
        check("hotfix/oi-0123456789ab-fix-login", &["oi-0123456789ab"]);
        check("Fix login (OI-0123456789AB)", &["oi-0123456789ab"]);
        check("oi-0123456789ab, oi-ba9876543210.", &["oi-0123456789ab", "oi-ba9876543210"]);
        check("Merge pull request #7 from acme/hotfix/oi-0123456789ab", &["oi-0123456789ab"]);
        check("oi-0123456789abc", &[]);
        check("oi-0123456789a", &[]);
        check("xoi-0123456789ab", &[]);
        check("_oi-0123456789ab", &[]);
        check("oi-0123456789ab_", &[]);
        check("oi-0123456789ag", &[]);
        check("ünïcode öi-0123456789ab oi-0123456789abé", &[]);
        check("é oi-0123456789ab é", &["oi-0123456789ab"]);
    }

    #[test]
    fn names_are_whole_words() {
        fn check(text: &str, name: &str, expected: bool) {
            assert_eq!(names(text, name), expected, "{name:?} in {text:?}");
        }
        check("acme/shop is down", "acme/shop", true);
        check("down: acme/shop.", "acme/shop", true);
        check("(acme/shop)", "acme/shop", true);
        check("acme/shop is down", "shop", false);
        check("acme/shop-api is down", "acme/shop", false);
        check("my-acme/shop", "acme/shop", false);
        check("acme/shop_2", "acme/shop", false);
        check("acme/shop/tree", "acme/shop", false);
        check("acme/shops and acme/shop", "acme/shop", true);
        check("éacme/shop", "acme/shop", false);
        check("Acme/Shop is down", "acme/shop", false);
        check("shop-main failed", "shop-main", true);
        check("-a.a.a a.a", "a.a", true);
        check("-a.a.a", "a.a", false);
        check("acme/shop.js", "acme/shop", false);
        check("shop.example.com", "shop", false);
        check("shop... is down", "shop", true);
        check("anything", "", false);
    }
}
