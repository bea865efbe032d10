//! A token in pane 4 held against a bank's rules, and a paste that holds several.

use super::play::{NOW, Stage, ready};
use crate::flow::view::{CheckView, Level, Outcome};
use crate::inspect::{HeldTo, KeyRing, inspect};
use crate::tui::{Command, Look, Message};

const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJjcy00NzExIiwidXJuOngiOiJhIiwiZXhwIjoxODAwMDAwMDAwfQ.AAAA";

fn paste(stage: &mut Stage, text: &str) {
    stage.tell(Message::Input(crossterm::event::Event::Paste(text.to_owned())));
}

/// The newest question about a token: its number, and whose rules.
fn asked(stage: &Stage) -> (u64, Option<(String, Option<String>)>) {
    let found = stage.commands.iter().rev().find_map(|c| match c {
        Command::Inspect { number, rules, .. } => {
            Some((*number, rules.as_ref().map(|r| (r.rules.clone(), r.environment.clone()))))
        }
        _ => None,
    });
    found.expect("it is looked at")
}

fn line(id: &str, outcome: Outcome, found: &str) -> CheckView {
    CheckView {
        id: id.into(),
        on: "client".into(),
        level: Level::Must,
        outcome,
        say: "iss is the client id".into(),
        expected: "iss is the client id".into(),
        found: found.into(),
        reference: "RFC 7523 §3".into(),
    }
}

#[test]
fn a_token_is_held_against_the_rules_that_are_chosen_until_none_are() {
    let mut stage = Stage::new(120, 60, Look::default(), vec![ready()]);
    paste(&mut stage, TOKEN);
    assert_eq!(asked(&stage).1, None);
    stage.keys("A");
    assert!(stage.picture().contains("nordbank/client  client assertions (production)"), "{}", stage.picture());
    stage.keys("nordb<enter>");
    let (number, rules) = asked(&stage);
    assert_eq!(rules, Some(("nordbank/client".to_owned(), Some("production".to_owned()))));
    let mut found = inspect(TOKEN, &KeyRing::new(), NOW);
    found.checks.push(line("NB-02", Outcome::NotChecked, "inputs.client_id is not given"));
    found.checks.push(line("NB-01", Outcome::Fail, "claims.iss cs-4711"));
    let assumed = vec!["request.url = https://as.example/token".to_owned()];
    found.held_to = Some(HeldTo { name: "nordbank/client".into(), assumed });
    stage.tell(Message::Inspected { number, result: Ok(Box::new(found)), message: None });
    stage.keys("Z");
    let picture = stage.picture();
    for text in [
        "4 Inspector  pasted  as nordbank/client",
        "As nordbank/client (production)",
        "taken for granted: request.url = https://as.example/token",
        "NB-01",
        "claims.iss cs-4711",
        "inputs.client_id is not given",
    ] {
        assert!(picture.contains(text), "{text} in\n{picture}");
    }
    let at = |text: &str| picture.find(text).expect("there");
    assert!(at("NB-01") < at("NB-02"), "what is wrong comes first");
    stage.keys("Anone<enter>");
    assert_eq!(asked(&stage).1, None);
    assert!(!stage.picture().contains("as nordbank"), "{}", stage.picture());
}

