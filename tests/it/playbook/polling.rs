//! The same question until there is an answer: by the server's interval, slower when it says so, and not for ever (O32).

use super::*;

const ASK: &str = r#"
[[flow]]
id = "ask"
[[flow.step]]
id = "token"
[flow.step.http]
url  = "{{ env.token_endpoint }}"
auth = "client"
form = { grant_type = "urn:ietf:params:oauth:grant-type:device_code", device_code = "c0de-c0de" }
take = { access_token = { json = "/access_token" } }
[flow.step.http.repeat]
while  = "response.json is object and response.json.error | default('') in ['authorization_pending', 'slow_down']"
slower = "response.json.error == 'slow_down'"
every  = "EVERY"
limit  = "60"
"#;

fn asked(every: &str) -> Play {
    let every = every.parse::<i64>().map_or_else(|_| format!("\"{every}\""), |n| n.to_string());
    let mut play = Play::begun(&ASK.replace("\"EVERY\"", &every).replace("\"60\"", "60"), "ask", Pace::Step);
    play.says(Event::Step).wants(&["sign signing ES256"]).signs();
    play.stands(RunStatus::Armed, "token", StepState::Armed);
    play.says(Event::Approve);
    play
}

fn refusal(code: &str) -> Value {
    json!({ "error": code })
}

/// The pause is over, and a new assertion is signed.
fn waits(play: &mut Play, seconds: i64) {
    let op = play.op();
    play.later(seconds).says(Event::Replied { op, reply: Reply::Waited }).wants(&["sign signing ES256"]).signs();
}

#[test]
fn it_asks_by_the_interval_slower_when_told_and_each_time_with_a_new_assertion() {
    let mut play = asked("7");
    let first = play.claims(0)["jti"].clone();
    play.answers(400, &refusal("authorization_pending")).wants(&["wait 7000"]);
    play.stands(RunStatus::Busy, "token", StepState::Sent);
    assert!(play.run.view().countdowns.iter().any(|c| c.name == "next question"), "a person sees when it asks again");
    waits(&mut play, 7);
    assert_ne!(play.claims(0)["jti"], first);
    play.answers(400, &refusal("slow_down")).wants(&["wait 12000"]);
    waits(&mut play, 12);
    play.answers(400, &refusal("authorization_pending")).wants(&["wait 12000"]);
    waits(&mut play, 12);
    play.answers(200, &good()).stands(RunStatus::Done, "token", StepState::Done);
    assert_eq!(play.run.view().steps[0].attempt, 4);
    assert!(play.run.view().countdowns.iter().all(|c| c.name != "next question"));
}

#[test]
fn it_ends_when_the_person_said_no_or_the_limit_is_there() {
    let mut play = asked("5");
    play.answers(400, &refusal("access_denied")).fails("token", "access_denied");
    for (every, rounds) in [("20", 2), ("0", 59), ("1000000", 0), ("soon", 11)] {
        let mut play = asked(every);
        let seconds = every.parse::<i64>().map_or(5, |n| n.max(1));
        for _ in 0..rounds {
            play.answers(400, &refusal("authorization_pending")).wants(&[&format!("wait {}", seconds * 1000)]);
            waits(&mut play, seconds);
        }
        play.answers(400, &refusal("authorization_pending")).wants(&[]).fails("token", "answer.never");
    }
}

#[test]
fn a_person_may_give_up_while_it_waits() {
    let mut play = asked("7");
    play.answers(400, &refusal("authorization_pending"));
    let op = play.op();
    play.says(Event::Cancel).wants(&[&format!("abort {}", op.0)]).fails("token", "cancelled");
    play.says(Event::Replied { op, reply: Reply::Waited }).wants(&[]);
}
