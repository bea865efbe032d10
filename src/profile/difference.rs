//! What differs between two files of a profile, member by member. Items of lists that have an id are known by it.

use toml::{Table, Value};

use super::compile::find_secret;

/// One member that is not what it was, its values as TOML writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Names joined by dots: `keys.signing.ref`, `flow.token.step.request.title`.
    pub path: String,
    /// None: it was not there.
    pub before: Option<String>,
    /// None: it is gone.
    pub now: Option<String>,
}

impl Change {
    /// `+ path = now`, `- path = before`, `~ path = before → now`.
    pub fn to_words(&self) -> String {
        match (&self.before, &self.now) {
            (None, now) => format!("+ {} = {}", self.path, now.as_deref().unwrap_or_default()),
            (Some(before), None) => format!("- {} = {before}", self.path),
            (Some(before), Some(now)) => format!("~ {} = {before} → {now}", self.path),
        }
    }
}

/// In the order of what is there now; what is gone comes last. None: one of the texts is no TOML.
///
/// `masked` says of a member by its path that its value is nobody's to read; what looks like a secret never shows.
pub fn difference(before: &str, now: &str, masked: impl Fn(&str) -> bool) -> Option<Vec<Change>> {
    let read = |text: &str| text.parse::<Table>().ok().map(Value::Table);
    let (before, now) = (read(before)?, read(now)?);
    let mut walk = Walk { out: Vec::new(), masked };
    walk.down("", Some(&before), Some(&now));
    let (gone, mut there): (Vec<_>, Vec<_>) = walk.out.into_iter().partition(|c| c.now.is_none());
    there.extend(gone);
    Some(there)
}

struct Walk<F> {
    out: Vec<Change>,
    masked: F,
}

impl<F: Fn(&str) -> bool> Walk<F> {
    fn down(&mut self, path: &str, before: Option<&Value>, now: Option<&Value>) {
        if before == now {
            return;
        }
        let parts = [before, now].map(|side| side.map_or_else(|| Some(Vec::new()), members));
        if let [Some(before), Some(now)] = parts
            && !(before.is_empty() && now.is_empty())
        {
            let find = |all: &[(String, &'_ Value)], name: &str| all.iter().position(|(n, _)| n == name);
            for (name, value) in &now {
                let old = find(&before, name).map(|at| before[at].1);
                self.down(&joined(path, name), old, Some(value));
            }
            for (name, value) in before.iter().filter(|(name, _)| find(&now, name).is_none()) {
                self.down(&joined(path, name), Some(value), None);
            }
            return;
        }
        let shown = |value: &Value| if (self.masked)(path) { MASK.to_owned() } else { shown(value) };
        let (before, now) = (before.map(shown), now.map(shown));
        self.out.push(Change { path: path.to_owned(), before, now });
    }
}

const MASK: &str = "********";

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// What stands below a table or a list of tables. None: it is a value.
fn members(value: &Value) -> Option<Vec<(String, &Value)>> {
    match value {
        Value::Table(table) => Some(table.iter().map(|(n, v)| (n.clone(), v)).collect()),
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_table) => {
            let id = |item: &Value| Some(item.get("id")?.as_str()?.to_owned());
            let named = items.iter().enumerate().map(|(at, item)| (id(item).unwrap_or_else(|| at.to_string()), item));
            Some(named.collect())
        }
        _ => None,
    }
}

/// On one line, as TOML may write it.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => serde_json::Value::from(text.as_str()).to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let members: Vec<String> = table.iter().map(|(name, value)| format!("{name} = {}", shown(value))).collect();
            if members.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", members.join(", ")) }
        }
        other => other.to_string(),
    };
    if find_secret(&text).is_some() { MASK.to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(before: &str, now: &str) -> Vec<String> {
        let all = difference(before, now, |path| path == "values.psu").expect("both are TOML");
        all.iter().map(Change::to_words).collect()
    }

    #[test]
    fn members_are_told_by_their_path_and_items_by_their_id() {
        let before = "id = \"a\" # mine\nhosts = [\"a.example\"]\n[values]\nx = 1\npsu = \"10011\"\n[keys.old]\nref = \"vault:k\"\n\
                      [[flow]]\nid = \"f\"\n[[flow.step]]\nid = \"s\"\ntitle = \"One\"\n";
        let now = "hosts = [\"a.example\", \"b.example\"]\nid = \"a\"\n[values]\npsu = \"10012\"\ny = \"two\\n\"\n\
                   [[flow]]\nid = \"g\"\n[[flow]]\nid = \"f\"\n[[flow.step]]\nid = \"s\"\ntitle = \"Two\"\n";
        assert_eq!(
            words(before, now),
            [
                "~ hosts = [\"a.example\"] → [\"a.example\", \"b.example\"]",
                "~ values.psu = ******** → ********",
                "+ values.y = \"two\\n\"",
                "+ flow.g.id = \"g\"",
                "~ flow.f.step.s.title = \"One\" → \"Two\"",
                "- values.x = 1",
                "- keys.old.ref = \"vault:k\"",
            ]
        );
    }

    #[test]
    fn comments_and_order_are_no_difference_and_a_table_may_become_a_value() {
        assert!(words("a = 1\nb = 2 # two\n", "b = 2\na = 1\n").is_empty());
        assert_eq!(words("[a]\nb = 1\n", "a = 1\n"), ["~ a = { b = 1 } → 1"]);
        assert_eq!(words("", "[a]\n"), ["+ a = {}"]);
        assert_eq!(difference("a = ", "a = 1", |_| false), None);
    }

    #[test]
    fn what_looks_like_a_secret_does_not_show() {
        let key = "k = '''-----BEGIN PRIVATE KEY-----\nMIGHAgEA'''\n";
        assert_eq!(words(key, "k = \"x\"\n"), ["~ k = ******** → \"x\""]);
    }
}
