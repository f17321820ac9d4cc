//! OPERATIONS.md, "An organisation": the operations account's stack on the engine, the others from a StackSet, on moto.

use super::{
    commands,
    installation::{Typist, project, says},
    play::{Filling, Play},
    shell,
    table::Part,
};
use crate::{
    engine::Engine,
    outside::{self, Moto},
    stacks::write_archive,
};
use serde_json::{Value, json};

#[test]
fn commands_of_an_organization() {
    let test = "commands_of_an_organization";
    let Some(engine) = Engine::or_skip(test) else { return };
    let Some(play) = outside::or_skip(test, Play::new(Part::Organization)) else { return };
    let Some(moto) = outside::or_skip(test, Moto::start("123456789012")) else { return };
    let project = project(&engine);
    let typist = Typist { play: &play, project: &project, moto: &moto };
    let run = |said: &str, filling: Filling<'_>| typist.run(said, filling);

    // The example's list of accounts gives way to the organisation.
    write_archive(&project);
    typist.set_up("pulumi stack init ops");
    typist.set_up("pulumi config rm toolingAccounts --stack ops");
    let paths = "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*";
    run("pulumi config set --path organization.id o-a1b2c3d4e5 --stack ops", &[]);
    run("pulumi config set --path 'organization.regions[0]' eu-west-1 --stack ops", &[]);
    run(&format!("pulumi config set --path 'organization.paths[0]' '{paths}' --stack ops"), &[]);
    typist.set_up("pulumi up --stack ops");
    let state = project.known_stack("ops").export();
    let bus = &state.resource("bus-policy").inputs["policy"];
    says(bus.as_str().unwrap(), &["o-a1b2c3d4e5", paths]);

    // What `cargo xtask package` writes, and what is printed for other settings.
    typist.set_up("mkdir -p target/cloudformation");
    typist.set_up("cargo run --package program -- tooling-template > target/cloudformation/tooling.json");
    run(
        "cargo run --quiet --package program -- tooling-template prefix=dora leadTime=false > tooling.json",
        &[],
    );

    let (unit, account) = unit(&typist);
    let own = "--parameters ParameterKey=OpsAccount,ParameterValue=999999999999 ParameterKey=OpsRegion,ParameterValue=eu-west-1 \
               --capabilities CAPABILITY_NAMED_IAM";
    let create = format!(
        "aws cloudformation create-stack-set --stack-set-name dora-tooling \
         --template-body file://target/cloudformation/tooling.json {own} --permission-model SERVICE_MANAGED \
         --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false"
    );
    let access =
        || typist.set_up("aws cloudformation describe-organizations-access --query Status --output text");
    assert_eq!(access(), "DISABLED\n");
    says(&typist.refused(&create, &[]), &["ValidationError", "You must enable organizations access"]);
    run("aws cloudformation activate-organizations-access", &[]);
    assert_eq!(access(), "ENABLED\n");
    run(&create, &[]);
    run(
        "aws cloudformation create-stack-instances --stack-set-name dora-tooling \
         --deployment-targets OrganizationalUnitIds=ou-ab12-11111111 --regions eu-west-1 us-east-1",
        &[("ou-ab12-11111111", &unit)],
    );
    let listed = run("aws cloudformation list-stack-instances --stack-set-name dora-tooling", &[]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let places = listed["Summaries"].as_array().unwrap().iter();
    let places: Vec<_> = places.map(|place| json!([place["Account"], place["Region"]])).collect();
    assert_eq!(places, [json!([account, "eu-west-1"]), json!([account, "us-east-1"])]);

    // The management account's own.
    let rest = format!("create-stack --stack-name dora-tooling --template-body file://tooling.json {own}");
    typist.tells("aws cloudformation create-stack", &[("create-stack", &rest)], &["stack/dora-tooling/"]);
    play.finish();
}

/// An organisational unit with an account, in moto: their ids.
fn unit(typist: &Typist<'_>) -> (String, String) {
    let answer = |line: &str| -> Value { serde_json::from_str(&typist.set_up(line)).unwrap() };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    answer("aws organizations create-organization");
    let root = text(&answer("aws organizations list-roots")["Roots"][0]["Id"]);
    let unit =
        answer(&format!("aws organizations create-organizational-unit --parent-id {root} --name pipelines"));
    let unit = text(&unit["OrganizationalUnit"]["Id"]);
    let account = answer("aws organizations create-account --email a@example.com --account-name a");
    let account = text(&account["CreateAccountStatus"]["AccountId"]);
    let way = format!("--source-parent-id {root} --destination-parent-id {unit}");
    typist.set_up(&format!("aws organizations move-account --account-id {account} {way}"));
    (unit, account)
}

/// What `cargo dora init` prints for an organisation works as it stands. What it prints for listed accounts is run by the tests
/// of `init`.
#[test]
fn commands_that_init_prints() {
    let test = "commands_that_init_prints";
    let Some(engine) = Engine::or_skip(test) else { return };
    let Some(play) = outside::or_skip(test, Play::new(Part::Organization)) else { return };
    let Some(moto) = outside::or_skip(test, Moto::start("123456789012")) else { return };
    let project = project(&engine);
    let typist = Typist { play: &play, project: &project, moto: &moto };
    let (unit, account) = unit(&typist);
    let report = typist.set_up(&format!(
        "cargo dora init --json --ops-account 999999999999 --region eu-west-1 --organization o-a1b2c3d4e5 \
         --organization-region eu-west-1 --organization-region us-east-1 --prefix dora-test --set architecture=x86_64 \
         --organization-path 'o-a1b2c3d4e5/r-ab12/{unit}/*'"
    ));
    let report: Value = serde_json::from_str(&report).unwrap();
    let steps = report["next"].as_array().unwrap().iter();
    let lines = steps.flat_map(|step| step["commands"].as_array().unwrap());
    write_archive(&project);
    typist.set_up("mkdir -p target/cloudformation");
    let mut run = Vec::new();
    for line in lines.map(|line| line.as_str().unwrap()) {
        // Archives are there; what asks the installation is run by an operator's play.
        let is_run = !["cargo xtask package", "doctor", "backfill"].iter().any(|other| line.contains(other));
        if is_run {
            typist.set_up(line);
            run.push(line);
        }
        for words in shell::commands(&format!("    {line}\n")).iter().filter(|words| words[0] == "cargo") {
            assert_eq!(commands::of_cargo(words), None, "{line}");
        }
    }
    assert_eq!(run.len(), 10, "{run:#?}");
    let listed = typist.set_up("aws cloudformation list-stack-instances --stack-set-name dora-test-tooling");
    says(&listed, &[&account]);
}
