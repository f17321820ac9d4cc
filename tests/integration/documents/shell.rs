//! Commands in documents: in fenced and indented blocks, and between backticks, as a shell splits them into words.

use std::iter::Peekable;

/// The programs whose commands are looked at.
const PROGRAMS: [&str; 6] = ["apt-get", "aws", "cargo", "git", "pulumi", "rustup"];

/// What a document gives people to run: a line of an indented block, a fenced block, or what stands between backticks.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// As it is typed.
    pub(super) text: String,
    /// Whether it stands within prose, which may name a command without saying the whole of it.
    pub(super) is_inline: bool,
}

impl Piece {
    /// The commands in it, of the programs that are looked at.
    pub(super) fn commands(&self) -> Vec<Vec<String>> {
        of_shell(&self.text)
    }
}

/// The pieces of a document for people that have commands of the programs that are looked at.
pub(super) fn pieces(document: &str) -> Vec<Piece> {
    let (mut texts, mut prose, mut fenced) = (Vec::new(), String::new(), None::<String>);
    // A line that ends with a backslash goes on.
    for line in document.replace("\\\n", " ").lines() {
        let is_fence = line.trim_start().starts_with("```");
        match (&mut fenced, line.strip_prefix("    ")) {
            (Some(block), _) if is_fence => texts.push((std::mem::take(block), false)),
            (Some(block), _) => *block += &format!("{line}\n"),
            (None, _) if is_fence => {}
            (None, Some(line)) => texts.push((one_line(line.split(" #").next().unwrap_or_default()), false)),
            (None, None) => prose += &format!("{line}\n"),
        }
        if is_fence {
            fenced = if fenced.is_some() { None } else { Some(String::new()) };
        }
    }
    // In a table, a bar is written with a backslash.
    let inline = prose.split('`').skip(1).step_by(2);
    texts.extend(inline.map(|code| (one_line(&code.replace("\\|", "|")), true)));
    let pieces = texts.into_iter().map(|(text, is_inline)| Piece { text, is_inline });
    pieces.filter(|piece| !piece.commands().is_empty()).collect()
}

/// A line without the blanks that only align it.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The commands of the programs that are looked at, in a document for people.
pub(super) fn commands(document: &str) -> Vec<Vec<String>> {
    pieces(document).iter().flat_map(Piece::commands).collect()
}

/// The commands of a piece of shell.
fn of_shell(text: &str) -> Vec<Vec<String>> {
    let starts = |words: &[String]| words.first().is_some_and(|word| PROGRAMS.contains(&word.as_str()));
    split(text).into_iter().filter(|words| starts(words)).collect()
}

/// Splits a piece of shell into commands and these into words; what is assigned before a command is left out, like words of
/// the shell's own.
fn split(text: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&char) = chars.peek() {
        match char {
            '#' => while chars.next_if(|&char| char != '\n').is_some() {},
            '\n' | '|' | ';' | '&' | '(' | ')' | '<' | '>' => {
                chars.next();
                commands.push(std::mem::take(&mut words));
            }
            _ if char.is_whitespace() => drop(chars.next()),
            _ => {
                let word = word(&mut chars);
                let is_prelude = words.is_empty() && (is_assignment(&word) || word == "do" || word == "then");
                if !is_prelude && !word.is_empty() {
                    words.push(word);
                }
            }
        }
    }
    commands.push(words);
    commands
}

/// `NAME=value`, in capitals as people write variables of the environment.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

/// A word, without its quotes.
fn word(chars: &mut Peekable<impl Iterator<Item = char>>) -> String {
    let mut word = String::new();
    while let Some(char) = chars.next_if(|&char| !char.is_whitespace() && !"|;&()<>".contains(char)) {
        match char {
            '\'' => word.extend(chars.by_ref().take_while(|&char| char != '\'')),
            '"' => {
                while let Some(char) = chars.next().filter(|&char| char != '"') {
                    word.push(char);
                    if char == '\\' {
                        word.extend(chars.next());
                    }
                }
            }
            // A line that goes on.
            '\\' => word.extend(chars.next().filter(|&char| char != '\n')),
            char => word.push(char),
        }
    }
    word
}

#[test]
fn commands_of_documents() {
    fn check(document: &str, expected: &[&[&str]]) {
        assert_eq!(commands(document), expected, "{document}");
    }
    check("Run `pulumi up`, or\n`aws s3\nls`.", &[&["pulumi", "up"], &["aws", "s3", "ls"]]);
    check("    AWS_PROFILE=a pulumi up  # don't\n", &[&["pulumi", "up"]]);
    check("    openssl rand | pulumi config set x\n", &[&["pulumi", "config", "set", "x"]]);
    check("    aws a b --c \\\n        'd e' > f\n", &[&["aws", "a", "b", "--c", "d e"]]);
    check(
        "```sh\nx=$(aws a b)\nfor i in x; do aws c \"$i d\"; done\n```\n",
        &[&["aws", "a", "b"], &["aws", "c", "$i d"]],
    );
    check("```sh\njq '\naws a b\n' | aws c d\n```\n", &[&["aws", "c", "d"]]);
    check("| `pulumi x \\| aws y` | `x` |", &[&["pulumi", "x"], &["aws", "y"]]);
    check("    aws a \\\n        b  # c\n", &[&["aws", "a", "b"]]);
    check("`aws.ssm`, `aws:` and `pulumi-resource-aws`", &[]);
}
