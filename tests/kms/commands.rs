//! The command line on KMS, and DNB's script taken over.

use serde_json::Value;

use super::program::Home;
use super::read;

const NEW: &[&str] = &["keys", "new", "--for", "dnb/signing"];

fn ask<'a>(base: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    base.iter().chain(more).copied().collect()
}

#[test]
fn a_new_key_for_a_role_needs_what_its_name_reads() {
    let home = Home::new();
    let refused = [
        NEW.to_vec(),
        ask(NEW, &["--set", "client_name=acme", "--alg", "RS256"]),
        ask(NEW, &["--set", "client_name=a b"]),
        vec!["keys", "new", "--for", "dnb/sealing"],
    ];
    read("new_key_refused", &refused.map(|args| home.bare(&[], &args).says(2, &[]).stderr));
}

#[test]
#[ignore = "needs moto (.ci/run provides it)"]
fn a_role_s_key_is_made_bound_listed_and_deleted() {
    let home = Home::new();
    let more = ["--set", "client_name=acme", "--set", "kms_replica_region=eu-central-1"];
    let made = home.program(&ask(NEW, &more)).well();
    let jwk: Value = serde_json::from_str(&made.stdout).expect("a JWK");
    assert_eq!((jwk["kty"].as_str(), jwk["crv"].as_str(), jwk.get("d")), (Some("EC"), Some("P-256"), None));
    let uri = "awskms:key-id=alias/ciam-acme;region=eu-west-1";
    assert!(made.stderr.contains(&format!("--bind 'signing={uri}'")), "{}", made.stderr);
    let mut said = vec![home.program(&ask(NEW, &more)).says(3, &["already names a key"]).stderr];

    let bind = format!("signing={uri}");
    home.program(&["profiles", "new", "acme", "--from", "dnb", "--env", "sandbox", "--bind", &bind]).well();
    home.program(&["keys", "list"]).says(0, &[uri, "EC P-256", "used by acme signing"]);
    home.program(&["keys", "show", uri]).says(0, &["can leave   no"]);
    home.program(&["keys", "csr", uri, "--subject", "CN=x,O=Acme AS,C=NO", "--profile", "qseal"])
        .says(0, &["CERTIFICATE REQUEST"]);
    said.push(home.program(&["keys", "delete", uri, "--yes"]).says(3, &["has a replica"]).stderr);
    let far = "awskms:key-id=alias/ciam-acme;region=eu-central-1";
    home.program(&["keys", "delete", far, "--yes"]).says(0, &["in 30 days"]);
    said.push(home.program(&["keys", "public", far]).says(3, &["pending deletion"]).stderr);
    home.program(&["keys", "restore", far]).well();
    home.program(&["keys", "public", far]).well();
    home.program(&["keys", "delete", far, "--yes"]).well();
    home.program(&["keys", "delete", uri, "--yes"]).says(0, &["in 30 days"]);
    read("role_key_refused", &said);
}

#[test]
#[ignore = "needs moto (.ci/run provides it)"]
fn a_key_of_the_wrong_kind_is_found_when_the_profile_is_saved() {
    let home = Home::new();
    let uri = "awskms:key-id=alias/wrong-kind;region=eu-west-1";
    home.program(&["keys", "new", uri, "--alg", "RS256"]).well();
    let bind = format!("signing={uri}");
    let new = ["profiles", "new", "wrong", "--from", "dnb", "--env", "sandbox", "--bind", &bind];
    let refused = home.program(&new).says(3, &[]).stderr;
    assert!(!home.path().join("data/profiles/wrong.toml").exists());
    // a store that cannot be asked is no reason to stop
    let dead =
        [("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
    let unseen = home.bare(&dead, &new).says(0, &["could not be looked at"]).stderr;
    read("wrong_kind_refused", &[refused, unseen].map(|s| s.replace(home.path().to_str().expect("a path"), "HOME")));
}

/// Signs as DNB's script does, with the key of KMS: by the flow itself, on the embedded bank.
fn signed_elsewhere(home: &Home, uri: &str) -> String {
    let bind = format!("signing={uri}");
    let run = ["run", "dnb", "register", "--env", "sandbox", "--bind", &bind, "--print", "registration_jwt.jwt"];
    home.program(&run).well().stdout.trim().to_owned()
}

#[test]
#[ignore = "needs moto (.ci/run provides it)"]
fn what_dnb_s_script_made_is_taken_over_and_its_jwt_handed_on() {
    let home = Home::new();
    let uri = "awskms:key-id=alias/ciam-script;region=eu-west-1";
    home.program(&ask(NEW, &["--set", "client_name=script"])).well();
    let jws = signed_elsewhere(&home, uri);
    let file = home.path().join("script.json");
    let file = file.to_str().expect("a path");
    home.write("script.json", &format!(r#"{{ "key_id": "alias/ciam-script", "client_jws": "{jws}" }}"#));
    home.program(&["profiles", "import", file]).says(2, &["--id"]);
    home.program(&["profiles", "import", file, "--env", "sandbox", "--id", "script"]).says(0, &["the JWT is good for"]);
    let kept = std::fs::read_to_string(home.path().join("data/profiles/script.toml")).expect("the profile");
    assert!(kept.contains(uri) && !kept.contains("eyJ"), "{kept}");

    // each run signs with another iat, and ECDSA with another number: only the very same JWT is the same
    let bind = format!("signing={uri}");
    let run = ["run", "script", "register", "--bind", &bind, "--print", "registration_jwt.jwt"];
    assert_eq!(home.program(&run).well().stdout.trim(), jws);
    let run = ["run", "script", "register", "--bind", &bind, "--json"];
    let checks = home.program(&run).well().stdout;
    for id in ["DNB-CRE-01", "DNB-CRE-03", "DNB-CRE-04", "DNB-CRE-05"] {
        assert!(checks.lines().any(|l| l.contains(id) && l.contains(r#""result":"pass""#)), "{id}: {checks}");
    }

    // another key's JWT
    home.program(&["keys", "new", "awskms:key-id=alias/other;region=eu-west-1", "--alg", "ES256"]).well();
    home.write("script.json", &format!(r#"{{ "key_id": "alias/other", "client_jws": "{jws}" }}"#));
    let import = ["profiles", "import", file, "--env", "sandbox", "--id", "other"];
    let other = home.program(&import).says(3, &["the JWT is of another key"]).stderr;
    let broken = format!("{}AAAA", &jws[..jws.len() - 4]);
    home.write("script.json", &format!(r#"{{ "key_id": "alias/other", "client_jws": "{broken}" }}"#));
    read("script_refused", &[other, home.program(&import).says(2, &["client_jws cannot be used"]).stderr]);
}
