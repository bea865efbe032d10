//! Custody of refresh tokens by the real program: it is killed at each point of a rotation and started again, and two of
//! it race for one token.

#[path = "custody/bank.rs"]
mod bank;
#[path = "custody/program.rs"]
pub mod program;

use bank::{Bank, Lose};
use countersign::flow::custody::Policy;
use program::Program;

/// Where the program can die, in the order of a rotation; `A/B` is the first `B` after `A`.
const BEFORE_MARK: &[&str] = &["leased", "marking", "marking/create", "marking/write", "marking/fsync"];
const UNSENT: &[&str] = &["marking/rename", "marking/synced", "marked", "sending"];
const UNKEPT: &[&str] = &["answered", "keeping", "keeping/create", "keeping/write", "keeping/fsync"];
const KEPT: &[&str] = &["keeping/rename", "keeping/synced", "kept"];
const FORGETTING: &[&str] = &[
    "forgetting",
    "forgetting/create",
    "forgetting/write",
    "forgetting/fsync",
    "forgetting/rename",
    "forgetting/synced",
    "forgotten",
];

/// Where it died.
#[derive(Clone, Copy, Debug)]
enum Death {
    At(&'static str),
    /// The bank kills it when the request is there: before, or after, it looks at the token.
    ByBank(Lose),
}

/// What has to be there afterwards.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    /// The token in force, and nothing to be said.
    Sound,
    /// The token in force, or its predecessor where the answer was lost, and the doubt.
    Doubt,
}

