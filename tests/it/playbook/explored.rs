//! A step that is changed, or a rule that is broken, as effects.

use countersign::flow::edit::{Edit, Edits, Place, document, places};
use countersign::flow::trial::offers;

use super::*;

fn changed(place: &str, to: Value) -> Edits {
    Edits::from(vec![Edit::set(place.parse().expect("a place"), to)])
}

#[test]
fn a_change_signs_anew_and_nothing_is_sent_before_it_was_seen() {
    let mut play = Play::begun(TOKEN, "token", Pace::Straight);
    play.wants(&["sign signing ES256"]).signs().wants(&["remember jti", "send POST https://as.nordbank.example/token"]);
    play.answers(401, &json!({"error": "invalid_client"})).fails("token", "invalid_client");
    let edits = changed("client_assertion.claims/exp", json!(7));
    play.says(Event::Edit { index: 0, edits, trial: None }).wants(&["sign signing ES256"]).signs().wants(&[]);
    assert_eq!(play.claims(0)["exp"], json!(7));
    play.stands(RunStatus::Blocked, "token", StepState::Blocked);
    assert_eq!(play.run.view().steps[0].attempt, 2);
}

#[test]
fn the_sandbox_may_be_tried_and_production_is_not() {
    for production in [false, true] {
        let head = HEAD.replace("[environments.test]", &format!("[environments.test]\nproduction = {production}"));
        let mut play = Play::written(&format!("{head}{TOKEN}"), "token", Pace::Step, &[]);
        play.says(Event::Start);
        play = play.loads(true);
        play.says(Event::Step).signs();
        let offer = offers(&play.run.view().steps[0], 1_800_000_000).remove(0);
        assert_eq!(offer.trial.id, "assertion-expired");
        let trial = Some(Box::new(offer.trial));
        play.says(Event::Edit { index: 0, edits: offer.edits, trial });
        if !production {
            play.signs();
        }
        let exp = if production { 1_800_000_000 + 240 } else { 1_800_000_000 - 3600 };
        assert_eq!(play.claims(0)["exp"], json!(exp), "production: {production}");
        play.stands(RunStatus::Armed, "token", StepState::Armed);
    }
}

/// What goes to an editor's file holds no secret, under whatever name it travels; what is left alone there changes nothing.
#[test]
fn an_editors_file_holds_no_secret() {
    let thing = "s3cret-s3cret-s3cret";
    let head = HEAD.replace("[inputs.scope]", "[inputs.thing]\nclass = \"secret\"\n[inputs.scope]");
    let flow = TOKEN.replace("form = { ", "form = { hint = \"{{ inputs.thing }}\", ");
    let mut play = Play::written(&format!("{head}{flow}"), "token", Pace::Step, &[("thing", thing)]);
    play.says(Event::Start);
    play = play.loads(true);
    play.says(Event::Step).signs().stands(RunStatus::Armed, "token", StepState::Armed);
    let view = play.run.view();
    let (step, redactor) = (&view.steps[0], &view.redactor);
    let hint = places(step).into_iter().find(|s| s.place == Place::Form("hint".into())).expect("it is sent");
    assert_eq!((hint.value.as_str(), hint.class, hint.class_in(redactor)), (Some(thing), Class::Public, Class::Secret));
    let text = document::write(step, redactor);
    assert!(!text.contains(thing) && text.contains("client_credentials"), "{text}");
    assert_eq!(document::read(step, redactor, &text), Ok(Vec::new()));
    let changed = document::read(step, redactor, &text.replace("\"accounts\"", "\"payments\""));
    assert_eq!(changed, Ok(vec![Edit::set("form.scope".parse().expect("a place"), json!("payments"))]));
    assert!(document::read(step, redactor, "[]").is_err());
}
