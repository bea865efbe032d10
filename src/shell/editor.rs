//! A text in the person's own editor.

use std::io::Write as _;
use std::process::Command;

use crate::store;

/// Longer texts are not taken back.
const MOST: u64 = 1 << 20;

/// What runs where neither `VISUAL` nor `EDITOR` says otherwise.
const USUAL: &str = if cfg!(windows) { "notepad" } else { "vi" };

/// Blocks until the editor has ended. None: nothing was changed. `suffix`: how the file's name ends. The file is nobody else's to read, and gone afterwards.
pub fn edit(editor: Option<&str>, suffix: &str, text: &str) -> Result<Option<String>, String> {
    let editor = editor.unwrap_or(USUAL);
    let told = |what: &str, e: std::io::Error| format!("{what}: {e}");
    let mut file = tempfile::Builder::new()
        .prefix("countersign-")
        .suffix(suffix)
        .tempfile()
        .map_err(|e| told("no file could be made", e))?;
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(|e| told("the file was not written", e))?;
    let ended = command(editor, file.path()).status().map_err(|e| told(&format!("`{editor}` was not started"), e))?;
    if !ended.success() {
        return Err(format!("`{editor}` ended with {ended}"));
    }
    // many editors put a new file in place of the old one
    let back = store::read_capped(file.path(), MOST).map_err(|e| e.to_string())?;
    let back = String::from_utf8(back).map_err(|_| "what was written is no UTF-8".to_owned())?;
    Ok((back != text).then_some(back))
}

/// As a shell would run it: `VISUAL` may hold arguments.
#[expect(clippy::disallowed_methods, reason = "the person's own editor, in their own surroundings")]
fn command(editor: &str, file: &std::path::Path) -> Command {
    if cfg!(windows) {
        let mut words = editor.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or(USUAL));
        command.args(words).arg(file);
        return command;
    }
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(file);
    command
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_the_editor_leaves_comes_back_and_an_editor_that_fails_changes_nothing() {
        assert_eq!(edit(Some("true"), ".toml", "a"), Ok(None));
        assert_eq!(edit(Some("sh -c 'printf b > \"$1\"' x"), ".toml", "a"), Ok(Some("b".into())));
        assert!(edit(Some("false"), ".toml", "a").unwrap_err().contains("false"));
        let other = "sh -c 'printf c > \"$1.new\" && mv \"$1.new\" \"$1\"' x";
        assert_eq!(edit(Some(other), ".toml", "a"), Ok(Some("c".into())));
        let private = "sh -c 'test \"$(stat -c %a \"$1\")\" = 600' x";
        assert_eq!(edit(Some(private), ".toml", "a"), Ok(None));
    }
}
