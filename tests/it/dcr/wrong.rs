//! Each wrong input ends in the right error: here before it is sent, and at the bank when it is sent anyway.

use std::fmt::Write as _;
use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::flow::Pace;
use countersign::flow::view::{Outcome, RunStatus, RunView};
use countersign::profile::Library;

use super::{checks, order, story};
use crate::support::{Bank, drive, session_at};

/// What is wrong, and how it has to end.
struct Wrong {
    name: &'static str,
    flow: &'static str,
    /// `--set`.
    set: &'static [(&'static str, &'static str)],
    /// Claims of the registration JWT, TOML; empty: left out.
    claims: &'static [(&'static str, &'static str)],
    /// Of its header.
    header: &'static str,
    /// What a profile of one's own changes, TOML laid over the bank's.
    profile: &'static str,
    /// The check that stops it before sending; None: nothing here can know.
    stops: Option<&'static str>,
    warns: Option<&'static str>,
    /// Sent anyway (or at all): the error's id.
    error: &'static str,
    /// Of the text, what is likely, or the hint.
    hint: &'static str,
}

const HEADER: &str = "typ = \"JWT\", kid = \"{{ keys.signing.kid }}\"";

const NONE: Wrong = Wrong {
    name: "",
    flow: "register",
    set: &[],
    claims: &[],
    header: HEADER,
    profile: "",
    stops: None,
    warns: None,
    error: "invalid_client_metadata",
    hint: "",
};

const CLAIMS: &[(&str, &str)] = &[
    ("iss", "\"{{ ssa.claims.software_id }}\""),
    ("aud", "\"{{ env.dcr_audience }}\""),
    ("iat", "\"{{ now }}\""),
    ("exp", "\"{{ now + 1800 }}\""),
    ("jti", "\"{{ uuid() }}\""),
    ("redirect_uris", "\"{{ inputs.redirect_uris }}\""),
    ("token_endpoint_auth_method", "\"private_key_jwt\""),
    ("token_endpoint_auth_signing_alg", "\"PS256\""),
    ("grant_types", "[\"client_credentials\", \"authorization_code\", \"refresh_token\"]"),
    ("response_types", "[\"code id_token\"]"),
    ("application_type", "\"web\""),
    ("id_token_signed_response_alg", "\"PS256\""),
    ("request_object_signing_alg", "\"PS256\""),
    ("scope", "\"openid accounts payments\""),
    ("software_id", "\"{{ ssa.claims.software_id }}\""),
    ("software_statement", "\"{{ inputs.ssa }}\""),
];

