//! The names of dashboards: distinct for distinct teams and pages, of the characters that `CloudWatch` takes.

use super::InvalidDashboard;

/// The longest name of a dashboard.
const MAX_NAME: usize = 255;

/// The name of a page of the whole organisation's dashboard, counted from 1.
pub fn organisation(prefix: &str, page: usize) -> String {
    format!("{prefix}{}", suffix(page))
}

/// The name of a page of a team's dashboard, counted from 1.
///
/// # Errors
/// [`InvalidDashboard::Name`], where the team's name is too long.
pub fn team(prefix: &str, team: &str, page: usize) -> Result<String, InvalidDashboard> {
    let name = format!("{prefix}-team-{}{}", escaped(team), suffix(page));
    if name.len() > MAX_NAME { Err(InvalidDashboard::Name { name }) } else { Ok(name) }
}

fn suffix(page: usize) -> String {
    if page == 1 { String::new() } else { format!("_page{page}") }
}

/// Letters, digits and hyphens as they are, all else by its bytes, so that no two names become one.
fn escaped(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
        _ => format!("_{byte:02x}"),
    };
    name.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        fn check(name: &str, page: usize, expected: &str) {
            assert_eq!(team("dora", name, page).unwrap(), expected);
        }
        assert_eq!([1, 2].map(|page| organisation("dora", page)), ["dora", "dora_page2"]);
        check("payments", 1, "dora-team-payments");
        check("payments", 12, "dora-team-payments_page12");
        check("Web & Apps", 1, "dora-team-Web_20_26_20Apps");
        check("a_b", 1, "dora-team-a_5fb");
        check("ü", 1, "dora-team-_c3_bc");
        assert!(team("dora", &"x".repeat(246), 1).is_err());
    }
}
