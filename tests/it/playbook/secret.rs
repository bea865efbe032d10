//! `client_secret_jwt` (OIDC Core §9): the client's secret signs the assertion, and no key is asked.

use countersign::jose::{compact, verify_hmac};

use super::*;

fn flow(secret: &str) -> String {
    format!(
        "[inputs.client_secret]\nclass = \"secret\"\nsave = false\ndefault = \"{{{{ '{secret}' | lower }}}}\"\n\
         [clients.other]\nauth = \"client_secret_jwt\"\nid = \"acme\"\nsecret = \"{{{{ inputs.client_secret }}}}\"\n\
         [clients.other.assertion]\nkey = \"signing\"\n\
         claims = {{ aud = \"{{{{ env.issuer }}}}\", exp = \"{{{{ now + 60 }}}}\" }}\n{}",
        TOKEN.replace("auth = \"client\"", "auth = \"other\"")
    )
}

#[test]
fn the_secret_signs_with_hs256_and_is_not_shown() {
    let secret = "a-secret-of-more-than-32-octets-in-all";
    let mut play = Play::begun(&flow(secret), "token", Pace::Step);
    play.says(Event::Step).wants(&[]).stands(RunStatus::Armed, "token", StepState::Armed);
    let view = play.run.view();
    let made = view.steps[0].artefacts.iter().find(|a| a.name == "client_assertion").expect("an assertion");
    assert_eq!(made.header, json!({ "alg": "HS256" }));
    let read = compact::Compact::parse(&made.token).expect("a JWT");
    assert!(verify_hmac(Alg::Hs256, secret.as_bytes(), read.signing_input(), read.signature()).is_ok());
    let failed: Vec<_> = view.steps[0].checks.iter().filter(|c| c.outcome != Outcome::Pass).collect();
    assert!(failed.is_empty(), "{failed:?}");
    play.says(Event::Approve).wants(&["remember jti", "send POST https://as.nordbank.example/token"]);
}

#[test]
fn a_secret_that_is_too_short_is_told_and_nothing_is_sent() {
    let mut play = Play::begun(&flow("short"), "token", Pace::Step);
    play.says(Event::Step).wants(&[]).fails("token", "profile.value");
    let error = play.run.view().steps[0].error.clone().expect("an error");
    assert!(error.text.contains("secret") && !error.text.contains("short-secret"), "{}", error.text);
}
