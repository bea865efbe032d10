//! The mouse: clicks, the wheel, and borders that are dragged.

use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::play::{NOW, Stage, armed, done, ready};
use super::tokens;
use crate::shell::TokenOrder;
use crate::tui::focus::PaneId;
use crate::tui::overlay::Overlay;
use crate::tui::{Command, Look, Message};

fn stage(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height, Look::default(), vec![ready(), armed(), done()]);
    stage.keys("<enter><enter><enter>");
    stage
}

fn mouse(stage: &mut Stage, kind: MouseEventKind, (column, row): (u16, u16)) {
    let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    stage.tell(Message::Input(Event::Mouse(event)));
}

fn click(stage: &mut Stage, at: (u16, u16)) {
    mouse(stage, MouseEventKind::Down(MouseButton::Left), at);
    mouse(stage, MouseEventKind::Up(MouseButton::Left), at);
}

/// Where a text stands on the screen.
fn place(stage: &Stage, text: &str) -> (u16, u16) {
    let picture = stage.picture();
    let found = picture.lines().enumerate().find_map(|(y, line)| {
        // the picture's lines begin with a quote
        line.find(text).map(|at| (line[..at].chars().count() - 1, y))
    });
    let (x, y) = found.unwrap_or_else(|| panic!("no {text}:\n{picture}"));
    (u16::try_from(x).unwrap(), u16::try_from(y).unwrap())
}

#[test]
fn a_click_chooses_a_row_and_a_tab() {
    let mut stage = stage(120, 35);
    let production = place(&stage, "production");
    click(&mut stage, production);
    assert_eq!(stage.app.focus, PaneId::Profiles);
    assert_eq!(stage.app.profiles.place().map(|(_, env)| env.name.as_str()), Some("production"));
    // again: it opens
    click(&mut stage, production);
    assert!(stage.picture().contains("- production"), "{}", stage.picture());
    let checks = place(&stage, "checks");
    click(&mut stage, checks);
    assert!(stage.picture().contains("[checks]"), "{}", stage.picture());
    assert_eq!(stage.app.focus, PaneId::Step);
}

#[test]
fn a_border_is_dragged_and_stays_in_its_shape() {
    for (width, height) in [(160, 45), (120, 35)] {
        let mut stage = stage(width, height);
        let area = |stage: &Stage, pane| stage.app.geometry().pane(pane).unwrap();
        let drag = |stage: &mut Stage, from: (u16, u16), to: (u16, u16)| {
            mouse(stage, MouseEventKind::Down(MouseButton::Left), from);
            mouse(stage, MouseEventKind::Drag(MouseButton::Left), to);
            mouse(stage, MouseEventKind::Up(MouseButton::Left), to);
        };
        let left = area(&stage, PaneId::Profiles).right() - 1;
        drag(&mut stage, (left, 3), (left + 7, 3));
        assert_eq!(area(&stage, PaneId::Profiles).right() - 1, left + 7);
        // from the other side of the same border
        drag(&mut stage, (left + 8, 3), (left, 3));
        assert_eq!(area(&stage, PaneId::Profiles).right() - 1, left);
        let below = area(&stage, PaneId::Flow).bottom() - 1;
        drag(&mut stage, (left + 20, below), (left + 20, below + 3));
        assert_eq!(area(&stage, PaneId::Flow).bottom() - 1, below + 3);
        // far outside: as far as it goes
        drag(&mut stage, (left, 3), (width + 90, 3));
        let widest = area(&stage, PaneId::Profiles).width;
        assert!(widest <= width / 2, "{widest}");
        // let go: it moves no more
        mouse(&mut stage, MouseEventKind::Drag(MouseButton::Left), (10, 3));
        assert_eq!(area(&stage, PaneId::Profiles).width, widest);
    }
    let mut stage = stage(160, 45);
    let right = stage.app.geometry().pane(PaneId::Inspector).unwrap().x;
    mouse(&mut stage, MouseEventKind::Down(MouseButton::Left), (right, 9));
    mouse(&mut stage, MouseEventKind::Drag(MouseButton::Left), (right - 4, 9));
    assert_eq!(stage.app.geometry().pane(PaneId::Inspector).unwrap().x, right - 4);
}

#[test]
fn a_list_over_the_panes_takes_clicks_and_the_wheel() {
    let mut stage = stage(120, 35);
    stage.keys(":zoom");
    let row = place(&stage, "this pane alone");
    click(&mut stage, row);
    assert!(stage.app.zoom && stage.app.overlays.is_empty(), "the chosen one is run");
    stage.keys("Z:");
    mouse(&mut stage, MouseEventKind::ScrollDown, (40, 10));
    mouse(&mut stage, MouseEventKind::ScrollDown, (40, 10));
    let Some(Overlay::Choice(choice)) = stage.app.overlays.last() else { panic!("the palette") };
    assert!(choice.is_at(2));
    // what is below it does not move
    let before = stage.app.step.doc;
    mouse(&mut stage, MouseEventKind::ScrollDown, (100, 30));
    assert_eq!(stage.app.step.doc, before);
}

#[test]
fn a_row_of_kept_tokens_is_clicked_on_and_opened_by_a_second_click() {
    for (width, height) in [(120, 35), (80, 24)] {
        let mut stage = stage(width, height);
        stage.keys("T");
        stage.tell(Message::Tokens(tokens::rows()));
        let row = place(&stage, "acme-oldbank");
        stage.commands.clear();
        click(&mut stage, row);
        assert!(matches!(stage.app.overlays.last(), Some(Overlay::Tokens(list)) if list.cursor == 2));
        assert!(stage.commands.is_empty(), "{:?}", stage.commands);
        // the text below follows the row, and the list stays where it is
        for _ in 0..2 {
            let row = place(&stage, "acme-nordbank");
            click(&mut stage, row);
        }
        let used = stage.commands.iter().any(|c| matches!(c, Command::Token(TokenOrder::Use { .. })));
        assert!(used, "{:?}", stage.commands);
    }
}

#[test]
fn a_freed_mouse_is_the_terminals() {
    let mut stage = stage(120, 35);
    stage.keys("m");
    let production = place(&stage, "production");
    click(&mut stage, production);
    assert_eq!(stage.app.focus, PaneId::Flow);
    stage.app.update(Message::Tick, NOW);
}
