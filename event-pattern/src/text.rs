//! Texts that match more than themselves: with wildcards, or regardless of case.

/// Literal pieces with any text between them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wildcard {
    pieces: Vec<String>,
}

impl Wildcard {
    /// Reads a text in which `*` stands for any text, `\*` for an asterisk and `\\` for a backslash; the error says
    /// why it is refused.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut pieces = vec![];
        let mut piece = String::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '*' if characters.peek() == Some(&'*') => return Err("two wildcard characters in a row"),
                '*' => pieces.push(std::mem::take(&mut piece)),
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '\\')) => piece.push(escaped),
                    _ => return Err("a backslash escapes only '*' and '\\'"),
                },
                _ => piece.push(character),
            }
        }
        pieces.push(piece);
        Ok(Self { pieces })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.pieces.as_slice() else {
            return self.pieces.iter().all(|piece| piece == text);
        };
        let inner = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
        let rest = inner.and_then(|inner| {
            // The first place where a piece fits leaves the most for the pieces that follow.
            middle.iter().try_fold(inner, |rest, piece| rest.split_once(piece.as_str()).map(|(_, rest)| rest))
        });
        rest.is_some()
    }
}

/// A text without regard to case.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AnyCase {
    /// The text as written: patterns that differ in case are different patterns.
    source: String,
    /// Each character in lower and in upper case.
    characters: Vec<[String; 2]>,
}

impl AnyCase {
    pub(super) fn new(source: String) -> Self {
        let characters = source.chars().map(cases).collect();
        Self { source, characters }
    }

    pub(super) fn equals(&self, text: &str) -> bool {
        self.strip_prefix(text).is_some_and(str::is_empty)
    }

    pub(super) fn starts(&self, text: &str) -> bool {
        self.strip_prefix(text).is_some()
    }

    pub(super) fn ends(&self, text: &str) -> bool {
        let rest = self.characters.iter().rev().try_fold(text, |rest, [lower, upper]| {
            rest.strip_suffix(lower.as_str()).or_else(|| rest.strip_suffix(upper.as_str()))
        });
        rest.is_some()
    }

    fn strip_prefix<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.characters.iter().try_fold(text, |rest, [lower, upper]| {
            rest.strip_prefix(lower.as_str()).or_else(|| rest.strip_prefix(upper.as_str()))
        })
    }
}

/// A character in lower and in upper case, which may be several characters (`ß`, `SS`).
fn cases(character: char) -> [String; 2] {
    if character.len_utf16() == 2 {
        // event-ruler takes the two surrogates one by one, and Java writes half a character as a question mark.
        return ["??".to_owned(), "??".to_owned()];
    }
    [character.to_lowercase().collect(), character.to_uppercase().collect()]
}
