//! The list of kept tokens, and what can be done with one.

use super::play::{CANARY, NOW, Stage, done, ready};
use super::screens::SIZES;
use crate::secret::Secret;
use crate::shell::{TokenDone, TokenOrder};
use crate::store::tokens::{Label, RefreshLabel, Standing, TokenRow};
use crate::tui::{Command, Look, Message};

fn row(profile: &str, set: &str, ends: i64, standing: Option<Standing>, in_memory: bool) -> TokenRow {
    let now = NOW.seconds();
    let refresh = standing.map(|standing| RefreshLabel { since: now - 90_000, generation: 3, standing, backup: false });
    let label = Label {
        profile: profile.into(),
        environment: if in_memory { "sandbox" } else { "production" }.into(),
        set: set.into(),
        came: now - 60,
        ends: Some(now + ends),
        access: true,
        refresh,
        scope: Some("accounts payments".into()),
        asked_scope: Some("openid accounts payments".into()),
        token_type: Some("Bearer".into()),
        bound: Vec::new(),
    };
    TokenRow { label, in_memory, busy: false }
}

pub fn rows() -> Vec<TokenRow> {
    let at = NOW.seconds() - 300;
    vec![
        row("acme-nordbank", "user", 240, Some(Standing::InForce), false),
        row("acme-fjordbank", "user", -100, Some(Standing::Sent { at }), false),
        row("acme-oldbank", "user", -100, Some(Standing::Refused { at, error: "invalid_grant".into() }), false),
        row("nordbank", "app", 3000, None, true),
    ]
}

fn stage(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height, Look::default(), vec![ready(), done()]);
    stage.keys("T");
    assert!(stage.commands.iter().any(|c| matches!(c, Command::ListTokens)));
    stage.tell(Message::Tokens(rows()));
    stage
}

#[test]
fn kept_tokens_count_down_and_a_doubt_is_explained() {
    for (width, height) in SIZES {
        let mut stage = stage(width, height);
        insta::assert_snapshot!(format!("tokens_{width}x{height}"), stage.picture());
        stage.keys("j");
        insta::assert_snapshot!(format!("tokens_doubt_{width}x{height}"), stage.picture());
    }
    assert!(stage(80, 24).app.next_tick(NOW).is_some(), "it counts by itself");
}

#[test]
fn nothing_kept_says_what_would_be() {
    let mut stage = Stage::new(80, 24, Look::default(), vec![ready()]);
    stage.keys("T");
    assert!(stage.picture().contains("none yet"), "{}", stage.picture());
    stage.keys("jr<enter>dy");
    assert!(!stage.commands.iter().any(|c| matches!(c, Command::Token(_))));
}

#[test]
fn a_token_is_copied_looked_at_and_forgotten_only_after_a_yes() {
    let mut stage = stage(120, 35);
    let label = rows()[0].label.clone();
    let ordered = |stage: &Stage| match stage.commands.last() {
        Some(Command::Token(order)) => Some(order.clone()),
        _ => None,
    };
    stage.keys("y");
    assert_eq!(ordered(&stage), Some(TokenOrder::Copy { label: label.clone() }));
    stage.tell(Message::TokenDone(Ok(TokenDone::ToCopy { label: label.clone(), text: Secret::new(CANARY) })));
    assert!(matches!(stage.commands.last(), Some(Command::Copy(copy)) if copy.text.expose() == CANARY));
    assert!(!stage.picture().contains(CANARY));
    stage.keys("d");
    assert!(stage.picture().contains("The bank is not told"), "{}", stage.picture());
    stage.keys("n");
    assert!(!stage.commands.iter().any(|c| matches!(c, Command::Token(TokenOrder::Forget { .. }))));
    stage.keys("dy");
    assert_eq!(ordered(&stage), Some(TokenOrder::Forget { label: label.clone() }));
    stage.tell(Message::TokenDone(Ok(TokenDone::Forgotten { label: label.clone() })));
    assert!(stage.picture().contains("is forgotten"), "{}", stage.picture());
    stage.keys("<enter>");
    assert_eq!(ordered(&stage), Some(TokenOrder::Use { label: label.clone() }));
    stage.tell(Message::TokenDone(Ok(TokenDone::ToUse { label, text: Secret::new(CANARY) })));
    let shown = stage.picture();
    assert!(
        !shown.contains("tokens that are kept") && shown.contains("looking at the access token of user"),
        "{shown}"
    );
}

#[test]
fn a_refresh_is_the_profiles_own_flow_step_by_step() {
    let mut stage = stage(120, 35);
    stage.tell(Message::Tokens(vec![row("nordbank", "user", 10, Some(Standing::InForce), true)]));
    stage.keys("r");
    let started = stage.commands.iter().rev().find_map(|c| match c {
        Command::Prepare { profile, environment, flow, .. } => {
            Some((profile.clone(), environment.clone(), flow.clone()))
        }
        _ => None,
    });
    assert_eq!(started, Some(("nordbank".into(), "sandbox".into(), "token".into())));
    assert!(!stage.picture().contains("tokens that are kept"));
    let mut stage = self::stage(120, 35);
    stage.keys("r");
    assert!(stage.picture().contains("no flow that refreshes it"), "{}", stage.picture());
    stage.keys("jjjr");
    assert!(stage.picture().contains("it has no refresh token"), "{}", stage.picture());
}

