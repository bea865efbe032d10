//! What people come for, walked by keys: each ends at a picture of the README.

use std::path::Path;
use std::time::Duration;

use super::picture;
use super::pty::Terminal;

const ENTER: &str = "\r";

type Walk = fn(&mut Terminal);

/// Name of the picture, and the way there.
const JOURNEYS: &[(&str, Walk)] = &[
    ("screen", |t| {
        t.keys("jj").keys(ENTER).until("Enter builds it").keys(ENTER).until("not sent yet").until("verified");
    }),
    ("identify", |t| {
        t.keys("/").keys("identify").keys(ENTER).until("Enter in pane 1 starts it").keys(ENTER).until("step 1 of 9");
        t.keys("S").until("→ claims").until_it("every step ended", |s| s.matches("✓ ok").count() >= 9);
    }),
    ("register", |t| {
        t.keys("/").keys("read the reg").keys(ENTER).until(">     Read the").keys(ENTER).until("step 1 of 4");
        t.keys("S").until_it("read", |s| s.matches("✓ ok").count() >= 4);
        t.keys("L").until("memory:wso2-ob-transport");
    }),
    ("why", |t| {
        t.keys("jj").keys(ENTER).until("Enter builds it").keys(ENTER).until("not sent yet");
        t.keys("e").until("change what of").keys("claims/aud").keys(ENTER).until("change client_assertion.claims/aud");
        t.keys("\u{15}https://elsewhere.example").keys(ENTER).keys(ENTER).until("[edited: aud]");
        t.keys("4").until("verified").keys("Z").keys("A").until("type to find").keys("dnb client").keys(ENTER);
        t.until("as dnb/client").until("DNB-TOK-03");
    }),
    ("explore", |t| {
        t.keys("jj").keys(ENTER).until("Enter builds it").keys(ENTER).until("not sent yet");
        t.keys("X").until("break which rule?").keys("assertion-audience").keys(ENTER).until("[edited: aud]");
        t.keys(ENTER).until("is refused: refused: invalid_client");
        t.keys("r").until("attempt 2").until("not sent yet").keys(ENTER).until("200 OK");
        t.keys("D").until("attempt 1: failed").keys(ENTER).until("client_assertion.claims.aud");
    }),
    ("support", |t| {
        t.keys("jj")
            .keys(ENTER)
            .until("Enter builds it")
            .keys("S")
            .until_it("done", |s| s.matches("✓ ok").count() >= 2);
        t.keys("y").until("report").keys("R").until("values masked");
    }),
];

fn leave(mut terminal: Terminal) {
    terminal.keys("\x03").keys("\x03");
    assert!(terminal.end().success());
    assert!(terminal.is_restored());
}

fn walked(walk: Walk, columns: u16, rows: u16) -> Terminal {
    let mut terminal = super::demo(columns, rows);
    walk(&mut terminal);
    // the picture as it stays
    while terminal.next_output(Duration::from_millis(500)) {}
    terminal
}

#[test]
fn each_journey_is_walked_to_its_end_and_can_be_drawn() {
    for (name, walk) in JOURNEYS {
        let terminal = walked(*walk, 120, 45);
        let svg = picture::svg(terminal.emulator.screen());
        assert!(svg.starts_with("<svg") && svg.matches("<text").count() > 60, "{name}:\n{}", terminal.screen());
        leave(terminal);
    }
}

#[test]
#[ignore = "writes assets/*.svg: run it when the screen changes"]
fn draw_the_pictures() {
    for (name, walk) in JOURNEYS {
        let (columns, rows) = if *name == "screen" { (160, 45) } else { (120, 40) };
        let terminal = walked(*walk, columns, rows);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(format!("{name}.svg"));
        std::fs::write(path, picture::svg(terminal.emulator.screen())).expect("written");
        leave(terminal);
    }
}
