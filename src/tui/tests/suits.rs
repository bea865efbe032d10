//! What banks make of a certificate: in a key's card, where a key is bound, and in the inspector.

use super::play::{NOW, Stage, ready, store, summaries};
use crate::inspect::{KeyRing, inspect};
use crate::jose::Alg;
use crate::profile::model::KeyUse;
use crate::profile::{RoleSummary, Summary};
use crate::shell::{KeyDone, KeyOrder, KeyRow, Seated, StoreRows, testing};
use crate::time::Timestamp;
use crate::tui::{Command, Look, Message};
use crate::x509::{Kind, Role, Roles, Use, Wish};

const SIZES: [(u16, u16); 2] = [(120, 35), (80, 24)];

/// A bank with a role for each verdict.
fn strict() -> Vec<Summary> {
    let role = |name: &str, usage, algs: &[Alg], kind, roles| RoleSummary {
        name: name.into(),
        label: name.into(),
        usage,
        algs: algs.to_vec(),
        min_bits: None,
        wish: Some(Wish { use_: if usage == KeyUse::Tls { Use::MtlsClient } else { Use::Seal }, kind, roles }),
    };
    let roles = vec![
        role("transport", KeyUse::Tls, &[], Kind::Eseal, Roles::Unasked),
        role("sealing", KeyUse::Sign, &[Alg::Es256], Kind::Eseal, Roles::AnyOf(vec![Role::Payment, Role::Cards])),
        role("qwac", KeyUse::Tls, &[], Kind::Qwac, Roles::Unasked),
        role("cards", KeyUse::Sign, &[Alg::Es256], Kind::Eseal, Roles::AllOf(vec![Role::Payment, Role::Cards])),
        role("rsa", KeyUse::Sign, &[Alg::Ps256], Kind::Eseal, Roles::Unasked),
    ];
    let one = summaries().swap_remove(0);
    vec![Summary { roles: roles.into(), ..one }]
}

fn stage((width, height): (u16, u16), row: KeyRow) -> Stage {
    let mut stage = Stage::new(width, height, Look::default(), vec![ready()]);
    stage.tell(Message::Profiles(strict()));
    stage.tell(Message::Stores(vec![store("vault", true)]));
    stage.tell(Message::Keys(StoreRows { scheme: "vault", rows: vec![row], answered: true }));
    stage.keys("2");
    stage
}

#[test]
fn a_card_has_one_line_for_each_role_of_a_bank_and_says_why_not() {
    let later = Timestamp::from_seconds(NOW.seconds() + 100 * 365 * 86_400);
    for (name, row) in [
        ("fits", testing::seal(strict(), NOW)),
        ("server", testing::server(strict(), NOW)),
        ("expired", testing::seal(strict(), later)),
    ] {
        for size in SIZES {
            let mut stage = stage(size, row.clone());
            stage.keys("<enter>");
            insta::assert_snapshot!(format!("suits_{name}_{}x{}", size.0, size.1), stage.picture());
        }
    }
}

#[test]
fn a_key_with_the_wrong_certificate_can_be_bound_and_is_told_before_and_after() {
    for size in SIZES {
        let mut stage = stage(size, testing::server(strict(), NOW));
        stage.keys("b");
        insta::assert_snapshot!(format!("suits_bind_{}x{}", size.0, size.1), stage.picture());
        stage.keys("sandbox-transport<enter>");
        let mut orders = stage.commands.iter().filter_map(|c| match c {
            Command::Key { number, order: KeyOrder::Bind { seat, uri } } => Some((*number, seat.clone(), uri.clone())),
            _ => None,
        });
        let (number, seat, uri) = orders.next_back().expect("it is bound");
        let seated = Seated { before: None, kept: false };
        stage.tell(Message::KeyDone { number, result: Ok(KeyDone::Bound { seat, uri, seated }) });
        insta::assert_snapshot!(format!("suits_bound_{}x{}", size.0, size.1), stage.picture());
    }
}

#[test]
fn the_inspector_tells_it_of_a_certificate_that_was_pasted() {
    let pem = include_str!("../../shell/testing/server.pem");
    for size in SIZES {
        let mut stage = stage(size, testing::server(strict(), NOW));
        stage.tell(Message::Input(crossterm::event::Event::Paste(pem.to_owned())));
        let asked = stage.commands.iter().find_map(|c| match c {
            Command::Inspect { number, .. } => Some(*number),
            _ => None,
        });
        let found = inspect(pem, &KeyRing::new(), NOW).for_banks(&strict(), NOW);
        let number = asked.expect("it is looked at");
        stage.tell(Message::Inspected { number, result: Ok(Box::new(found)), message: None });
        stage.keys("Z");
        insta::assert_snapshot!(format!("suits_inspected_{}x{}", size.0, size.1), stage.picture());
    }
}
