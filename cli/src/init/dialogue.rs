//! Asks for what is not chosen yet. Each answer is checked at once, by the settings themselves.

use super::choices::{Config, parts, team, tooling_account};
use crate::output::Words;
use anyhow::ensure;
use program::settings::{InvalidSettings, Settings};
use serde_json::{Map, Value, json};
use std::io::{BufRead, Write};

/// A setting that is asked for.
struct Question {
    /// Its key.
    key: &'static str,
    text: &'static str,
    /// What an answer means, if it means anything.
    read: fn(&str) -> Option<Value>,
    /// Whether there is no installation without it.
    is_required: bool,
}

const OPS_ACCOUNT: Question = Question {
    key: "opsAccount",
    text: "Account that computes and shows the metrics (12 digits)",
    read: text,
    is_required: true,
};
const REGION: Question =
    Question { key: "region", text: "Region of its stack, such as eu-west-1", read: text, is_required: true };
const ORGANIZATION_REGIONS: Question = Question {
    key: "organization",
    text: "Regions in which the organisation's accounts run pipelines, separated by commas",
    read: list,
    is_required: true,
};
const TOOLING: Question = Question {
    key: "toolingAccounts",
    text: "Accounts that run pipelines, each with its regions, as 111111111111:eu-west-1,us-east-1, separated by \
           blanks; or the id of an AWS organisation",
    read: tooling,
    is_required: true,
};
const OTHERS: [Question; 3] = [
    Question {
        key: "teams",
        text: "Teams and their repositories, as payments=acme/shop,acme/till, separated by semicolons (none: Enter)",
        read: teams,
        is_required: false,
    },
    Question {
        key: "repositories",
        text: "Other repositories for the dashboards, as acme/web, separated by commas (none: Enter)",
        read: list,
        is_required: false,
    },
    Question {
        key: "alarmEmails",
        text: "Addresses that get alarms, separated by commas (none: Enter)",
        read: list,
        is_required: false,
    },
];
const LEAD_TIME: &str = "Measure lead time, with a webhook of GitHub (yes or no; yes: Enter)";

/// Asks for what the configuration lacks.
pub(super) fn ask(
    config: &mut Config,
    answers: &mut impl BufRead,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    writeln!(out, "A new installation. Every value can be changed later, in the files that are written.")?;
    put(config, &OPS_ACCOUNT, answers, out)?;
    put(config, &REGION, answers, out)?;
    if !config.settings.contains_key("organization") {
        put(config, &TOOLING, answers, out)?;
    }
    // The answer may have been an organisation, whose regions are still missing.
    if let Some(Value::String(id)) = config.settings.get("toolingAccounts").cloned() {
        config.settings.remove("toolingAccounts");
        let regions = answer(
            config,
            &ORGANIZATION_REGIONS,
            answers,
            out,
            |regions| json!({"id": id, "regions": regions}),
        )?;
        config.settings.extend(regions.map(|value| ("organization".to_owned(), value)));
    }
    for question in &OTHERS {
        put(config, question, answers, out)?;
    }
    while !config.no_lead_time {
        match line(LEAD_TIME, answers, out)?.to_ascii_lowercase().as_str() {
            "" | "y" | "yes" => break,
            "n" | "no" => config.no_lead_time = true,
            _ => writeln!(out, "  yes or no")?,
        }
    }
    Ok(())
}

/// Asks for a setting, unless it is chosen already.
fn put(
    config: &mut Config,
    question: &Question,
    answers: &mut impl BufRead,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    if !config.settings.contains_key(question.key) {
        let value = answer(config, question, answers, out, |value| value)?;
        config.settings.extend(value.map(|value| (question.key.to_owned(), value)));
    }
    Ok(())
}

/// An answer that the settings take; none if the question may be left open, and is.
fn answer(
    config: &Config,
    question: &Question,
    answers: &mut impl BufRead,
    out: &mut impl Write,
    whole: impl Fn(Value) -> Value,
) -> anyhow::Result<Option<Value>> {
    let Question { key, text, read, is_required } = question;
    loop {
        let answer = line(text, answers, out)?;
        if answer.is_empty() && !is_required {
            return Ok(None);
        }
        let Some(value) = read(&answer).map(&whole) else {
            writeln!(out, "  That can't be read.")?;
            continue;
        };
        let problems = problems(config, key, &value);
        if problems.is_empty() {
            return Ok(Some(value));
        }
        for problem in problems {
            writeln!(out, "  {}", Words(&problem))?;
        }
    }
}

/// What the settings say of a value.
fn problems(config: &Config, key: &str, value: &Value) -> Vec<String> {
    // An organisation is checked with its regions.
    if key == "toolingAccounts" && value.is_string() {
        return Vec::new();
    }
    let mut settings = config.complete();
    settings.insert(key.to_owned(), value.clone());
    match Settings::from_json(&Value::Object(settings)) {
        Ok(_) => Vec::new(),
        Err(InvalidSettings(problems)) => {
            let own = problems.iter().filter(|problem| {
                let path = problem.key.strip_prefix(key);
                path.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            });
            own.map(ToString::to_string).collect()
        }
    }
}

