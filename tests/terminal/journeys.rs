//! What people come for, walked by keys: each ends at a picture of the README.

use std::path::Path;
use std::time::Duration;

use super::picture;
use super::pty::Terminal;

const ENTER: &str = "\r";

type Walk = fn(&mut Terminal);

/// The flow under the cursor, at its first step.
fn start(t: &mut Terminal) -> &mut Terminal {
    t.keys(ENTER).until("Preflight")
}

/// The only flow that the filter leaves.
fn find<'t>(t: &'t mut Terminal, words: &str, shown: &str) -> &'t mut Terminal {
    t.keys("/").keys(words).until(shown).keys(ENTER).until_it("found", |s| s.contains(&format!(">     {shown}")));
    start(t)
}

/// Runs on to the end, of so many steps.
fn run_on(t: &mut Terminal, steps: usize) -> &mut Terminal {
    t.keys("S").until_it("every step ended", |s| s.matches("✓ ok").count() >= steps)
}

/// Name of the picture, and the way there.
const JOURNEYS: &[(&str, Walk)] = &[
    ("screen", |t| {
        t.keys("jj");
        start(t).keys(ENTER).until("not sent yet").until("POST https://");
    }),
    ("onboard", |t| {
        run_on(start(t), 4).keys("gj").keys("4").until("registration_jwt").until("verified");
    }),
    ("call", |t| {
        run_on(find(t, "call the pre", "Call the pre"), 3);
        t.keys("y").until("the request as curl").keys("u").until("copied the request as curl");
    }),
    ("identify", |t| {
        // on a small screen the list scrolls
        run_on(find(t, "identify a", "Identify a person"), 4).until("→ claims");
        t.until_it("the last step", |s| s.lines().any(|l| l.contains("id_token") && l.contains("✓ ok")));
    }),
    ("register", |t| {
        run_on(find(t, "read the reg", "Read the"), 4);
        t.keys("L").until("memory:wso2-ob-transport");
    }),
    ("why", |t| {
        t.keys("jj");
        start(t).keys(ENTER).until("not sent yet");
        t.keys("e").until("change what of").keys("claims/aud").keys(ENTER).until("change client_assertion.claims/aud");
        t.keys("\u{15}https://elsewhere.example").keys(ENTER).keys(ENTER).until("[edited: aud]");
        t.keys("4").until("verified").keys("Z").keys("A").until("type to find").keys("dnb client").keys(ENTER);
        t.until("as dnb/client").keys("/DNB-TOK-03").keys(ENTER).until("DNB-TOK-03 1/");
    }),
    ("explore", |t| {
        t.keys("jj");
        start(t).keys(ENTER).until("not sent yet");
        t.keys("X").until("break which rule?").keys("assertion-audience").keys(ENTER).until("[edited: aud]");
        t.keys(ENTER).until("is refused: refused: invalid_client");
        t.keys("r").until("attempt 2").until("not sent yet").keys(ENTER).until("200 OK");
        t.keys("D").until("attempt 1: failed").keys(ENTER).until("client_assertion.claims.aud");
    }),
    ("support", |t| {
        t.keys("jj");
        run_on(start(t), 2).keys("y").until("report").keys("R").until("values masked");
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

fn each_is_walked(columns: u16, rows: u16) {
    for (name, walk) in JOURNEYS {
        let terminal = walked(*walk, columns, rows);
        let svg = picture::svg(terminal.emulator.screen());
        let texts = svg.matches("<text").count();
        assert!(svg.starts_with("<svg") && texts > 15, "{name} {columns}x{rows}:\n{}", terminal.screen());
        leave(terminal);
    }
}

#[test]
fn each_journey_is_walked_to_its_end_on_a_wide_screen() {
    each_is_walked(160, 45);
}

#[test]
fn each_journey_is_walked_to_its_end_on_a_screen_of_two_columns() {
    each_is_walked(120, 35);
}

#[test]
fn each_journey_is_walked_to_its_end_on_a_small_screen() {
    each_is_walked(80, 24);
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
