//! Sets or removes what a JSON pointer names (RFC 6901), making the way there.

use serde_json::{Map, Value as Json};

/// A pointer that leads into something without members changes nothing; `-` is behind the last element.
pub fn put(whole: &mut Json, pointer: &str, to: Option<&Json>) {
    let Some(path) = pointer.strip_prefix('/') else {
        if let (true, Some(to)) = (pointer.is_empty(), to) {
            *whole = to.clone();
        }
        return;
    };
    let names: Vec<String> = path.split('/').map(|n| n.replace("~1", "/").replace("~0", "~")).collect();
    let Some((last, way)) = names.split_last() else { return };
    let mut here = whole;
    for name in way {
        if let (Json::Object(members), Some(_)) = (&mut *here, to) {
            members.entry(name.clone()).or_insert_with(|| Json::Object(Map::new()));
        }
        let next = match here {
            Json::Object(members) => members.get_mut(name),
            Json::Array(items) => name.parse().ok().and_then(|at: usize| items.get_mut(at)),
            _ => None,
        };
        let Some(next) = next else { return };
        here = next;
    }
    match (here, to) {
        (Json::Object(members), Some(to)) => {
            members.insert(last.clone(), to.clone());
        }
        (Json::Object(members), None) => {
            // what stands behind it keeps its order
            members.shift_remove(last);
        }
        (Json::Array(items), Some(to)) if last == "-" => items.push(to.clone()),
        (Json::Array(items), _) => match (last.parse::<usize>(), to) {
            (Ok(at), Some(to)) if at < items.len() => items[at] = to.clone(),
            (Ok(at), Some(to)) if at == items.len() => items.push(to.clone()),
            (Ok(at), None) if at < items.len() => drop(items.remove(at)),
            _ => {}
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_and_elements_are_set_added_and_removed() {
        let mut j = json!({"a": {"b": [1, 2]}, "c": "d"});
        put(&mut j, "/a/b/1", Some(&json!(3)));
        put(&mut j, "/a/b/-", Some(&json!(4)));
        put(&mut j, "/x/y", Some(&json!(true)));
        put(&mut j, "/c", None);
        put(&mut j, "/a/b/0", None);
        put(&mut j, "/a/b/9", None);
        put(&mut j, "/nowhere/to/go", None);
        put(&mut j, "/x/y/z", Some(&json!(1)));
        assert_eq!(j, json!({"a": {"b": [3, 4]}, "x": {"y": true}}));
    }
}
