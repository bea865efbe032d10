//! What a step marked personal got to know is not shown by a check, in whichever name and form it comes.

use super::*;

const RULES: &str = r#"
[[check]]
id    = "HERE"
at    = ["open.id_token"]
level = "should"
rule  = "claims.given == 'x' and claims.shoe == 1 and claims['urn:x'] == 'x' and claims.iss == 'x' and claims.gone"
say   = "something else"
[[check]]
id    = "WHOLE"
at    = ["open.id_token"]
level = "should"
rule  = "claims == 'x'"
say   = "something else"
[[check]]
id    = "LATER"
at    = ["open.after"]
level = "should"
rule  = "id_token.claims.given == 'x' and id_token.claims.iss == 'x' and id_token == 'x' and id_token.verdict == 'x'"
say   = "something else"
"#;

fn flow(class: &str) -> String {
    format!(
        "{ROLES}{RULES}
[[flow]]
id = \"open\"
[[flow.step]]
id = \"fetch\"
[flow.step.http]
url = \"https://as.nordbank.example/token\"
[[flow.step]]
id = \"id_token\"
{class}
[flow.step.open]
token = \"{{{{ fetch.json.id_token }}}}\"
{NESTED}
[[flow.step]]
id = \"after\"
[flow.step.ask]
text = \"Look.\"
wait = false
show = {{ name = \"{{{{ id_token.claims.given }}}}\" }}
"
    )
    .replace("", "")
}

fn opened(class: &str) -> World {
    let mut world = World::of(&flow(class), Pace::Straight, &[]);
    let mut claims = claims();
    let person = json!({ "given": "Li", "family": "Nordmann-Hansen", "shoe": 4711, "urn:x": "131052-308T" });
    claims.as_object_mut().expect("an object").extend(person.as_object().cloned().expect("an object"));
    let token = encrypted_to(&world.encryption, "ECDH-ES+A128KW", &token_of(&world.bank, &json!({}), &claims));
    world.gives(&token).unwraps().publishes();
    world.play.stands(RunStatus::Done, "after", StepState::Done);
    world
}

fn found(world: &World, step: &str, id: &str) -> String {
    let checks = world.step(step).checks;
    checks.into_iter().find(|c| c.id == id).unwrap_or_else(|| panic!("no check {id}")).found
}

#[test]
fn a_step_marked_personal_reaches_what_its_checks_and_later_ones_found() {
    let world = opened("class = \"personal\"");
    assert_eq!(
        found(&world, "id_token", "HERE"),
        format!(
            "claims.given ********, claims.shoe ********, claims.urn:x ********, claims.iss {ISSUER}, claims.gone is not there"
        )
    );
    let whole = found(&world, "id_token", "WHOLE");
    assert!(whole.contains(ISSUER) && whole.ends_with("and 5 more: ********"), "{whole}");
    assert_eq!(
        found(&world, "after", "LATER"),
        format!(
            "id_token.claims.given ********, id_token.claims.iss {ISSUER}, id_token ********, id_token.verdict verified"
        )
    );
    let hidden = world.play.run.view().redactor.mask_text("Nordmann-Hansen 131052-308T acme");
    assert_eq!(hidden, "******** ******** acme");
}

/// The other side: nothing is hidden for its name.
#[test]
fn a_step_that_is_not_marked_shows_what_it_found() {
    let world = opened("");
    assert_eq!(
        found(&world, "id_token", "HERE"),
        format!(
            "claims.given Li, claims.shoe 4711, claims.urn:x 131052-308T, claims.iss {ISSUER}, claims.gone is not there"
        )
    );
    assert!(found(&world, "after", "LATER").contains("131052-308T"));
}

const BALANCE: &str = r#"
[[flow]]
id = "sum"
[[flow.step]]
id    = "list"
class = "personal"
[flow.step.http]
url = "{{ env.issuer }}/accounts"
[[flow.step.check]]
id    = "SUM"
level = "should"
rule  = "response.status == 201 and response.json.balance == 1 and response.json.gone == 1"
say   = "something else"
[[flow]]
id = "outer"
[[flow.step]]
id  = "inner"
use = "sum"
[[flow.step]]
id = "after"
[flow.step.ask]
text = "Look."
wait = false
show = { status = "{{ inner.list.status }}" }
[[flow.step.check]]
id    = "OUTER"
level = "should"
rule  = "inner.list.json.balance == 1 and inner.list.status == 201"
say   = "something else"
"#;

#[test]
fn numbers_of_a_personal_answer_are_not_shown_either_nor_to_a_flow_around_it() {
    let mut play = Play::begun(BALANCE, "outer", Pace::Straight);
    play.answers(200, &json!({ "balance": 4711.5 })).stands(RunStatus::Done, "after", StepState::Done);
    let steps = play.run.view().steps.clone();
    let found = |id: &str| steps.iter().flat_map(|s| &s.checks).find(|c| c.id == id).map(|c| c.found.clone());
    let inner = "response.status 200, response.json.balance ********, response.json.gone is not there";
    assert_eq!(found("SUM").as_deref(), Some(inner));
    assert_eq!(found("OUTER").as_deref(), Some("inner.list.json.balance ********, inner.list.status 200"));
}
