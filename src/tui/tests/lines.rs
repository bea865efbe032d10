//! The lines of a run as a tree: seen, compared, gone back to.

use std::sync::Arc;

use serde_json::json;

use super::play::{Stage, check, exchange, ready, step};
use super::screens::SIZES;
use crate::flow::edit::{Edit, Edits};
use crate::flow::view::{BranchView, ErrorSource, Outcome, RunStatus, RunView, StepError, StepState, StepView};
use crate::tui::Look;

fn answered(mut step: StepView, status: u16, body: &str) -> StepView {
    step.state = if status == 200 { StepState::Done } else { StepState::Failed };
    step.exchange = Some(exchange(status, body));
    if status != 200 {
        step.error = Some(StepError {
            id: "insufficient_scope".into(),
            text: "the bank refused: insufficient_scope".into(),
            likely: None,
            hint: None,
            checks: Vec::new(),
            source: ErrorSource::Bank,
        });
    }
    step
}

fn edited(mut step: StepView, place: &str) -> StepView {
    step.edits = Edits::from(vec![Edit::set(place.parse().expect("a place"), json!("accounts"))]);
    step
}

/// Four lines: two more tries of the second step, and one of the third in the second line, where the run stands.
pub fn tree() -> RunView {
    let mut view = ready();
    let discover = || answered(step("discover", "Read the bank's metadata", "http"), 200, "{}");
    let token = || step("token", "Ask the token endpoint", "http");
    let call = || step("call", "Call the API", "http");
    let last = || step("keep", "Keep the token", "save");
    let mut trial = answered(edited(token(), "client_assertion.claims/exp"), 400, "{}");
    trial.trial = true;
    trial.checks.push(check("TRIAL-assertion-expired", Outcome::Pass, "an expired assertion is refused", "refused"));
    let branch = |number, parent, from, current, status, steps: Vec<StepView>| BranchView {
        number,
        parent,
        from,
        steps: Arc::from(steps),
        current,
        status,
    };
    let good = || answered(edited(token(), "form.scope"), 200, "{\"scope\":\"accounts\"}");
    view.branches = vec![
        branch(
            1,
            None,
            0,
            2,
            RunStatus::Failed,
            vec![discover(), answered(token(), 200, "{}"), answered(call(), 403, "{}"), last()],
        ),
        branch(
            2,
            Some(1),
            1,
            3,
            RunStatus::Done,
            vec![discover(), good(), answered(call(), 200, "{}"), answered(last(), 200, "{}")],
        ),
        branch(3, Some(2), 1, 1, RunStatus::Failed, vec![discover(), trial, call(), last()]),
        branch(4, Some(2), 2, 2, RunStatus::Armed, Vec::new()),
    ];
    let mut here = edited(call(), "header.Accept");
    (here.state, here.attempt) = (StepState::Armed, 2);
    here.earlier = vec![Arc::new(answered(call(), 200, "{}"))];
    view.steps = vec![discover(), good(), here, last()];
    (view.branch, view.current, view.status) = (4, 2, RunStatus::Armed);
    view
}

/// The same on another line.
fn on_line(number: u32) -> RunView {
    let mut view = tree();
    let branch = view.branches.iter().find(|b| b.number == number).expect("a line");
    (view.steps, view.current, view.status) = (branch.steps.to_vec(), branch.current, branch.status);
    view.branch = number;
    view
}

fn stage(width: u16, height: u16, look: Look, views: Vec<RunView>) -> Stage {
    let mut stage = Stage::new(width, height, look, views);
    stage.keys("<enter>O");
    stage
}

#[test]
fn lines_stand_under_the_steps_they_parted_at() {
    for (width, height) in SIZES {
        let stage = stage(width, height, Look::default(), vec![tree()]);
        insta::assert_snapshot!(format!("lines_{width}x{height}"), stage.picture());
    }
    let mut stage = stage(120, 35, Look { ascii: true, ..Look::default() }, vec![tree()]);
    stage.keys("gjjj");
    insta::assert_snapshot!("lines_ascii_120x35", stage.picture());
}

#[test]
fn a_line_is_compared_with_where_one_is_whole_or_by_the_step() {
    let mut stage = stage(120, 45, Look::default(), vec![tree()]);
    stage.keys("D");
    assert!(stage.picture().contains("this is where you are: choose another line"), "{}", stage.picture());
    // the head of the third line, then its step
    stage.keys("gjjD");
    assert!(stage.picture().contains("line 1 ( - )  and line 4 ( + )"), "{}", stage.picture());
    let whole = stage.picture();
    stage.keys("<esc>gD");
    assert!(stage.picture().contains("line 1 ( - )  and line 4 ( + )"), "{}", stage.picture());
    assert!(stage.picture().contains("call"), "the whole line: {}", stage.picture());
    assert_ne!(stage.picture(), whole);
    // what is shown is left level by level
    stage.keys("<esc>");
    assert!(stage.picture().contains("lines of this run: 4"), "{}", stage.picture());
    stage.keys("q");
    assert!(!stage.picture().contains("lines of this run"), "{}", stage.picture());
}

#[test]
fn enter_goes_on_with_a_line_at_the_chosen_step() {
    let mut stage = stage(120, 35, Look::default(), vec![tree(), on_line(1)]);
    stage.keys("g<enter>");
    assert!(stage.picture().contains("on line 1 again"), "{}", stage.picture());
    assert_eq!((stage.app.view().map(|v| v.branch), stage.app.flow.selected), (Some(1), 2));
    // one that is not kept any more can still be looked at
    let mut stage = self::stage(120, 35, Look::default(), vec![tree(), tree()]);
    stage.keys("gj<enter>");
    assert!(stage.picture().contains("line 1 is too far back"), "{}", stage.picture());
    // where one is, the cursor goes to the step
    let mut stage = self::stage(120, 35, Look::default(), vec![tree()]);
    stage.keys("<enter>");
    assert_eq!(stage.app.flow.selected, 2);
    let mut stage = Stage::new(120, 35, Look::default(), vec![ready()]);
    stage.keys("<enter>O");
    assert!(stage.picture().contains("one line so far"), "{}", stage.picture());
}
