//! Sets or removes what a JSON pointer names (RFC 6901), making the way there.

use serde_json::{Map, Value as Json};

/// A pointer that leads into something without members changes nothing; `-` is behind the last element.
pub fn put(whole: &mut Json, pointer: &str, to: Option<&Json>) {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        if let (true, Some(to)) = (pointer.is_empty(), to) {
            *whole = to.clone();
        }
        return;
    };
    if to.is_some() && whole.pointer(parent).is_none() {
        put(whole, parent, Some(&Json::Object(Map::new())));
    }
    let last = last.replace("~1", "/").replace("~0", "~");
    match (whole.pointer_mut(parent), to) {
        (Some(Json::Object(members)), Some(to)) => drop(members.insert(last, to.clone())),
        // what stands behind it keeps its order
        (Some(Json::Object(members)), None) => drop(members.shift_remove(&last)),
        (Some(Json::Array(items)), Some(to)) if last == "-" => items.push(to.clone()),
        (Some(Json::Array(items)), _) => match (last.parse::<usize>(), to) {
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