#[test]
fn a_call_with_it_is_copied_as_a_command_and_a_flow_gets_it_as_its_input() {
    let mut stage = stage(120, 35);
    let label = rows()[0].label.clone();
    stage.keys("c");
    assert!(stage.picture().contains("nothing is sent"), "{}", stage.picture());
    stage.keys("<space><enter>https://api.nordbank.example/accounts<enter>");
    let order = TokenOrder::Call {
        label: label.clone(),
        method: "POST".into(),
        url: "https://api.nordbank.example/accounts".into(),
    };
    assert!(matches!(stage.commands.last(), Some(Command::Token(o)) if *o == order), "{:?}", stage.commands.last());
    let text = "curl -X POST 'https://api.nordbank.example/accounts'".to_owned();
    stage.tell(Message::TokenDone(Ok(TokenDone::Call { label, text: text.clone() })));
    assert!(matches!(stage.commands.last(), Some(Command::Copy(copy)) if copy.text.expose() == text));
    // its profile is not here
    stage.keys("i");
    assert!(stage.picture().contains("no such flow"), "{}", stage.picture());
    // the run that it is for has it from the start
    let mut label = rows()[3].label.clone();
    label.environment = "sandbox".into();
    stage.tell(Message::TokenDone(Ok(TokenDone::ToRun { label, flow: "token", text: Secret::new(CANARY) })));
    let given = stage.commands.iter().rev().find_map(|c| match c {
        Command::Prepare { inputs, .. } => Some(inputs["token"].expose().to_owned()),
        _ => None,
    });
    assert_eq!(given.as_deref(), Some(CANARY));
    assert!(!stage.picture().contains(CANARY) && !format!("{:?}", stage.commands.last()).contains(CANARY));
}

#[test]
fn what_a_token_is_bound_to_is_looked_for_among_the_keys() {
    use crate::jose::Bound;
    let print = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2";
    let mut stage = Stage::new(120, 35, Look::default(), vec![ready()]);
    let key = crate::shell::KeyRow {
        thumbprint: print.into(),
        uri: "vault:dpop".into(),
        label: "dpop".into(),
        store: "vault".into(),
        ..Default::default()
    };
    stage.tell(Message::Stores(vec![super::play::store("vault", true)]));
    stage.tell(Message::Keys(crate::shell::StoreRows { scheme: "vault", rows: vec![key], answered: true }));
    let mut bound = row("nordbank", "user", 240, None, true);
    bound.label.bound = vec![Bound::ProofKey(print.into()), Bound::Certificate(print.replace('b', "c"))];
    stage.keys("T");
    stage.tell(Message::Tokens(vec![bound, row("nordbank", "app", 240, None, true)]));
    let shown = stage.picture();
    assert!(shown.contains("dpop in vault") && shown.contains("not among the"), "{shown}");
    stage.keys("j");
    assert!(stage.picture().contains("nothing that the token shows"), "{}", stage.picture());
}

#[test]
fn a_filter_keeps_those_in_which_its_words_stand() {
    let mut stage = stage(120, 35);
    stage.keys("/user<space>!old");
    let picture = stage.picture();
    assert!(picture.contains("tokens that are kept / user !old_"), "{picture}");
    stage.keys("<enter>");
    let picture = stage.picture();
    assert!(picture.contains("tokens that are kept / user !old: 2"), "{picture}");
    assert!(picture.contains("acme-fjordbank") && !picture.contains("acme-oldbank"), "{picture}");
    // keys are for what shows
    stage.commands.clear();
    stage.keys("jy");
    let taken = stage.commands.iter().find_map(|c| match c {
        Command::Token(TokenOrder::Copy { label }) => Some(label.profile.clone()),
        _ => None,
    });
    assert_eq!(taken.as_deref(), Some("acme-fjordbank"));
    stage.keys("/<space>nowhere<enter>");
    assert!(stage.picture().contains("none in which all of these words stand"), "{}", stage.picture());
    // the first Esc drops the filter, the next one closes
    stage.keys("<esc>");
    assert!(stage.picture().contains("tokens that are kept: 4"), "{}", stage.picture());
    stage.keys("<esc>");
    assert!(!stage.picture().contains("tokens that are kept"), "{}", stage.picture());
}

#[test]
fn the_cursor_stays_on_a_row_that_shows_when_the_last_of_them_goes() {
    let mut stage = stage(120, 35);
    stage.keys("/user<enter>G");
    // the chosen one was forgotten meanwhile; another that does not show is still kept
    stage.tell(Message::Tokens(rows().into_iter().filter(|row| row.label.profile != "acme-oldbank").collect()));
    assert!(stage.picture().contains("tokens that are kept / user: 2"), "{}", stage.picture());
    stage.commands.clear();
    stage.keys("y");
    assert!(
        stage.commands.iter().any(|c| matches!(c, Command::Token(TokenOrder::Copy { .. }))),
        "{:?}",
        stage.commands
    );
}