const WRONG: &[Wrong] = &[
    Wrong {
        name: "a life of more than 30 minutes",
        set: &[("dcr_ttl", "1801")],
        stops: Some("WSO-REG-03"),
        hint: "1800",
        ..NONE
    },
    Wrong {
        name: "a request that has ended",
        set: &[("dcr_ttl", "-10")],
        stops: Some("WSO-REG-03"),
        hint: "expired",
        ..NONE
    },
    Wrong {
        name: "a request from the future",
        claims: &[("iat", "\"{{ now + 3600 }}\""), ("exp", "\"{{ now + 4000 }}\"")],
        stops: Some("WSO-REG-03"),
        hint: "future",
        ..NONE
    },
    Wrong {
        name: "another issuer",
        claims: &[("iss", "\"somebody\"")],
        stops: Some("WSO-REG-02"),
        hint: "iss",
        ..NONE
    },
    Wrong {
        name: "another software",
        claims: &[("software_id", "\"other\"")],
        stops: Some("WSO-REG-02"),
        hint: "software_id",
        ..NONE
    },
    Wrong { name: "another audience", claims: &[("aud", "\"https://elsewhere.example\"")], hint: "aud", ..NONE },
    Wrong { name: "no jti", claims: &[("jti", "")], stops: Some("WSO-REG-04"), hint: "jti", ..NONE },
    Wrong {
        name: "a jti that is a number",
        claims: &[("jti", "7")],
        stops: Some("WSO-REG-04"),
        warns: Some("WSO-REG-05"),
        hint: "jti",
        ..NONE
    },
    Wrong {
        name: "a key in the header",
        header: "typ = \"JWT\", kid = \"{{ keys.signing.kid }}\", x5c = [\"AAAA\"]",
        stops: Some("WSO-REG-01"),
        hint: "brings a key",
        ..NONE
    },
    Wrong { name: "no kid", header: "typ = \"JWT\"", stops: Some("WSO-REG-01"), hint: "kid", ..NONE },
    Wrong {
        name: "another typ",
        header: "typ = \"jwt\", kid = \"{{ keys.signing.kid }}\"",
        stops: Some("WSO-REG-01"),
        hint: "typ",
        ..NONE
    },
    Wrong {
        name: "a kid that the directory does not publish",
        set: &[("kid_mode", "jkt_sha256")],
        hint: "kid",
        ..NONE
    },
    Wrong { name: "another algorithm", set: &[("sign_alg", "RS256")], hint: "alg", ..NONE },
    Wrong {
        name: "a statement that was touched",
        claims: &[("software_statement", "\"{{ inputs.ssa | replace('.', ' .') }}\"")],
        stops: Some("WSO-SSA-05"),
        error: "invalid_software_statement",
        hint: "base64url",
        ..NONE
    },
    Wrong {
        name: "http",
        set: &[("redirect_uris", "http://tpp.countersign.example/callback")],
        stops: Some("WSO-REG-06"),
        error: "invalid_redirect_uri",
        hint: "https",
        ..NONE
    },
    Wrong {
        name: "this machine",
        set: &[("redirect_uris", "https://localhost/callback")],
        stops: Some("WSO-REG-06"),
        warns: Some("WSO-REG-07"),
        error: "invalid_redirect_uri",
        hint: "localhost",
        ..NONE
    },
    Wrong {
        name: "a fragment",
        set: &[("redirect_uris", "https://tpp.countersign.example/callback#x")],
        stops: Some("WSO-REG-06"),
        error: "invalid_redirect_uri",
        hint: "fragment",
        ..NONE
    },
    Wrong {
        name: "an address that the statement does not have",
        set: &[("redirect_uris", "https://tpp.countersign.example/third")],
        stops: Some("WSO-REG-06"),
        error: "invalid_redirect_uri",
        hint: "statement",
        ..NONE
    },
    Wrong {
        name: "no address",
        set: &[("redirect_uris", "[]")],
        stops: Some("WSO-REG-06"),
        error: "invalid_redirect_uri",
        hint: "empty",
        ..NONE
    },
    Wrong {
        name: "no algorithm for the assertion",
        claims: &[("token_endpoint_auth_signing_alg", "")],
        stops: Some("WSO-REG-08"),
        hint: "token_endpoint_auth_signing_alg",
        ..NONE
    },
    Wrong {
        name: "the subject of another certificate",
        claims: &[
            ("token_endpoint_auth_method", "\"tls_client_auth\""),
            ("tls_client_auth_subject_dn", "\"CN=other\""),
        ],
        stops: Some("WSO-REG-08"),
        hint: "subject",
        ..NONE
    },
    Wrong {
        name: "a method that FAPI does not take",
        claims: &[("token_endpoint_auth_method", "\"client_secret_basic\"")],
        warns: Some("WSO-REG-09"),
        hint: "token_endpoint_auth_method",
        ..NONE
    },
    Wrong {
        name: "a code for nobody",
        claims: &[("grant_types", "[\"client_credentials\"]")],
        stops: Some("WSO-REG-10"),
        hint: "together",
        ..NONE
    },
    Wrong {
        name: "no way to get a code",
        claims: &[("response_types", "")],
        stops: Some("WSO-REG-10"),
        hint: "together",
        ..NONE
    },
    Wrong {
        name: "an enc without its alg",
        claims: &[("id_token_encrypted_response_enc", "\"A256GCM\"")],
        stops: Some("WSO-REG-11"),
        hint: "stands without",
        ..NONE
    },
    Wrong {
        name: "RSA1_5",
        claims: &[("id_token_encrypted_response_alg", "\"RSA1_5\"")],
        stops: Some("WSO-REG-11"),
        hint: "not allowed",
        ..NONE
    },
    Wrong {
        name: "CIBA without its members",
        set: &[("grant_types", "client_credentials,urn:openid:params:grant-type:ciba")],
        stops: Some("WSO-REG-12"),
        hint: "ciba",
        ..NONE
    },
    Wrong {
        name: "CIBA's members without its grant",
        set: &[("ciba_mode", "poll")],
        stops: Some("WSO-REG-12"),
        hint: "ciba",
        ..NONE
    },
    Wrong {
        name: "ping without an address",
        set: &[("ciba_mode", "ping"), ("grant_types", "client_credentials,urn:openid:params:grant-type:ciba")],
        stops: Some("WSO-REG-12"),
        hint: "ping",
        ..NONE
    },
    Wrong {
        name: "a scope the bank does not have",
        set: &[("registered_scope", "openid everything")],
        hint: "scope",
        ..NONE
    },
    Wrong {
        name: "a grant the bank does not give",
        set: &[("grant_types", "client_credentials,password")],
        hint: "grant",
        ..NONE
    },
    Wrong {
        name: "a kind of application the bank does not take",
        set: &[("application_type", "mobile")],
        hint: "application_type",
        ..NONE
    },
    Wrong {
        name: "a line end behind the JWT",
        profile: "[[flow]]\nid = \"register\"\nuse = \"dcr-register\"\nwith = { metadata = { redirect_uris = \"{{ inputs.redirect_uris }}\", token_endpoint_auth_method = \"private_key_jwt\", token_endpoint_auth_signing_alg = \"PS256\", grant_types = [\"client_credentials\"] } }\n[[flow.step]]\nid = \"register\"\n[flow.step.http]\nurl = \"{{ env.registration_endpoint }}\"\nmtls = \"transport\"\njwt = \"{{ registration_jwt.jwt }}\\n\"\ncontent_type = \"{{ inputs.content_type }}\"\ntake = { client_id = { json = \"/client_id\" }, client_secret = { json = \"/x\", optional = true }, registration_access_token = { json = \"/x\", optional = true } }\n",
        stops: Some("WSO-REG-13"),
        hint: "base64url",
        ..NONE
    },
    Wrong {
        name: "no transport certificate",
        profile: "[[flow]]\nid = \"register\"\nuse = \"dcr-register\"\nwith = { metadata = { redirect_uris = \"{{ inputs.redirect_uris }}\", token_endpoint_auth_method = \"private_key_jwt\", token_endpoint_auth_signing_alg = \"PS256\", grant_types = [\"client_credentials\"] } }\n[[flow.step]]\nid = \"register\"\n[flow.step.http]\nurl = \"{{ env.registration_endpoint }}\"\njwt = \"{{ registration_jwt.jwt }}\"\ncontent_type = \"{{ inputs.content_type }}\"\ntake = { client_id = { json = \"/client_id\" }, client_secret = { json = \"/x\", optional = true }, registration_access_token = { json = \"/x\", optional = true } }\n",
        stops: Some("WSO-REG-14"),
        error: "invalid_client",
        hint: "certificate",
        ..NONE
    },
    Wrong {
        name: "a kind of body the bank does not read",
        profile: "[inputs.content_type]\ndefault = \"text/plain\"\noptions = [\"text/plain\"]\n",
        error: "unsupported_media_type",
        hint: "content_type",
        ..NONE
    },
    Wrong {
        name: "an assertion that ends before it begins",
        flow: "token",
        set: &[("assertion_ttl", "-1")],
        stops: Some("WSO-TOK-01"),
        error: "invalid_client",
        hint: "exp",
        ..NONE
    },
    Wrong {
        name: "the space between scopes lost",
        flow: "token",
        set: &[("scope", "accountsopenid")],
        stops: Some("WSO-TOK-02"),
        error: "invalid_scope",
        hint: "scope",
        ..NONE
    },
    Wrong {
        name: "a scope that was not registered",
        flow: "token",
        set: &[("scope", "fundsconfirmations")],
        error: "invalid_scope",
        hint: "scope",
        ..NONE
    },
    Wrong {
        name: "a client nobody knows",
        flow: "token",
        set: &[("client_id", "nobody")],
        error: "invalid_client",
        hint: "deleted",
        ..NONE
    },
    Wrong {
        name: "an assertion under another kid",
        flow: "token",
        set: &[("kid_mode", "x5t")],
        error: "invalid_client",
        hint: "kid",
        ..NONE
    },
    Wrong {
        name: "the method of another registration",
        flow: "token",
        set: &[("client_auth", "tls_client_auth")],
        error: "invalid_client",
        hint: "certificate",
        ..NONE
    },
    Wrong {
        name: "an assertion under another kid, at the directory",
        flow: "ssa",
        set: &[("kid_mode", "x5t")],
        error: "invalid_client",
        hint: "directory",
        ..NONE
    },
    Wrong {
        name: "the path of another client",
        flow: "read",
        profile: "[[flow]]\nid = \"read\"\nuse = \"dcr-read\"\nwith = { bearer = \"a-token-of-nobody\" }\n[[flow.step]]\nid = \"read\"\n[flow.step.http]\nurl = \"{{ env.registration_endpoint }}/somebody\"\nmtls = \"transport\"\nbearer = \"{{ inputs.bearer }}\"\ntake = { registration_access_token = { json = \"/x\", optional = true } }\n",
        stops: Some("WSO-MNG-01"),
        error: "invalid_token",
        hint: "",
        ..NONE
    },
    Wrong {
        name: "a token nobody gave",
        flow: "read",
        profile: "[[flow]]\nid = \"read\"\nuse = \"dcr-read\"\nwith = { bearer = \"a-token-of-nobody\" }\n",
        error: "invalid_token",
        hint: "not known",
        ..NONE
    },
    Wrong {
        name: "a member that only the bank says",
        flow: "update",
        set: &[("changes", r#"{"client_id_issued_at":1}"#)],
        stops: Some("WSO-MNG-03"),
        hint: "client_id_issued_at",
        ..NONE
    },
    Wrong {
        name: "an update that leaves a member out",
        flow: "update",
        claims: &[("scope", "")],
        stops: Some("WSO-MNG-03"),
        hint: "scope",
        ..NONE
    },
    Wrong {
        name: "an update that takes a member out that has to be there",
        flow: "update",
        set: &[("changes", r#"{"scope":null}"#)],
        hint: "scope",
        ..NONE
    },
    Wrong {
        name: "an update for another client",
        flow: "update",
        set: &[("changes", r#"{"client_id":"somebody"}"#)],
        warns: Some("WSO-MNG-04"),
        hint: "client_id",
        ..NONE
    },
    Wrong {
        name: "an update to an address that the statement does not have",
        flow: "update",
        set: &[("changes", r#"{"redirect_uris":["https://tpp.countersign.example/third"]}"#)],
        stops: Some("WSO-REG-06"),
        error: "invalid_redirect_uri",
        hint: "statement",
        ..NONE
    },
];

/// The flow with these claims in place of its own.
fn with_claims(wrong: &Wrong) -> String {
    if wrong.claims.is_empty() && wrong.header == HEADER {
        return String::new();
    }
    let mut toml = if wrong.flow == "update" {
        "[[flow]]\nid = \"changed\"\nuse = \"dcr-update\"\n".to_owned()
    } else {
        "[[flow]]\nid = \"register\"\nuse = \"dcr-register\"\nwith = { metadata = {} }\n".to_owned()
    };
    let header = wrong.header;
    let _ = write!(
        toml,
        "[[flow.step]]\nid = \"registration_jwt\"\n[flow.step.jwt]\nkey = \"signing\"\nheader = {{ {header} }}\n[flow.step.jwt.claims]\n"
    );
    let changed = |name: &str| wrong.claims.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
    let added = wrong.claims.iter().filter(|(n, _)| !CLAIMS.iter().any(|(known, _)| known == n));
    for (name, value) in CLAIMS.iter().map(|(n, v)| (*n, changed(n).unwrap_or(v))).chain(added.copied()) {
        if !value.is_empty() {
            let _ = writeln!(toml, "{name} = {value}");
        }
    }
    if wrong.flow == "update" {
        toml.push_str("[[flow]]\nid = \"update\"\n[[flow.step]]\nid = \"app\"\nuse = \"token\"\n[[flow.step]]\nid = \"record\"\nuse = \"changed\"\nwith = { bearer = \"{{ app.access_token }}\" }\n");
    }
    toml
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_wrong_input_ends_in_its_own_error() {
    let bank = Bank::start().await;
    let mut problems = Vec::new();
    for wrong in WRONG {
        problems.extend(try_wrong(&bank, wrong).await);
    }
    assert!(
        problems.is_empty(),
        "{} problems of {} wrong inputs:\n{}",
        problems.len(),
        WRONG.len(),
        problems.join("\n")
    );
}

async fn try_wrong(bank: &Bank, wrong: &Wrong) -> Vec<String> {
    let mut problems = Vec::new();
    let view = run(bank, wrong, false).await;
    if let Some(id) = wrong.stops {
        let failed = checks(&view, Outcome::Fail);
        if view.status != RunStatus::Blocked || !failed.contains(&id) {
            problems.push(format!("{}: {id} did not stop it: {}", wrong.name, story(&view)));
        }
    } else if view.status != RunStatus::Failed {
        problems.push(format!("{}: did not fail: {}", wrong.name, story(&view)));
    }
    if let Some(id) = wrong.warns.filter(|id| !checks(&view, Outcome::Warn).contains(id)) {
        problems.push(format!("{}: {id} did not warn: {}", wrong.name, story(&view)));
    }
    // sent anyway, the bank agrees
    let view = run(bank, wrong, true).await;
    match view.steps.iter().find_map(|s| s.error.clone()) {
        None => problems.push(format!("{}: the bank took it ({:?})", wrong.name, view.status)),
        Some(e) => {
            if e.id != wrong.error {
                problems.push(format!("{}: ends in {} ({}), not {}", wrong.name, e.id, e.text, wrong.error));
            }
            let said = [Some(e.text), e.likely, e.hint.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            if !said.to_lowercase().contains(&wrong.hint.to_lowercase()) || e.hint.is_none() {
                problems.push(format!("{}: says nothing of “{}”: {said}", wrong.name, wrong.hint));
            }
        }
    }
    problems
}

async fn run(bank: &Bank, wrong: &Wrong, anyway: bool) -> RunView {
    let mut library = Library::embedded();
    let head = "schema = 1\nid = \"wrong\"\nname = \"wrong\"\nextends = \"wso2-ob\"\nenvironment = \"sandbox\"\n";
    library.add("wrong.toml", format!("{head}{}{}", wrong.profile, with_claims(wrong)));
    let session = session_at(library, Arc::new(SystemClock), bank);
    let prepared = session.prepare(order("wrong", wrong.flow, wrong.set), Pace::Step).await;
    let prepared = prepared.unwrap_or_else(|p| panic!("{}: {p}", wrong.name));
    drive(prepared, session.clock.clone(), anyway).await
}
