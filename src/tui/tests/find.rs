//! Searching: in a step, in a token, in what lies over the panes, and in a body of any size.

use super::play::{Stage, armed, done, exchange, failed, ready};
use crate::flow::view::RunView;
use crate::tui::body;
use crate::tui::{Command, Look, Message};

fn stage(last: RunView) -> Stage {
    let mut stage = Stage::new(120, 35, Look::default(), vec![ready(), armed(), last]);
    stage.keys("<enter><enter><enter>");
    stage
}

#[test]
fn matches_are_counted_and_gone_to_and_escape_ends_it() {
    let mut stage = stage(failed());
    stage.keys("/AUD<enter>");
    let first = stage.app.step.doc.cursor;
    assert!(stage.picture().contains(" AUD 1/"), "{}", stage.picture());
    stage.keys("n");
    let second = stage.app.step.doc.cursor;
    assert!(second > first && stage.picture().contains(" AUD 2/"), "{}", stage.picture());
    stage.keys("N");
    assert_eq!(stage.app.step.doc.cursor, first);
    // from the first one back: round to the last
    stage.keys("N");
    assert!(stage.app.step.doc.cursor > first);
    stage.keys("<esc>");
    assert!(!stage.picture().contains("AUD"), "{}", stage.picture());
    stage.keys("n");
    assert!(stage.picture().contains("nothing to find: / searches"), "{}", stage.picture());
    stage.keys("/nowhere<space>at<space>all<enter>");
    assert!(stage.picture().contains("nothing here holds “nowhere at all”"), "{}", stage.picture());
}

#[test]
fn a_token_and_what_lies_over_the_panes_are_searched_too() {
    let mut stage = stage(done());
    stage.keys("4Z/nordbank<enter>");
    assert!(stage.picture().contains("nordbank 1/1"), "{}", stage.picture());
    let text: String =
        (1..=80).map(|i| format!("line {i} {}\n", if i % 40 == 0 { "here it is" } else { "" })).collect();
    stage.tell(Message::Explained { word: "TEXT-1".into(), text: Some(text) });
    stage.keys("<esc>/here<enter>");
    assert!(stage.picture().contains("TEXT-1  here 1/2") && stage.picture().contains("line 40"), "{}", stage.picture());
    stage.keys("n");
    assert!(stage.picture().contains("here 2/2") && stage.picture().contains("line 80"), "{}", stage.picture());
    // the first Esc ends the search, the next one closes
    stage.keys("<esc>");
    assert!(stage.picture().contains("TEXT-1") && !stage.picture().contains("here 2/2"), "{}", stage.picture());
    stage.keys("<esc>M/looking");
    assert!(stage.picture().contains("/ looking"), "{}", stage.picture());
}

#[test]
fn a_large_body_is_searched_elsewhere_and_the_first_match_comes_at_once() {
    let items: String = (0..60_000).map(|i| format!("{{\"id\":{i},\"text\":\"some words\"}},")).collect();
    let mut view = done();
    view.steps[0].exchange = Some(exchange(200, &format!("[{items}{{\"last\":\"needle\"}}]")));
    let mut stage = stage(view);
    let index = stage.commands.iter().rev().find_map(|c| match c {
        Command::Index { key, source, redactor } => Some((*key, body::count(key, source, redactor))),
        _ => None,
    });
    let (key, rows) = index.expect("it is counted elsewhere");
    stage.keys("/needle<enter>");
    assert!(stage.picture().contains("needle 0/0  searching: 0 B of"), "{}", stage.picture());
    stage.tell(Message::Indexed { key, rows });
    let search =
        stage.commands.iter().rev().find_map(|c| if let Command::Search(s) = c { Some(s.clone()) } else { None });
    let search = search.expect("it is searched elsewhere");
    let mut portions = Vec::new();
    search.run(|portion| portions.push(portion));
    for portion in portions {
        stage.tell(Message::Searched { key, needle: "needle".into(), portion });
    }
    assert!(
        stage.picture().contains("\"last\": \"needle\"") && stage.picture().contains("needle 1/1  row 240,0"),
        "{}",
        stage.picture()
    );
    // an answer to a search that is over falls through
    stage.keys("<esc>");
    let portion = body::Portion { rows: vec![1], looked: 1, done: true, cut: false };
    stage.tell(Message::Searched { key, needle: "needle".into(), portion });
    assert!(!stage.picture().contains("needle 1/1"), "{}", stage.picture());
}

#[test]
fn a_json_path_picks_values_from_the_response_and_from_the_token() {
    let mut view = done();
    let body = r#"{"accounts":[{"currency":"NOK","access_token":"hunter2"},{"currency":"DKK"}]}"#;
    view.steps[0].exchange = Some(exchange(200, body));
    let mut stage = stage(view);
    let pick = |stage: &mut Stage, keys: &str| {
        stage.commands.clear();
        stage.keys(keys);
        let pick =
            stage.commands.iter().rev().find_map(|c| if let Command::Pick(p) = c { Some(p.clone()) } else { None });
        stage.tell(Message::Picked(pick.expect("asked").run()));
        let picture = stage.picture();
        stage.keys("<esc>");
        picture
    };
    let picture = pick(&mut stage, "/$.accounts[*].currency<enter>");
    for text in ["2 values at $.accounts[*].currency", "$.accounts[1].currency  \"DKK\""] {
        assert!(picture.contains(text), "{text} in\n{picture}");
    }
    let picture = pick(&mut stage, "/$..access_token<enter>");
    assert!(picture.contains("1 value at") && !picture.contains("hunter2"), "{picture}");
    assert!(pick(&mut stage, "/$.nowhere<enter>").contains("nothing stands at $.nowhere"));
    stage.keys("/$.a[<enter>");
    assert!(stage.picture().contains("is no JSON path (RFC 9535)"), "{}", stage.picture());
    let picture = pick(&mut stage, "4/$.alg<enter>");
    assert!(picture.contains("$.alg  \"ES256\""), "{picture}");
}
