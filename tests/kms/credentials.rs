//! Whose credentials are looked for, where, and how long it may take; and every word that is said where there are none.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use serde_json::Value;

use super::program::Home;

const KEY: &str = "awskms:key-id=alias/signing;region=eu-west-1";
const NO_METADATA: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");
const SSO: &str = "[profile work]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = dev\nregion = eu-west-1\n\
     [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n";

/// Takes connections and never answers.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    (listener, url)
}

/// The whole message, with its id from a run: a flow and a command of keys say the same.
fn told(home: &Home, env: &[(&str, &str)], key: &str) -> String {
    let bind = format!("signing={key}");
    let run = home.bare(env, &["run", "dnb", "register", "--env", "sandbox", "--bind", &bind, "--json"]);
    let done: Value = serde_json::from_str(run.stdout.lines().last().expect("a line")).expect("JSON");
    let part = |name: &str| done.pointer(&format!("/error/{name}")).and_then(Value::as_str).unwrap_or_default();
    let (id, text, hint) = (part("id"), part("text"), part("hint"));
    assert!(!format!("{}{}", run.stdout, run.stderr).contains("s3cret"), "{}{}", run.stdout, run.stderr);
    home.bare(env, &["keys", "public", key]).says(3, &[text, hint]);
    format!("{id}: {text}\n  try: {hint}\n")
}

#[test]
fn without_any_configuration_a_list_says_so_and_asks_nobody() {
    let home = Home::new();
    let (silent, url) = silent();
    silent.set_nonblocking(true).expect("set");
    let ended = home.bare(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)], &["keys", "list"]);
    let ended = ended.says(0, &[]);
    let row: Vec<&str> = ended.stdout.lines().skip_while(|l| *l != "awskms").take(2).collect();
    insta::assert_snapshot!(row.join("\n"));
    assert!(silent.accept().is_err(), "the metadata service was asked");
}

#[test]
fn absent_credentials_are_told_with_every_source_that_was_tried() {
    let home = Home::new();
    let (_silent, url) = silent();
    let metadata = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str())];
    let ended = home.bare(&metadata, &["keys", "public", KEY]);
    assert!(ended.took < Duration::from_secs(15), "{:?}", ended.took);
    let off = [metadata[0], NO_METADATA];
    let all = [told(&home, &metadata, KEY), told(&home, &off, KEY), told(&home, &off, &format!("{KEY};profile=work"))];
    // the service's own limit and ours end together
    insta::assert_snapshot!(all.join("\n").replace("no answer within 1.5 s", "no answer"));
}

#[test]
fn each_source_that_has_something_wrong_is_named() {
    let home = Home::new();
    let (_silent, silent_url) = silent();
    let config = "[default]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = nobody\n";
    home.write("broken", config);
    home.write("failing", "[default]\ncredential_process = /bin/sh -c 'echo s3cret >&2; exit 3'\n");
    let [broken, failing, token] = ["broken", "failing", "absent"].map(|f| home.path().join(f).display().to_string());
    let cases: [(&str, &[(&str, &str)]); 6] = [
        ("half of a key in the environment", &[("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")]),
        ("a profile that leads nowhere", &[("AWS_CONFIG_FILE", &broken)]),
        ("a credential program that fails", &[("AWS_CONFIG_FILE", &failing)]),
        (
            "a web identity token that is not there",
            &[
                ("AWS_WEB_IDENTITY_TOKEN_FILE", &token),
                ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/x"),
                ("AWS_REGION", "eu-west-1"),
            ],
        ),
        (
            "a container's service that is somewhere else",
            &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/")],
        ),
        ("a container's service that never answers", &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &silent_url)]),
    ];
    let all = cases.map(|(what, env)| format!("# {what}\n{}", told(&home, &[env, &[NO_METADATA]].concat(), KEY)));
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn sessions_that_lapsed_are_named_with_their_remedy() {
    let home = Home::new();
    home.write(".aws/config", SSO);
    let named = format!("{KEY};profile=work");
    let never = told(&home, &[], &named);
    // the file's name is the SHA-1 of the session's
    let token = r#"{"accessToken": "s3cret", "expiresAt": "2020-01-01T00:00:00Z", "region": "eu-west-1"}"#;
    let name: String = openssl::sha::sha1(b"corp").iter().map(|b| format!("{b:02x}")).collect();
    home.write(&format!(".aws/sso/cache/{name}.json"), token);
    let lapsed = told(&home, &[], &named);
    let unnamed = told(&home, &[("AWS_PROFILE", "work")], KEY);
    home.write(
        "temporary.json",
        r#"{"Version": 1, "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "s3cret", "SessionToken": "s3cret",
            "Expiration": "2020-01-01T00:00:00Z"}"#,
    );
    let file = home.path().join("temporary.json").display().to_string();
    home.write(".aws/config", &format!("[default]\ncredential_process = cat {file}\n"));
    let temporary = told(&home, &[], KEY);
    insta::assert_snapshot!([never, lapsed, unnamed, temporary].join("\n"));
}

/// Answers every request alike, as KMS does when it refuses; ends with the test.
fn refusing(code: &'static str) -> String {
    let (listener, url) = silent();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut heard = Vec::new();
            let mut part = [0; 4096];
            while let Ok(n @ 1..) = stream.read(&mut part) {
                heard.extend_from_slice(&part[..n]);
                let text = String::from_utf8_lossy(&heard);
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length =
                    head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    break;
                }
            }
            let body = format!(r#"{{"__type": "{code}", "message": "s3cret is not told"}}"#);
            let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/x-amz-json-1.1\r\nConnection: close";
            // whoever went away has its answer
            let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    url
}

#[test]
fn credentials_that_are_refused_are_told_with_where_they_came_from() {
    let home = Home::new();
    let all =
        ["UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException", "AccessDeniedException"]
            .map(|code| {
                let url = refusing(code);
                let env = [
                    ("AWS_ENDPOINT_URL_KMS", url.as_str()),
                    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
                    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                ];
                format!("# {code}\n{}", told(&home, &env, KEY))
            });
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn an_endpoint_where_nobody_listens_is_unreachable() {
    let home = Home::new();
    // bound and never listening: nobody else gets the port meanwhile
    let closed = tokio::net::TcpSocket::new_v4().expect("a socket");
    closed.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let url = format!("http://{}", closed.local_addr().expect("its address"));
    let env = [
        ("AWS_ENDPOINT_URL_KMS", url.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ];
    let all = [told(&home, &env, KEY), told(&home, &env, "awskms:key-id=alias/signing")];
    insta::assert_snapshot!(all.join("\n").replace(&url, "http://HOST"));
}
