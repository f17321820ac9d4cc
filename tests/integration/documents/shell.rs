//! Commands in documents: in fenced and indented blocks, and between backticks, as a shell splits them into words.

use std::iter::Peekable;

/// The programs whose commands are looked at.
const PROGRAMS: [&str; 3] = ["aws", "cargo", "pulumi"];

/// The commands of the programs that are looked at, in a document for people.
pub(super) fn commands(document: &str) -> Vec<Vec<String>> {
    let (mut commands, mut prose, mut block) = (Vec::new(), String::new(), String::new());
    let mut is_fenced = false;
    for line in document.lines() {
        let is_fence = line.trim_start().starts_with("```");
        let is_code = is_fenced || line.starts_with("    ");
        if is_fence || !is_code {
            commands.extend(of_shell(&block));
            block.clear();
        }
        match (is_fence, is_code) {
            (true, _) => is_fenced = !is_fenced,
            (false, true) => block += &format!("{line}\n"),
            (false, false) => prose += &format!("{line}\n"),
        }
    }
    commands.extend(of_shell(&block));
    // In a table, a bar is written with a backslash.
    let inline = prose.split('`').skip(1).step_by(2);
    commands.extend(inline.flat_map(|code| of_shell(&code.replace('\n', " ").replace("\\|", "|"))));
    commands
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
    check("`aws.ssm`, `aws:` and `pulumi-resource-aws`", &[]);
}
