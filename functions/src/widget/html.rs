//! HTML whose texts are escaped: tags and the names of attributes are the program's, everything else is a text.

use metrics_lib::text::is_harmful;
use std::fmt::Write;

/// Some HTML.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Adds a text.
    pub(super) fn text(&mut self, text: &str) {
        text.chars().for_each(|character| self.character(character));
    }

    /// Adds an element.
    pub(super) fn element(
        &mut self,
        tag: &'static str,
        attributes: &[(&'static str, &str)],
        inside: impl FnOnce(&mut Self),
    ) {
        self.void(tag, attributes);
        inside(self);
        self.0 += "</";
        self.0 += tag;
        self.0 += ">";
    }

    /// Adds an element that has nothing in it and no end.
    pub(super) fn void(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) {
        self.0 += "<";
        self.0 += tag;
        for (name, value) in attributes {
            self.0 += " ";
            self.0 += name;
            self.0 += "=\"";
            self.text(value);
            self.0 += "\"";
        }
        self.0 += ">";
    }

    /// Adds an element with a text.
    pub(super) fn leaf(&mut self, tag: &'static str, attributes: &[(&'static str, &str)], text: &str) {
        self.element(tag, attributes, |html| html.text(text));
    }

    /// Adds a style sheet of the program.
    pub(super) fn style(&mut self, css: &'static str) {
        self.0 += "<style>";
        self.0 += css;
        self.0 += "</style>";
    }

    /// How long it is, in bytes.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What nobody can see, and what turns the direction of the text around it, is shown by its code.
    fn character(&mut self, character: char) {
        match character {
            '&' => self.0 += "&amp;",
            '<' => self.0 += "&lt;",
            '>' => self.0 += "&gt;",
            '"' => self.0 += "&quot;",
            '\'' => self.0 += "&#39;",
            character if is_harmful(character) => {
                // Writing to a String does not fail.
                let _ = write!(self.0, "\\u{:04X}", u32::from(character));
            }
            character => self.0.push(character),
        }
    }
}

impl From<Html> for String {
    fn from(Html(html): Html) -> Self {
        html
    }
}

/// A text alone.
pub(super) fn message(text: &str) -> String {
    let mut html = Html::default();
    html.leaf("p", &[], text);
    html.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_inert() {
        fn check(text: &str, expected: &str) {
            let mut html = Html::default();
            html.leaf("td", &[("title", text)], text);
            assert_eq!(String::from(html), format!("<td title=\"{expected}\">{expected}</td>"));
        }
        check("acme/shop", "acme/shop");
        check("</td><script>alert(1)</script>", "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
        check("\" onmouseover='x'", "&quot; onmouseover=&#39;x&#39;");
        check("&amp;", "&amp;amp;");
        check("a\u{202e}b\u{0}c", "a\\u202Eb\\u0000c");
        check("Ärger 🎉", "Ärger 🎉");
    }
}
