//! What shells and `man` learn of the commands.

use super::{run, stdout};
use std::{collections::BTreeSet, fs, process::Command};

/// Bash itself completes by it: commands, options, and what an option or argument may be.
#[test]
fn completions() {
    const COMPLETE: &str = r#"
        eval "$SCRIPT"
        COMP_WORDS=(dora "$@") COMP_CWORD=$#
        _dora dora "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        echo "${COMPREPLY[@]}""#;
    let script = stdout(&run(&["completions", "bash"]));
    let check = |words: &[&str], expected: &str| {
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", COMPLETE, "bash"]).args(words).env("SCRIPT", &script);
        assert_eq!(stdout(&bash.output().unwrap()).trim_end(), expected, "{words:?}");
    };
    check(&["re"], "replay redrive");
    check(&["replay", "--js"], "--json");
    check(&["explain", "lead"], "lead-time-for-changes");
    check(&["dashboard", "--format", ""], "cloudwatch grafana");
    for (shell, begins) in [("zsh", "#compdef dora\n"), ("fish", "# Print an optspec")] {
        assert!(stdout(&run(&["completions", shell])).starts_with(begins), "{shell}");
    }
}

/// Each command that `--help` lists has a page, and the page of all names it.
#[test]
fn pages() {
    let folder = tempfile::tempdir().unwrap();
    let man1 = folder.path().join("man/man1");
    stdout(&run(&["man", "--out", man1.to_str().unwrap()]));
    let page = stdout(&run(&["man"]));
    assert_eq!(fs::read_to_string(man1.join("cargo-dora.1")).unwrap(), page);
    let help = stdout(&run(&["--help"]));
    let commands = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let commands: BTreeSet<&str> = commands
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.contains("replay"), "{commands:?}");
    for command in commands {
        let name = format!("cargo-dora-{command}");
        assert!(page.contains(&name.replace('-', r"\-")), "{name}");
        assert!(
            fs::read_to_string(man1.join(format!("{name}.1"))).unwrap().contains(".SH OPTIONS"),
            "{name}"
        );
    }
}
