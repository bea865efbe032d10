//! The id of a profile's file, known before the file is compiled: there may be a thousand of them when the program starts.
//!
//! ```text
//!   lines of one plain member each, up to `id = "…"` ──► that id, without parsing
//!   anything else ──► the file is parsed
//! ```
//!
//! Both ways give what TOML reads: a line that only looks like an id, in a text of several lines, is none.

use serde::Deserialize;

#[derive(Deserialize)]
struct Head {
    id: Option<String>,
}

/// The id of that file. None: it has none.
pub(super) fn id_of(text: &str) -> Option<String> {
    match plain_id(text) {
        Some(id) => Some(id.to_owned()),
        None => toml::from_str(text).map_or_else(|_| likely_id(text), |head: Head| head.id),
    }
}

/// The id, where every line up to it is blank, a comment, or one plain member.
fn plain_id(text: &str) -> Option<&str> {
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (key, value) = line.split_once('=')?;
        let (key, value) = (key.trim_end(), value.trim_start());
        let is_bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if !is_bare {
            return None;
        }
        let quoted = plain_text(value);
        if key == "id" {
            return quoted;
        }
        let word = value.split('#').next().unwrap_or_default().trim_end();
        let is_word = || word.bytes().all(|b| b.is_ascii_alphanumeric());
        if quoted.is_none() && !is_word() {
            return None;
        }
    }
    None
}

/// A text in quotes on one line without an escape, and at most a comment behind it.
fn plain_text(value: &str) -> Option<&str> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (text, rest) = value[1..].split_once(quote)?;
    let rest = rest.trim_start();
    // three quotes begin a text of several lines: a quote stands behind the second one
    ((rest.is_empty() || rest.starts_with('#')) && !text.contains('\\')).then_some(text)
}

/// Of a file that is no TOML: what its complaints are listed under. It is never loaded.
fn likely_id(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with('['));
    let mut values = lines.filter_map(|line| line.strip_prefix("id")?.trim_start().strip_prefix('='));
    let value = values.next()?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_what_toml_reads_however_it_is_written() {
        for (text, id) in [
            ("schema = 1 # of this form\nid = \"acme\"\n", Some("acme")),
            ("# mine\n\nname = 'a \"b\"' # c\nid='acme'# d", Some("acme")),
            ("about = \"\"\"\nid = \"uk-open-banking\"\n\"\"\"\nid = \"notes\"", Some("notes")),
            ("about = '''\nid = \"uk-open-banking\"\n'''\nid = \"notes\"", Some("notes")),
            ("about = \"a\\\"\" # \"\"\"\nid = \"notes\"", Some("notes")),
            ("hosts = [\n\"\"\"\nid = \"uk-open-banking\"\n\"\"\"]\nid = \"notes\"", Some("notes")),
            ("\"id\" = \"notes\"\nname = \"x\"", Some("notes")),
            ("'id' = \"notes\"", Some("notes")),
            ("id = \"\"\"notes\"\"\"", Some("notes")),
            ("id = \"n\\u006ftes\"", Some("notes")),
            ("values.id = \"bank\"\nid = \"notes\"", Some("notes")),
            ("\u{feff}id = \"notes\"", Some("notes")),
            ("schema = 1\n[client]\nid = \"uk-open-banking\"", None),
            ("[client]\nabout = \"\"\"\n\"\"\"\nid = \"uk-open-banking\"", None),
            ("schema = 1\r\nid = \"acme\"\r\n", Some("acme")),
        ] {
            assert_eq!(id_of(text).as_deref(), id, "{text}");
            let read: Head = toml::from_str(text).unwrap();
            assert_eq!(read.id.as_deref(), id, "{text}");
        }
        // no TOML: it is still told under the id that it seems to have
        assert_eq!(id_of("id = \"acme\"\nname = ").as_deref(), Some("acme"));
        assert_eq!(id_of("about = \"\"\"\n\"\"\"\nid = \"acme\"\nname = ").as_deref(), Some("acme"));
    }

    #[test]
    fn what_comes_with_the_program_and_what_it_writes_costs_no_parsing() {
        let library = crate::profile::Library::embedded();
        for id in library.ids() {
            assert_eq!(library.source(&id).and_then(|s| plain_id(s.text)), Some(&*id));
        }
        let saved = "schema = 1\nid = \"acme\"\nname = \"DNB (acme)\"\nextends = \"dnb\"\n\n[values]\nx = \"y\"\n";
        assert_eq!(plain_id(saved), Some("acme"));
    }
}
