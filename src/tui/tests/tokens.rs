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
    };
    TokenRow { label, in_memory, busy: false }
}

fn rows() -> Vec<TokenRow> {
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