/// A line that somebody types.
fn line(question: &str, answers: &mut impl BufRead, out: &mut impl Write) -> anyhow::Result<String> {
    write!(out, "{question}: ")?;
    out.flush()?;
    let mut answer = String::new();
    let length = answers.read_line(&mut answer)?;
    ensure!(length > 0, "there is no answer; nothing is written");
    Ok(answer.trim().to_owned())
}

fn text(answer: &str) -> Option<Value> {
    (!answer.is_empty()).then(|| json!(answer))
}

fn list(answer: &str) -> Option<Value> {
    Some(json!(parts(answer)))
}

fn tooling(answer: &str) -> Option<Value> {
    match answer.starts_with("o-") {
        true => Some(json!(answer)),
        false => answer.split_whitespace().map(tooling_account).collect::<Option<Vec<_>>>().map(Value::from),
    }
}

fn teams(answer: &str) -> Option<Value> {
    let teams = answer.split(';').map(str::trim).filter(|part| !part.is_empty()).map(team);
    teams.collect::<Option<Map<_, _>>>().map(Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What somebody types, and what comes of it; what is refused is asked again.
    #[test]
    fn dialogues() {
        fn check(answers: &[&str], lead_time: bool, expected: Value, refusals: &[&str]) {
            let mut config = Config::default();
            let mut out = Vec::new();
            ask(&mut config, &mut (answers.join("\n") + "\n").as_bytes(), &mut out).unwrap();
            let out = String::from_utf8(out).unwrap();
            assert_eq!(
                (Value::Object(config.settings), !config.no_lead_time),
                (expected, lead_time),
                "{out}"
            );
            let refused = out.split("\n").filter(|line| line.starts_with("  ")).count();
            let refused = refused + out.matches(":   ").count();
            assert_eq!(refused, refusals.len(), "{out}");
            for refusal in refusals {
                assert!(out.contains(refusal), "{refusal}: {out}");
            }
        }
        let accounts = json!([{"account": "111111111111", "regions": ["eu-west-1"]}]);
        let least = json!({"opsAccount": "999999999999", "region": "eu-west-1", "toolingAccounts": accounts});
        let with = |key: &str, value: Value| {
            let mut config = least.clone();
            config[key] = value;
            config
        };
        let first = ["999999999999", "eu-west-1", "111111111111:eu-west-1"];
        let after = |others: &[&'static str]| [&first, others].concat();
        check(&after(&["", "", "", ""]), true, least.clone(), &[]);
        check(&after(&["", "", "", "no"]), false, least.clone(), &[]);
        check(&after(&["", "", "", "what?", "n"]), false, least.clone(), &["yes or no"]);
        check(
            &after(&["payments=acme/shop, acme/till; web=acme/web", "", "", "y"]),
            true,
            with("teams", json!({"payments": ["acme/shop", "acme/till"], "web": ["acme/web"]})),
            &[],
        );
        check(&after(&["payments", "", "", "", ""]), true, least.clone(), &["That can't be read"]);
        check(
            &after(&["", "acme/a,acme/b", "", ""]),
            true,
            with("repositories", json!(["acme/a", "acme/b"])),
            &[],
        );
        check(
            &after(&["", "", "nobody", "dora@example.com", ""]),
            true,
            with("alarmEmails", json!(["dora@example.com"])),
            &["alarmEmails is [\"nobody\"], allowed is"],
        );
        check(
            &[
                "99",
                "999999999999",
                "Ireland",
                "eu-west-1",
                "1:eu-west-1",
                "111111111111:eu-west-1",
                "",
                "",
                "",
                "",
            ],
            true,
            least.clone(),
            &[
                "opsAccount is \"99\", allowed is",
                "region is \"Ireland\"",
                "toolingAccounts[0].account is \"1\"",
            ],
        );
        check(
            &["999999999999", "eu-west-1", "o-a1b2c3d4e5", "", "eu-west-1, us-east-1", "", "", "", ""],
            true,
            json!({
                "opsAccount": "999999999999",
                "region": "eu-west-1",
                "organization": {"id": "o-a1b2c3d4e5", "regions": ["eu-west-1", "us-east-1"]},
            }),
            &["organization is {\"id\":\"o-a1b2c3d4e5\",\"regions\":[]}"],
        );
    }

    /// What is chosen by options is not asked again, and an end without answers is no answer.
    #[test]
    fn what_is_not_asked() {
        let mut config = Config::default();
        config.settings.insert("opsAccount".to_owned(), json!("999999999999"));
        config.settings.insert("region".to_owned(), json!("eu-west-1"));
        let mut out = Vec::new();
        let error = ask(&mut config, &mut "".as_bytes(), &mut out).unwrap_err();
        assert_eq!(error.to_string(), "there is no answer; nothing is written");
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("Accounts that run pipelines") && !out.contains("(12 digits)"), "{out}");
    }
}
