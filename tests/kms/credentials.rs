//! Whose credentials are looked for, where, and how long it may take.

use std::net::TcpListener;
use std::time::Duration;

use super::program::Home;

const KEY: &str = "awskms:key-id=alias/signing;region=eu-west-1";

#[test]
fn without_any_configuration_a_list_says_so_and_asks_nobody() {
    let home = Home::new();
    // a metadata service that would take the connection and never answer
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("its address"));
    silent.set_nonblocking(true).expect("set");
    let ended = home.bare(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)], &["keys", "list"]);
    ended.says(0, &["no AWS credentials: looked in the environment, ~/.aws/config, ~/.aws/credentials"]);
    assert!(silent.accept().is_err(), "the metadata service was asked");
}

#[test]
fn a_metadata_service_that_never_answers_costs_two_seconds() {
    let home = Home::new();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("its address"));
    let ended = home.bare(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)], &["keys", "public", KEY]);
    let ended =
        ended.says(3, &["the environment: none", "the container: none", "the instance metadata service: no answer"]);
    assert!(ended.took < Duration::from_secs(4), "{:?}", ended.took);
    let off = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str()), ("AWS_EC2_METADATA_DISABLED", "true")];
    home.bare(&off, &["keys", "public", KEY]).says(3, &["switched off by AWS_EC2_METADATA_DISABLED"]);
}

#[test]
fn a_single_sign_on_session_that_lapsed_is_named_with_its_remedy() {
    let home = Home::new();
    home.write(
        ".aws/config",
        "[profile work]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = dev\nregion = eu-west-1\n\
         [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n",
    );
    let named = format!("{KEY};profile=work");
    home.bare(&[], &["keys", "public", &named]).says(3, &["single sign-on", "aws sso login --profile work"]);
    // the file's name is the SHA-1 of the session's
    let token = r#"{"accessToken": "s3cret", "expiresAt": "2020-01-01T00:00:00Z", "region": "eu-west-1"}"#;
    let name: String = openssl::sha::sha1(b"corp").iter().map(|b| format!("{b:02x}")).collect();
    home.write(&format!(".aws/sso/cache/{name}.json"), token);
    let ended = home.bare(&[], &["keys", "public", &named]);
    let ended = ended.says(3, &["has lapsed", "aws sso login --profile work"]);
    assert!(!ended.stderr.contains("s3cret"));
}

#[test]
fn an_endpoint_where_nobody_listens_is_unreachable() {
    let home = Home::new();
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let url = format!("http://{closed}");
    let env = [
        ("AWS_ENDPOINT_URL_KMS", url.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ];
    let ended = home.bare(&env, &["keys", "public", KEY]);
    ended.says(3, &["AWS KMS in eu-west-1 cannot be reached: connection refused", "AWS_ENDPOINT_URL_KMS"]);
    home.bare(&env, &["keys", "public", "awskms:key-id=alias/signing"])
        .says(3, &["no AWS region is said", "AWS_REGION"]);
}
