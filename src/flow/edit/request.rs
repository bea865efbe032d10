//! Edits of a request: address, headers, body, certificate.

use serde_json::{Map, Value as Json};
use url::Url;

use super::{Edits, Place, put};
use crate::flow::request::Body;
use crate::flow::template::EvalError;

impl Edits {
    fn of<'a, T>(&'a self, pick: impl Fn(&'a Place) -> Option<T>) -> impl Iterator<Item = (T, Option<&'a Json>)> {
        self.iter().filter_map(move |e| Some((pick(&e.place)?, e.to.as_ref())))
    }

    pub(in crate::flow) fn on_method(&self, method: String) -> String {
        let last = self.of(|p| (*p == Place::Method).then_some(())).last();
        last.and_then(|((), to)| to).map_or(method, as_text)
    }

    /// None: no certificate is shown.
    pub(in crate::flow) fn on_certificate(&self, role: Option<&String>) -> Option<String> {
        let last = self.of(|p| (*p == Place::Certificate).then_some(())).last();
        last.map_or_else(|| role.cloned(), |((), to)| to.map(as_text))
    }

    pub(in crate::flow) fn on_url(&self, url: Url) -> Result<Url, EvalError> {
        let mut url = url;
        if let Some(((), Some(to))) = self.of(|p| (*p == Place::Url).then_some(())).last() {
            let query = url.query().map(str::to_owned);
            url = Url::parse(&as_text(to))
                .map_err(|_| EvalError::Wrong("what was typed for the address is no absolute URL".to_owned()))?;
            url.set_query(query.as_deref());
        }
        let changes: Vec<(&String, Option<&Json>)> =
            self.of(|p| if let Place::Query(name) = p { Some(name) } else { None }).collect();
        if changes.is_empty() {
            return Ok(url);
        }
        let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        for (name, to) in changes {
            let at = pairs.iter().position(|(n, _)| n == name);
            pairs.retain(|(n, _)| n != name);
            if let Some(to) = to {
                pairs.insert(at.unwrap_or(pairs.len()).min(pairs.len()), (name.clone(), as_text(to)));
            }
        }
        if pairs.is_empty() {
            url.set_query(None);
        } else {
            url.query_pairs_mut().clear().extend_pairs(pairs);
        }
        Ok(url)
    }

    pub(in crate::flow) fn on_headers(&self, headers: &mut Vec<(String, String)>) {
        for (name, to) in self.of(|p| if let Place::Header(name) = p { Some(name) } else { None }) {
            let at = headers.iter().position(|(n, _)| n.eq_ignore_ascii_case(name));
            match (at, to) {
                (Some(at), Some(to)) => headers[at].1 = as_text(to),
                (None, Some(to)) => headers.push((name.clone(), as_text(to))),
                (_, None) => headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name)),
            }
        }
    }

    pub(in crate::flow) fn on_body(&self, body: &mut Body) {
        for edit in self.iter() {
            match (&edit.place, &edit.to) {
                (Place::Form(name), to) => match (&mut *body, to) {
                    (Body::Form(members), Some(to)) => {
                        members.insert(name.clone(), to.clone());
                    }
                    (Body::Form(members), None) => drop(members.shift_remove(name)),
                    (Body::None, Some(to)) => *body = Body::Form(Map::from_iter([(name.clone(), to.clone())])),
                    _ => {}
                },
                (Place::Json(pointer), to) => {
                    if let Body::Json(json) = body {
                        put(json, pointer, to.as_ref());
                    }
                }
                (Place::Text, Some(to)) => *body = Body::Text(as_text(to)),
                (Place::Text, None) => *body = Body::None,
                _ => {}
            }
        }
    }
}

/// As it travels: a text without its quotes.
fn as_text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Edit;
    use super::*;

    fn edits(all: &[(&str, Json)]) -> Edits {
        let one = |(place, to): &(&str, Json)| {
            let place = place.parse().expect("a place");
            if to.is_null() { Edit::remove(place) } else { Edit::set(place, to.clone()) }
        };
        Edits::from(all.iter().map(one).collect::<Vec<_>>())
    }

    #[test]
    fn an_address_keeps_its_query_and_a_parameter_its_place() {
        let url = || Url::parse("https://a.example/x?a=1&b=2&c=3").unwrap();
        let on = |all: &[(&str, Json)]| edits(all).on_url(url()).unwrap().to_string();
        assert_eq!(on(&[("query.b", json!("x y"))]), "https://a.example/x?a=1&b=x+y&c=3");
        assert_eq!(on(&[("query.b", Json::Null), ("query.d", json!(4))]), "https://a.example/x?a=1&c=3&d=4");
        assert_eq!(on(&[("url", json!("https://b.example/y"))]), "https://b.example/y?a=1&b=2&c=3");
        assert!(edits(&[("url", json!("nowhere"))]).on_url(url()).is_err());
    }

    #[test]
    fn headers_and_bodies_are_changed_added_to_and_cut() {
        let mut headers = vec![("Accept".to_owned(), "a".to_owned()), ("X-A".to_owned(), "1".to_owned())];
        edits(&[("header.x-a", Json::Null), ("header.accept", json!("b")), ("header.X-B", json!(2))])
            .on_headers(&mut headers);
        assert_eq!(headers, [("Accept".into(), "b".into()), ("X-B".into(), "2".into())]);
        let mut body = Body::Form(json!({"a": "1", "b": "2"}).as_object().cloned().unwrap());
        edits(&[("form.a", Json::Null), ("form.c", json!("3"))]).on_body(&mut body);
        assert_eq!(body, Body::Form(json!({"b": "2", "c": "3"}).as_object().cloned().unwrap()));
        edits(&[("text", json!("{"))]).on_body(&mut body);
        assert_eq!(body, Body::Text("{".into()));
    }

    #[test]
    fn a_certificate_is_another_or_none() {
        let role = "transport".to_owned();
        assert_eq!(edits(&[]).on_certificate(Some(&role)).as_deref(), Some("transport"));
        assert_eq!(edits(&[("certificate", json!("other"))]).on_certificate(Some(&role)).as_deref(), Some("other"));
        assert_eq!(edits(&[("certificate", Json::Null)]).on_certificate(Some(&role)), None);
    }
}
