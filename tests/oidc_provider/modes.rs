//! The server in the modes in which it demands more of everybody. In each, the right flow runs to its end; each wrong input
//! is named by a check of ours, and with the check out of the way the server refuses it.

use super::client::Client;
use super::extensions::off;
use super::program::{Home, Run, kept};

const CODE: &[&str] = &["authorization_code"];
const APP: &[&str] = &["client_credentials"];

/// The profile with these checks out of the way: `[levels]` of the file end with them.
fn without(profile: &str, checks: &[&str]) -> String {
    let levels: String = checks.iter().map(|id| format!("{id} = \"off\"\n")).collect();
    let kept = profile.lines().filter(|l| !checks.iter().any(|id| l.starts_with(id)));
    kept.map(|l| if l == "[levels]" { format!("{l}\n{levels}") } else { format!("{l}\n") }).collect()
}

fn fapi(profile: &str) -> Client {
    let metadata = r#"{"dpop_bound_access_tokens":true,"id_token_signed_response_alg":"PS256","authorization_signed_response_alg":"PS256","introspection_signed_response_alg":"PS256"}"#;
    Client::at("fapi-2.0", profile, "private_key_jwt", CODE, metadata)
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn fapi_2_takes_pushed_requests_with_pkce_and_tokens_that_are_bound() {
    let profile = kept("fapi2.toml");
    let client = fapi(&profile);
    let run = client.login(&[]).clean();
    for id in ["PAR-01", "PAR-03", "CA-09", "AZ-10", "FAPI-01", "DP-01"] {
        run.passed(id);
    }
    assert_eq!(run.response("token")["body"]["token_type"], "DPoP");

    for (id, input, refusal) in [
        ("PAR-03", "par=false", "invalid_request"),
        ("PAR-01", "pkce=false", "invalid_request"),
        ("CA-09", "sign_alg=RS256", "invalid_client"),
        ("AZ-10", "response_type=code id_token", "unsupported_response_type"),
        ("FAPI-01", "dpop_bound=false", "invalid_grant"),
    ] {
        client.login(&["--set", input]).stopped_by(id);
        fapi(&without(&profile, &[id])).login(&["--set", input]).refused_with(refusal);
    }
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn fapi_2_registers_no_client_with_a_secret() {
    let profile = kept("fapi2.toml");
    let register = |profile: &str| {
        let home = Home::at("fapi-2.0", profile);
        home.run("discover", &[]).clean();
        home.run("register", &["--set", "client_auth=client_secret_basic"])
    };
    register(&profile).stopped_by("REG-07");
    register(&without(&profile, &["REG-07"])).refused_with("invalid_client_metadata");
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn what_the_metadata_demands_of_requests_is_demanded_before_they_are_sent() {
    for (mode, id, right, wrong) in
        [("par-only", "PAR-03", "par=true", "par=false"), ("jar-only", "JAR-03", "jar=true", "jar=false")]
    {
        let of = |more: &str| {
            let profile = format!("{}{more}", kept("client.toml"));
            Client::at(mode, &profile, "private_key_jwt", CODE, "{}")
        };
        let client = of("");
        client.login(&["--set", right]).clean().passed(id);
        client.login(&["--set", wrong]).stopped_by(id);
        of(&off(id)).login(&["--set", wrong]).refused_with("invalid_request");
    }
}

/// A client whose requests for tokens go to the port that asks for certificates.
fn at_the_strict_port(method: &str) -> Client {
    let alias = "[environments.server]\ntoken_endpoint = \"{{ metadata.mtls_endpoint_aliases.token_endpoint }}\"\n";
    Client::at("strict-mtls", &format!("{}{alias}", kept("client.toml")), method, APP, "{}")
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn where_tls_demands_a_certificate_none_and_one_of_a_stranger_are_told_as_matters_of_tls() {
    let client = at_the_strict_port("tls_client_auth");
    let run = client.home.run("token", &client.with(&[])).clean();
    run.passed("TLS-06");
    run.passed("TLS-12");

    let client = at_the_strict_port("private_key_jwt");
    let run = client.home.run("token", &client.with(&[]));
    assert_eq!(run.checks(&["warn"]), ["TLS-12"], "{}", run.told);
    broken(&run, "tls.client-certificate.required");

    let stranger = format!("transport=file:{}", client.home.op.folder.join("self.pem").display());
    let run = client.home.run("token", &client.with(&["--set", "client_certificate=true", "--bind", &stranger]));
    // it leaves without a word (Node sends no alert), so what the certificate may have to do with that is a hint
    let parted = ["net.closed", "net.reset"].contains(&run.error());
    assert!(run.status == 4 && parted, "{}", run.told);
    assert!(run.told.contains("the server may not like our client certificate"), "{}", run.told);
}

/// It ended on the network, with that error and something to do.
fn broken(run: &Run, id: &str) {
    assert_eq!((run.status, run.error()), (4, id), "{}", run.told);
}
