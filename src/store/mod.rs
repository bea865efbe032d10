//! What is kept between runs. Files are written whole or not at all, readable by their owner alone.

mod file;
mod memory;
mod profiles;

pub use file::{StoreError, read_capped, write_private};
pub use memory::{Memory, Whose};
pub use profiles::{load_library, path_of, save_new, save_pins, save_values};