#[test]
fn a_message_is_held_against_the_rules_of_the_step_that_sends_it() {
    let mut stage = Stage::new(120, 60, Look::default(), vec![ready()]);
    paste(&mut stage, TOKEN);
    stage.keys("A");
    assert!(!stage.picture().contains("nordbank/token.token"), "a token is no request: {}", stage.picture());
    stage.keys("<esc><esc>");
    paste(
        &mut stage,
        &format!("curl -d grant_type=client_credentials -d client_assertion={TOKEN} https://as.example/token"),
    );
    stage.keys("Anordbank/token.token<enter>");
    let (number, rules) = asked(&stage);
    assert_eq!(rules, Some(("nordbank/token.token".to_owned(), Some("production".to_owned()))));
    let of = stage.commands.iter().rev().find_map(|c| match c {
        Command::Inspect { of, .. } => of.clone(),
        _ => None,
    });
    assert!(of.is_some_and(|(paste, at)| paste.expose().starts_with("curl") && at == 0));
    let held = |name: &str, line: CheckView| {
        let mut found = inspect(TOKEN, &KeyRing::new(), NOW);
        found.held_to = Some(HeldTo { name: name.into(), assumed: Vec::new() });
        found.checks.push(line);
        Box::new(found)
    };
    let part = held("nordbank/client", line("NB-01", Outcome::Fail, "claims.iss cs-4711"));
    let of_message = CheckView { on: "token.token".into(), ..line("NB-07", Outcome::Fail, "scope is missing") };
    let message = Some(held("nordbank/token.token", of_message));
    stage.tell(Message::Inspected { number, result: Ok(part), message });
    stage.keys("Z");
    let picture = stage.picture();
    for text in [
        "As the message, nordbank/token.token (production)",
        "NB-07",
        "As nordbank/client (production)",
        "NB-01",
        "Pasted: a curl command",
    ] {
        assert!(picture.contains(text), "{text} in\n{picture}");
    }
}

#[test]
fn each_token_of_a_whole_is_turned_to_and_its_secrets_stay_masked() {
    let mut stage = Stage::new(120, 60, Look::default(), vec![ready()]);
    let code = "hunter2-code";
    paste(&mut stage, &format!(r#"{{"access_token":"hunter2-token","id_token":"{TOKEN}","code":"{code}"}}"#));
    stage.keys("Z");
    let picture = stage.picture();
    assert!(picture.contains("4 Inspector  access_token") && picture.contains("Pasted: a token response"), "{picture}");
    stage.keys("l");
    let picture = stage.picture();
    assert!(picture.contains("4 Inspector  id_token") && picture.contains("2 of 2"), "{picture}");
    assert!(!picture.contains("hunter2"), "{picture}");
    // Esc drops the whole paste
    stage.keys("<esc>");
    assert!(!stage.picture().contains("id_token"), "{}", stage.picture());
}

#[test]
fn a_claim_and_its_path_are_copied() {
    let claims = r#"{"iss":"cs-4711","urn:x":"a","act":{"roles":["psp_ai",{"deep":7}]},"address":{"street":"x"}}"#;
    let token = format!("eyJhbGciOiJFUzI1NiJ9.{}.AAAA", crate::jose::b64::encode(claims.as_bytes()));
    let mut stage = Stage::new(120, 60, Look::default(), vec![ready()]);
    paste(&mut stage, &token);
    let (number, _) = asked(&stage);
    let found = inspect(&token, &KeyRing::new(), NOW);
    stage.tell(Message::Inspected { number, result: Ok(Box::new(found)), message: None });
    stage.keys("Z");
    let mut copied = Vec::new();
    for _ in 0..30 {
        stage.keys("j");
        stage.commands.clear();
        stage.keys("y");
        for letter in ["j", "v"] {
            // the menu has the letter only where there is such a thing
            if stage.picture().contains(if letter == "j" { "its JSON path" } else { "the value here" }) {
                stage.keys(letter).keys("y");
            }
        }
        stage.keys("<esc>");
        copied.extend(stage.commands.iter().filter_map(|c| match c {
            Command::Copy(request) => Some((request.what.clone(), request.text.expose().to_owned())),
            _ => None,
        }));
    }
    for (what, text) in [
        ("the JSON path", "$.iss"),
        ("iss", "cs-4711"),
        ("the JSON path", "$['urn:x']"),
        ("urn:x", "a"),
        ("the JSON path", "$.alg"),
        ("the JSON path", "$.act.roles[0]"),
        ("the JSON path", "$.act.roles[1].deep"),
        ("deep", "7"),
        ("roles", "[\"psp_ai\",{\"deep\":7}]"),
    ] {
        assert!(copied.iter().any(|(w, t)| w == what && t == text), "{what} {text} among {copied:?}");
    }
}
