//! A step that is changed, or a rule that is broken, as effects.

use countersign::flow::edit::{Edit, Edits};
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
