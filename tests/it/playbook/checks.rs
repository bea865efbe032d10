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
