//! Pieces that several panes are made of.

pub mod bar;
pub mod entry;
pub mod field;
pub mod filter_line;
pub mod frame;
