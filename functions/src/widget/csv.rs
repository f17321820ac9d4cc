//! Tables as CSV (RFC 4180), safe to open in a spreadsheet.

use super::table::{Cell, Table};

/// A table as CSV, of as many rows as fit into some bytes; and how many rows that is.
pub(super) fn csv(table: &Table, most: usize) -> (String, usize) {
    let mut csv = line(table.columns.iter().copied());
    for (number, row) in table.rows.iter().enumerate() {
        let line = line(row.iter().map(|Cell { text, .. }| text.as_str()));
        if csv.len() + line.len() > most {
            return (csv, number);
        }
        csv += &line;
    }
    (csv, table.rows.len())
}

fn line<'a>(fields: impl Iterator<Item = &'a str>) -> String {
    fields.map(field).collect::<Vec<_>>().join(",") + "\n"
}

/// A field. A spreadsheet takes what begins so for a formula. Source: OWASP, "CSV Injection".
fn field(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    match text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables() {
        fn check(text: &str, expected: &str) {
            let rows = vec![vec![text.into(), "x".into()]];
            let table = Table { columns: vec!["a", "b"], rows, ..Table::default() };
            assert_eq!(csv(&table, 1000), (format!("a,b\n{expected},x\n"), 1));
            assert_eq!(csv(&table, 6), ("a,b\n".to_owned(), 0), "no row is cut");
        }
        check("plain", "plain");
        check("a,b", "\"a,b\"");
        check("say \"x\"", "\"say \"\"x\"\"\"");
        check("two\nlines", "\"two\nlines\"");
        check("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\"");
        check("-1h", "'-1h");
    }
}