fn deaths(policy: Policy) -> Vec<(Death, Left)> {
    let mut all = Vec::new();
    let at = |points: &[&'static str], left| points.iter().map(move |p| (Death::At(p), left)).collect::<Vec<_>>();
    all.extend(at(BEFORE_MARK, Left::Sound));
    all.extend(at(UNSENT, Left::Doubt));
    all.extend([Lose::Request, Lose::Answer].map(|lose| (Death::ByBank(lose), Left::Doubt)));
    all.extend(at(UNKEPT, Left::Doubt));
    all.extend(at(KEPT, Left::Sound));
    // only there is a predecessor to let go
    if policy == Policy::Rotate {
        all.extend(at(FORGETTING, Left::Sound));
    }
    all
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "needs the kill points, which a build for users has not")]
fn a_crash_at_any_point_of_a_rotation_loses_no_refresh_token() {
    let (mut cases, mut wrong) = (0, Vec::new());
    for policy in Policy::ALL {
        let bank = Bank::open(policy);
        let signed_in = Program::new(&bank);
        signed_in.ends_well(&["run", "acme", "login"]);
        for (death, left) in deaths(policy) {
            cases += 1;
            bank.reset();
            if let Err(problem) = survives(&signed_in.copied(), &bank, policy, death, left) {
                wrong.push(format!("{} {death:?}: {problem}", policy.word()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} lose something:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(cases, 26 + 19 + 19);
}

fn survives(program: &Program, bank: &Bank, policy: Policy, death: Death, left: Left) -> Result<(), String> {
    match death {
        Death::At(point) => program.dies(&["run", "acme", "refresh"], Some(point))?,
        Death::ByBank(lose) => {
            bank.lose_next(lose);
            program.dies_by(&["run", "acme", "refresh"], bank)?;
        }
    }
    let row = program.row();
    let kept = program.kept("refresh_token");
    let standing = row["refresh"]["standing"].as_str().unwrap_or_default().to_owned();
    let good = bank.is_good(&kept);
    match left {
        Left::Sound if !good || standing != "in_force" => return Err(format!("{kept} is {standing}, good {good}")),
        Left::Doubt if standing != "in_doubt" => return Err(format!("{kept} is {standing}, and no doubt is told")),
        // lost in the air: the predecessor is kept
        Left::Doubt if !good && !bank.was_given(&kept) => return Err(format!("{kept} was never given")),
        _ => {}
    }
    // and goes on from there, as far as the bank lets it
    let again = program.run(&["tokens", "refresh", "acme/user"], None);
    if left == Left::Doubt && policy == Policy::Rotate {
        if again.status != Some(1) || !again.stderr.contains("REF-01") {
            return Err(format!("a token in doubt is sent without a word: {again:?}"));
        }
        if bank.reused() {
            return Err("the bank saw a spent token".into());
        }
        let with_a_word = program.run(&["tokens", "refresh", "acme/user", "--in-doubt"], None);
        if good != (with_a_word.status == Some(0)) {
            return Err(format!("good {good}: {with_a_word:?}"));
        }
        if !good && program.row()["refresh"]["standing"] != "refused" {
            return Err(format!("the refusal is not told: {}", program.row()));
        }
        return Ok(());
    }
    match again.status {
        Some(0) if bank.is_good(&program.kept("refresh_token")) => Ok(()),
        _ => Err(format!("it does not go on: {again:?}")),
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "needs a build for users: cargo test --release")]
fn a_build_for_users_has_no_kill_points() {
    let bank = Bank::open(Policy::Rotate);
    let program = Program::new(&bank);
    program.ends_well(&["run", "acme", "login"]);
    let alive = program.run(&["run", "acme", "refresh"], Some("leased"));
    assert_eq!(alive.status, Some(0), "{alive:?}");
}

#[test]
fn two_instances_spend_one_token_once() {
    const ROUNDS: usize = 20;
    let bank = Bank::open(Policy::Rotate);
    let program = Program::new(&bank);
    program.ends_well(&["run", "acme", "login"]);
    for round in 1..=ROUNDS {
        let before = bank.requests();
        bank.hold();
        let two = [(); 2].map(|()| program.start(&["tokens", "refresh", "acme/user", "--json"]));
        let mut two = two.map(program::Running::until_request);
        // both stand with the same token in a finished request; one of them is at the bank
        bank.release();
        for running in &mut two {
            let (status, out) = running.end();
            assert_eq!(status, Some(0), "round {round}: {out}");
        }
        assert_eq!(bank.requests() - before, 1, "round {round}: one request");
        assert_eq!(program.row()["refresh"]["generation"], round, "round {round}");
        assert!(bank.is_good(&program.kept("refresh_token")) && !bank.reused(), "round {round}");
    }
}

#[test]
fn a_bank_that_was_given_a_spent_token_is_explained() {
    let bank = Bank::open(Policy::Rotate);
    let program = Program::new(&bank);
    program.ends_well(&["run", "acme", "login"]);
    bank.spend_behind_our_back();
    let refused = program.run(&["tokens", "refresh", "acme/user"], None);
    assert_eq!(refused.status, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("used before"), "{refused:?}");
    let list = program.run(&["tokens", "list"], None);
    assert!(list.stdout.contains("refused by the bank") && list.stdout.contains("sign in again"), "{list:?}");
}

#[test]
fn tokens_are_listed_used_and_forgotten_and_never_stand_in_the_open() {
    let bank = Bank::open(Policy::Rotate);
    let program = Program::new(&bank);
    program.ends_well(&["run", "acme", "login"]);
    let access = program.kept("access_token");
    let used = program.run(&["tokens", "use", "acme"], None);
    assert_eq!((used.status, used.stdout.trim()), (Some(0), access.as_str()), "what is good is printed as it is");
    let list = program.locked(&["tokens", "list"]);
    assert!(list.stdout.contains("acme/own/user") && list.stdout.contains("ends in"), "{list:?}");
    for token in [&access, &program.kept("refresh_token")] {
        assert!(!list.stdout.contains(token.as_str()) && !program.holds_in_clear(token), "{token} in the open");
    }
    assert!(program.holds_in_clear("acme"), "the search finds what is there");
    let locked = program.locked(&["tokens", "use", "acme/user"]);
    assert_eq!(locked.status, Some(3), "{locked:?}");
    assert_eq!(program.locked(&["tokens", "forget", "acme/user"]).status, Some(5), "it asks first");
    assert_eq!(program.locked(&["tokens", "forget", "acme/user", "--yes"]).status, Some(0));
    let gone = program.run(&["tokens", "use", "acme/user"], None);
    assert_eq!((gone.status, gone.stderr.contains("no tokens are kept under acme/user")), (Some(2), true), "{gone:?}");
    bank.reset();
}

#[test]
fn an_access_token_that_ended_is_refreshed_before_it_is_used() {
    let bank = Bank::open(Policy::Rotate);
    bank.short_lived();
    let program = Program::new(&bank);
    program.ends_well(&["run", "acme", "login"]);
    let used = program.run(&["tokens", "use", "acme/user"], None);
    assert_eq!((used.status, bank.requests()), (Some(0), 1), "{used:?}");
    assert_eq!(used.stdout.trim(), program.kept("access_token"));
}
