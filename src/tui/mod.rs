//! The screen: one loop, one [`App`], pure views.
//!
//! ```text
//!   terminal, shell ── Message ──► App::update ── Command ──► loop (terminal, clipboard) or shell
//!                                      │
//!                                      └─ view(&App, &mut Frame): reads, never changes
//! ```
//!
//! Nothing here knows a bank or a protocol; the clock comes with every message. No timer runs while nothing counts.

pub mod app;
mod ascii;
mod background;
mod body;
mod chord;
mod chrome;
pub mod clipboard;
mod doc;
mod engine;
mod filter;
mod focus;
mod item;
mod keymap;
mod layout;
mod link;
mod log;
mod look;
mod message;
mod overlay;
mod pane;
mod pick;
mod run;
mod screen;
mod span;
mod sweep;
mod terminal;
#[cfg(test)]
mod tests;
mod widget;
mod words;

pub use app::{App, Settings};
pub use engine::Engine;
pub use focus::PaneId;
pub use keymap::Keymap;
pub use look::{Look, Theme};
pub use message::{
    Asking, Command, CopyReport, CopyRequest, Message, Notice, NoticeTone, Number, Problem, Route, Wrap,
};
pub use run::{Channels, Ended, Opened, open, run};
pub use screen::view;
pub use terminal::size as terminal_size;
