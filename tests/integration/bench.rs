//! `cargo xtask bench` measures each of its parts. How long anything takes is no matter of tests.

use crate::scene::binaries;
use std::process::Command;

#[test]
fn every_part_is_measured() {
    let xtask = binaries().path("xtask").unwrap();
    let output = Command::new(xtask).args(["bench", "--quick"]).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{out}{err}");
    for part in [
        "program: prints the stack",
        "webhook: signature, parse, trim",
        "transform: 100 records",
        "commits: what is new after 400 days",
        "µs a warm invocation",
        "of memory for each deployment more",
        "load: 40 incidents at once: every figure is right",
        "widget: parts of 400 days",
        "a deployment, an hour after the last: ",
    ] {
        assert!(out.lines().any(|line| line.contains(part)), "{part}:\n{out}{err}");
    }
}
