//! Credentials that are missing or not valid: the error begins with them and with what to do.

use super::dora;
use crate::scene::{Scene, binaries};
use fake_aws::{AwsError, Fault};
use std::{fs, process::Command};

const REMEDY: &str = "no valid AWS credentials: sign in with `aws sso login`, or name a profile that has some with --profile or \
                      AWS_PROFILE: ";

/// On a machine whose AWS configuration is this.
fn said(config: &str, arguments: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".aws")).unwrap();
    fs::write(home.path().join(".aws/config"), config).unwrap();
    let output = Command::new(binaries().path("dora").unwrap())
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .unwrap();
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(1), true));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn that_are_missing() {
    let told = said("", &["doctor"]);
    assert!(told.starts_with(&format!("error: {REMEDY}no credentials found in chain")), "{told}");
    // Nobody has signed in.
    let sso = "[profile work]
sso_session = work
sso_account_id = 111111111111
sso_role_name = operator
[sso-session work]
sso_region = eu-west-1
sso_start_url = https://example.awsapps.com/start
";
    let told = said(sso, &["explain", "df", "--profile", "work"]);
    let expected = format!("error: profile work was used: {REMEDY}failed to load the cached SSO token\n");
    assert_eq!(told, expected);
    let told = said(sso, &["redrive", "--profile", "home"]);
    assert!(told.contains(&format!("{REMEDY}profile `home` was not defined")), "{told}");
}

#[tokio::test]
async fn that_have_expired() {
    let mut scene = Scene::new().await;
    let expired = Fault::Refused(AwsError::new("ExpiredTokenException", "The security token is expired"));
    scene.fails("lambda:GetFunctionConfiguration", expired, 1);
    let said = dora(&mut scene, &["doctor"]).await;
    assert_eq!(said.code, 1);
    assert!(
        said.err.starts_with(&format!("error: {REMEDY}lambda:GetFunctionConfiguration failed")),
        "{}",
        said.err
    );
    assert!(said.err.contains("ExpiredTokenException: The security token is expired"), "{}", said.err);
}
