//! The functions as they are shipped: which there are, and that one of them runs on Lambda's machines. They are built by
//! `cargo xtask package`.

use crate::{
    outside::{self, Outside},
    scene::{binaries, with_webhook},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use fake_aws::lambda::Lambda;
use flate2::bufread::DeflateDecoder;
use program::{plan::Plan, settings::Settings};
use rawzip::ZipArchive;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    env,
    fs::{self, Permissions},
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// The function that calls no AWS API.
const FUNCTION: &str = "commit-transform";
/// Where Debian puts the C library of arm64.
const LIBRARIES: &str = "/usr/aarch64-linux-gnu";
/// The C library of Lambda's runtime `provided.al2023` is 2.34.
const GLIBC: u32 = 34;

/// The binary is every function of the plan and no other.
#[test]
fn every_function_of_the_plan_is_packed_and_no_other() {
    let plan = Plan::new(&Settings::from_json(&with_webhook()).unwrap()).unwrap();
    let mut planned: Vec<_> = plan.functions().map(|function| function.name).collect();
    planned.sort_unstable();
    assert!(functions::entry::names().eq(planned));
}

/// A handler that is no function: its remedy is in the log.
#[test]
fn a_handler_that_is_no_function() {
    let output =
        Command::new(binaries().functions().unwrap()).env("_HANDLER", "deployment").output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    let names = functions::entry::names().collect::<Vec<_>>().join(", ");
    assert!(message.contains(&format!("is no function; there are {names}")), "{message}");
}

/// qemu, which runs arm64's programs.
fn qemu() -> Outside<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut programs = env::split_paths(&path)
        .flat_map(|folder| ["qemu-aarch64", "qemu-aarch64-static"].map(|name| folder.join(name)));
    let qemu = programs.find(|program| program.is_file());
    match qemu {
        Some(qemu) if Path::new(LIBRARIES).is_dir() => Ok(qemu),
        _ => Err("install qemu-user and libc6-arm64-cross (Debian's names)".to_owned()),
    }
}

/// The functions' `bootstrap`, not optimised, as it is packed.
fn bootstrap() -> Outside<Vec<u8>> {
    // What it says goes to the terminal, past the test harness: the first build takes minutes.
    let status = Command::new(binaries().path("xtask").unwrap())
        .args(["package", "--debug"])
        .stdout(Stdio::null())
        .status()
        .unwrap();
    if status.code() == Some(69) {
        return Err("the reason is above".to_owned());
    }
    assert!(status.success(), "{status}");
    let file = Path::new(ROOT).join("target/lambda-debug/functions.zip");
    let packed = fs::read(file).unwrap();
    let archive = ZipArchive::from_slice(&packed).unwrap();
    let mut entries = archive.entries();
    let entry = entries.next_entry().unwrap().unwrap();
    assert_eq!(entry.file_path().as_ref(), b"bootstrap");
    assert_eq!(entry.mode().value(), 0o100_755);
    let file = archive.get_entry(entry.wayfinder()).unwrap();
    let mut content = Vec::new();
    file.verifying_reader(DeflateDecoder::new(file.data())).read_to_end(&mut content).unwrap();
    Ok(content)
}

/// A record of the lake, one that is none, and one without data.
fn batch() -> Value {
    let request = json!({"version": 1, "kind": "pull_request", "repository": "acme/shop", "branch": "main", "head_branch": "feature",
                         "head_commit": "a".repeat(40), "merge_commit": "b".repeat(40), "commit_count": 1,
                         "merged": "2026-06-15T12:00:00Z"});
    let records: Vec<_> = [request.to_string(), "{}".to_owned(), String::new()]
        .iter()
        .map(|data| {
            let data = BASE64_STANDARD.encode(data);
            json!({"recordId": "r", "approximateArrivalTimestamp": 1_781_524_800_000_i64, "data": data})
        })
        .collect();
    json!({"invocationId": "i", "records": records})
}

#[tokio::test]
async fn a_bootstrap_answers_on_arm64() {
    let test = "a_bootstrap_answers_on_arm64";
    let Some(qemu) = outside::or_skip(test, qemu()) else { return };
    let Some(content) = outside::or_skip(test, bootstrap()) else { return };
    assert!(newest_glibc(&content) <= GLIBC);
    let folder = tempfile::tempdir().unwrap();
    let bootstrap = folder.path().join("bootstrap");
    fs::write(&bootstrap, content).unwrap();
    fs::set_permissions(&bootstrap, Permissions::from_mode(0o755)).unwrap();

    let emulated = folder.path().join("emulated");
    let script = format!("#!/bin/sh\nexec {} -L {LIBRARIES} {}\n", qemu.display(), bootstrap.display());
    fs::write(&emulated, script).unwrap();
    fs::set_permissions(&emulated, Permissions::from_mode(0o755)).unwrap();
    let answer = |binary: PathBuf| async {
        let log = folder.path().join("log");
        let environment = BTreeMap::from([("AWS_LAMBDA_FUNCTION_MEMORY_SIZE".to_owned(), "256".to_owned())]);
        let mut lambda = Lambda::new(FUNCTION, binary, log, environment, Duration::from_secs(60));
        let answer = lambda.invoke(batch().to_string().into(), std::future::pending()).await;
        serde_json::from_slice::<Value>(&answer.unwrap().unwrap()).unwrap()
    };
    let there = answer(emulated).await;
    let results: Vec<_> =
        there["records"].as_array().unwrap().iter().map(|it| it["result"].clone()).collect();
    assert_eq!(results, ["Ok", "ProcessingFailed", "Dropped"]);
    assert_eq!(there, answer(binaries().functions().unwrap()).await);
}

/// The minor version of the newest C library that an executable asks for.
fn newest_glibc(executable: &[u8]) -> u32 {
    const VERSION: &[u8] = b"GLIBC_2.";
    let versions = executable.windows(VERSION.len() + 2).filter(|window| window.starts_with(VERSION));
    let minor = |window: &[u8]| {
        let digits: Vec<u8> =
            window[VERSION.len()..].iter().copied().take_while(u8::is_ascii_digit).collect();
        String::from_utf8(digits).unwrap().parse().unwrap()
    };
    versions.map(minor).max().unwrap()
}
