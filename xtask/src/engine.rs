//! Builds the Pulumi engine for the tests: the CLI, the YAML language host and the provider that stands in for AWS, from
//! the Go module `tests/engine`, once into `target/engine`.

use crate::snapshots::{files, root};
use anyhow::{Context, bail};
use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write},
    path::Path,
    process::Command,
};

const CLI_MODULE: &str = "github.com/pulumi/pulumi/pkg/v3";
const CLI: &str = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const YAML_HOST: &str = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml";
const PROVIDER_MODULE: &str = "github.com/pulumi/pulumi-aws/sdk/v7";
const PROVIDER: &str = "./pulumi-resource-aws";

/// Builds what is not built yet. Where it can't be had, says so and what to install; in CI that is an error.
pub(crate) fn build() -> anyhow::Result<()> {
    let sources = root().join("tests/engine").canonicalize()?;
    let target = root().canonicalize()?.join("target/engine");
    let stamp = target.join("stamp.txt");
    let current = stamp_of(&sources)?;
    if fs::read_to_string(&stamp).is_ok_and(|built| built == current) {
        return Ok(());
    }
    // No test may take an old engine for the new one.
    match fs::remove_dir_all(&target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("{} can't be deleted", target.display()));
        }
        _ => {}
    }
    let version = pinned(&sources, CLI_MODULE)?;
    let packages = if installed(&version) { vec![PROVIDER] } else { vec![YAML_HOST, CLI, PROVIDER] };
    if let Err(reason) = fetch(&sources, &packages) {
        if env::var_os("CI").is_some() {
            bail!("the Pulumi engine can't be built: {reason}");
        }
        writeln!(
            io::stderr(),
            "not built: the Pulumi engine, without which its tests are skipped. {reason}"
        )?;
        return Ok(());
    }
    // The engine takes this version for installed.
    let plugin = target.join(format!("plugins/resource-aws-{}", pinned(&sources, PROVIDER_MODULE)?));
    fs::create_dir_all(&plugin)?;
    writeln!(io::stderr(), "building the Pulumi engine, once, some six minutes on two cores")?;
    for (number, package) in packages.iter().enumerate() {
        writeln!(io::stderr(), "  {} of {}: {package}", number + 1, packages.len())?;
        let flags = format!("-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={version}");
        let mut command = go(&sources, &["build", "-ldflags", &flags, "-o"]);
        let folder = if *package == PROVIDER { &plugin } else { &target };
        run(command.arg(folder).arg(package))?;
    }
    check(&sources)?;
    fs::write(&stamp, current).with_context(|| format!("{} can't be written", stamp.display()))
}

/// What the engine is built of, in short.
fn stamp_of(sources: &Path) -> anyhow::Result<String> {
    let mut paths = files(sources)?;
    paths.sort();
    let mut hasher = DefaultHasher::new();
    for path in paths {
        path.strip_prefix(sources)?.hash(&mut hasher);
        fs::read(&path)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

/// The version of a module that `go.mod` pins.
fn pinned(sources: &Path, module: &str) -> anyhow::Result<String> {
    let pins = fs::read_to_string(sources.join("go.mod"))?;
    let version = pins.lines().find_map(|line| line.trim().strip_prefix(module)?.strip_prefix(' '));
    let version = version.with_context(|| format!("tests/engine/go.mod does not pin {module}"))?;
    Ok(version.split(' ').next().unwrap_or(version).to_owned())
}

/// Whether the pinned version of Pulumi is installed, with the YAML host.
fn installed(version: &str) -> bool {
    let output = |program: &str, argument: &str| Command::new(program).arg(argument).output();
    output("pulumi", "version")
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim_end() == version)
        && output("pulumi-language-yaml", "-help").is_ok()
}

/// Fetches the modules that the packages are made of; or says what is missing.
fn fetch(sources: &Path, packages: &[&str]) -> Result<(), String> {
    match go(sources, &["list", "-deps", "-f", ""]).args(packages).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "It needs Go 1.21 or later, and access to the Go module proxy (`go env GOPROXY`). {}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(
            "Go is missing. Install Go 1.21 or later (https://go.dev/dl), which fetches the version it needs"
                .to_owned(),
        ),
        Err(error) => Err(format!("go can't be started: {error}")),
    }
}

/// The checks of the Go code; they need what has just been built.
fn check(sources: &Path) -> anyhow::Result<()> {
    let unformatted = Command::new("gofmt").args(["-l", "."]).current_dir(sources).output();
    let unformatted = unformatted.context("gofmt can't be started")?;
    if !unformatted.stdout.is_empty() {
        bail!(
            "not formatted as gofmt does, in tests/engine: {}",
            String::from_utf8_lossy(&unformatted.stdout)
        );
    }
    run(&mut go(sources, &["vet", "./..."]))?;
    run(&mut go(sources, &["test", "./..."]))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().context("go can't be started")?;
    if !status.success() {
        bail!("{command:?} failed in tests/engine");
    }
    Ok(())
}

fn go(sources: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("go");
    command.args(arguments).current_dir(sources);
    command
}
