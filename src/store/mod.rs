//! What is kept between runs. Files are written whole or not at all, readable by their owner alone.

mod documents;
mod file;
pub mod history;
pub(crate) mod kill;
pub mod ledger;
mod memory;
mod metadata;
mod profile_bin;
mod profile_file;
mod profiles;
pub mod tokens;
mod whose;

pub use documents::{keep_document, read_document};
pub use file::{StoreError, read_capped, write_private};
pub use history::History;
pub use ledger::Ledger;
pub use memory::Memory;
pub use metadata::{keep_metadata, read_metadata};
pub use profile_bin::{BIN_DAYS, Binned, binned, put as put_in_bin};
pub use profile_file::{FileChange, Unmade, read_profile, save_new};
pub use profiles::{
    drop_values, load_library, load_settings, load_text, path_of, profiles_stamp, save_pins, save_reference,
    save_values, toml_value,
};
pub use tokens::Tokens;
pub use whose::Whose;
