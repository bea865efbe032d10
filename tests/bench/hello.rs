//! The floor that speed is measured against: a list of 200 lines that blocks on input and draws on an event.

use crossterm::event::{Event, KeyCode};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Style, Stylize};
use ratatui::text::Line;
use ratatui::widgets::{Block, List, ListItem, ListState, Paragraph, Wrap};

fn main() -> std::io::Result<()> {
    let mut terminal = ratatui::init();
    let items: Vec<ListItem> = (0..200).map(|i| ListItem::new(format!("bank connection {i}"))).collect();
    let list = List::new(items).block(Block::bordered().title(" Profiles ")).highlight_style(Style::new().reversed());
    let mut state = ListState::default().with_selected(Some(0));
    let result = loop {
        let drawn = terminal.draw(|frame| {
            let [top, middle, bottom] =
                Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)])
                    .areas(frame.area());
            let [left, right] = Layout::horizontal([Constraint::Percentage(35), Constraint::Fill(1)]).areas(middle);
            frame.render_widget(Line::from("hello ready").bold(), top);
            frame.render_stateful_widget(&list, left, &mut state);
            let detail = Paragraph::new("detail ".repeat(300)).wrap(Wrap { trim: true });
            frame.render_widget(detail.block(Block::bordered().title(" Detail ")), right);
            frame.render_widget(Line::from("q quit  j/k move").dim(), bottom);
        });
        if let Err(e) = drawn {
            break Err(e);
        }
        match crossterm::event::read() {
            Ok(Event::Key(key)) => match key.code {
                KeyCode::Char('q') => break Ok(()),
                KeyCode::Char('j') | KeyCode::Down => state.select_next(),
                KeyCode::Char('k') | KeyCode::Up => state.select_previous(),
                _ => {}
            },
            Ok(_) => {}
            Err(e) => break Err(e),
        }
    };
    ratatui::restore();
    result
}
