//! What a step keeps, and what it says of that.

use super::*;

#[test]
fn a_token_that_is_forgotten_is_not_shown() {
    let flow = format!(
        "{TOKEN}\n[[flow.step]]\nid = \"end\"\n[flow.step.save]\ndrop = [\"token:{{{{ token.access_token }}}}\"]\n"
    );
    let mut play = Play::begun(&flow, "token", Pace::Straight);
    play.signs().answers(200, &good()).saves().saves().stands(RunStatus::Done, "end", StepState::Done);
    let shown: Vec<_> = play.run.view().steps[2].outputs.iter().map(|f| (f.name.as_str(), f.value.as_str())).collect();
    assert_eq!(shown, [("token", "forgotten")]);
}
