//! Where a check may stand.

use super::*;

#[test]
fn a_check_of_the_flow_hangs_on_the_steps_that_it_names() {
    let flow = format!(
        "{TOKEN}\n[[flow.check]]\nid = \"FLOW-01\"\nat = [\"token\"]\nlevel = \"must\"\n\
         rule = \"request.form.scope == 'payments'\"\nsay = \"payments are asked for\"\n"
    );
    let mut play = Play::begun(&flow, "token", Pace::Step);
    play.says(Event::Step).signs().stands(RunStatus::Blocked, "token", StepState::Blocked);
    let failed: Vec<_> = play.run.view().steps[0].checks.iter().filter(|c| c.outcome == Outcome::Fail).collect();
    assert!(failed.len() == 1 && failed[0].id == "FLOW-01", "{failed:?}");
}

#[test]
fn a_rule_over_something_that_is_not_there_says_just_that() {
    let flow = format!(
        "{TOKEN}\n[[flow.check]]\nid = \"FLOW-01\"\nat = [\"token\"]\nlevel = \"must\"\n\
         rule = \"request.form.until - request.form.since < 60\"\nsay = \"a minute at most\"\n"
    );
    let mut play = Play::begun(&flow, "token", Pace::Step);
    play.says(Event::Step).signs().stands(RunStatus::Blocked, "token", StepState::Blocked);
    let failed: Vec<_> = play.run.view().steps[0].checks.iter().filter(|c| c.id == "FLOW-01").collect();
    assert_eq!(failed[0].found, "request.form.until is not there, request.form.since is not there");
}
