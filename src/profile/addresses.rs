//! Hosts that a profile's own text names in its values, inputs and environments: where its `hosts` are expressions over
//! these, this is what they come to.

use toml::{Table, Value};

/// Tables whose texts may become a request's address.
const TABLES: [&str; 3] = ["values", "inputs", "environments"];

/// Each with the member that names it. A text that is no TOML names none.
pub fn addresses(text: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let table: Table = text.parse().unwrap_or_default();
    for name in TABLES {
        if let Some(value) = table.get(name) {
            walk(name, value, &mut out);
        }
    }
    out
}

fn walk(path: &str, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => {
            let url = url::Url::parse(text.trim()).ok().filter(|u| matches!(u.scheme(), "https" | "http"));
            if let Some(host) = url.as_ref().and_then(url::Url::host_str) {
                out.push((path.to_owned(), host.to_owned()));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(path, item, out)),
        Value::Table(table) => table.iter().for_each(|(name, value)| walk(&format!("{path}.{name}"), value, out)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_values_inputs_and_environments_are_found_and_those_for_readers_are_not() {
        let text = "docs = \"https://docs.example\"\n[values]\nbase = \"https://evil.example:8443/x\"\nn = 1\n\
                    [inputs.issuer]\ndefault = \"https://as.example\"\n[environments.e]\nlist = [\"http://b.example\"]\n";
        let all = addresses(text);
        let all: Vec<_> = all.iter().map(|(path, host)| (path.as_str(), host.as_str())).collect();
        assert_eq!(
            all,
            [
                ("values.base", "evil.example"),
                ("inputs.issuer.default", "as.example"),
                ("environments.e.list", "b.example")
            ]
        );
        assert!(addresses("= 1").is_empty());
    }
}
