//! The workbench: the screen on top of a session.

use super::args::Screen;
use super::exit::{Exit, Failure};
use crate::config::Places;

pub fn open(_places: &Places, _demo: bool, _screen: &Screen) -> Result<Exit, Failure> {
    Err(Failure::usage("the workbench needs a terminal", "countersign run works without one"))
}
