//! What a server said of itself in an earlier run.

use super::*;

#[test]
fn metadata_of_an_earlier_run_is_used_unless_it_is_another_issuers() {
    let flow = "[[flow]]\nid = \"ask\"\n[[flow.step]]\nid = \"ask\"\n[flow.step.http]\n\
                url = \"{{ metadata.userinfo_endpoint or 'https://as.nordbank.example/none' }}\"\n";
    for (issuer, asked) in [("https://as.nordbank.example", "kept"), ("https://as.other.example", "none")] {
        let mut play = Play::of(flow, "ask", Pace::Straight);
        play.says(Event::Start);
        let metadata = json!({ "issuer": issuer, "userinfo_endpoint": "https://as.nordbank.example/kept" });
        let loaded = Loaded { metadata: Some(metadata), ..Loaded::default() };
        let op = play.op();
        play.says(Event::Replied { op, reply: Reply::Loaded(Box::new(loaded)) });
        play.wants(&[&format!("send GET https://as.nordbank.example/{asked}")]);
        play.stands(RunStatus::Busy, "ask", StepState::Sent);
    }
}
