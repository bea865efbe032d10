//! Addresses as they may be kept: without user and password, and without what stands under a secret or personal name in the
//! query or in the fragment, however the name is encoded.

use std::borrow::Cow;

use url::Url;
use url::form_urlencoded::{byte_serialize, parse};

use super::seal::PERSONAL;
use crate::redact::MASK;
use crate::secret::{Class, class_of_name};

/// What stands between a name with its value and the next: `;` of old forms, and those of an address in a fragment.
const BETWEEN: [char; 4] = ['?', '#', '&', ';'];
/// Addresses inside addresses that are looked into.
const DEEPEST: usize = 3;

/// An address, sealed. One that was sealed stays as it is.
pub fn seal_address(address: &str) -> String {
    sealed(address, DEEPEST)
}

/// A text with every address in it sealed.
pub fn seal_addresses(text: &str) -> Cow<'_, str> {
    let is_address = |text: &str| text.contains('/') && text.contains(['?', '#', '@']);
    if !is_address(text) {
        return Cow::Borrowed(text);
    }
    let pieces = split(text, |c| c.is_whitespace() || matches!(c, '"' | '<' | '>'));
    let seal = |(piece, end): (&str, &str)| {
        if is_address(piece) { seal_address(piece) + end } else { format!("{piece}{end}") }
    };
    Cow::Owned(pieces.map(seal).collect())
}

fn sealed(address: &str, deeper: usize) -> String {
    let bare = without_user(address);
    let (head, rest) = bare.split_at(bare.find(['?', '#']).unwrap_or(bare.len()));
    let pairs = split(rest, |c| BETWEEN.contains(&c)).map(|(pair, end)| sealed_pair(pair, deeper) + end);
    std::iter::once(head.to_owned()).chain(pairs).collect()
}

fn sealed_pair(pair: &str, deeper: usize) -> String {
    let Some((name, value)) = pair.split_once('=').filter(|(_, value)| !value.is_empty()) else {
        return pair.to_owned();
    };
    let once = decoded(name);
    if is_hidden(&once) || is_hidden(&decoded(&once)) {
        return format!("{name}={MASK}");
    }
    let inside = decoded(value);
    if !inside.contains('/') || !inside.contains(['?', '#', '@']) {
        return pair.to_owned();
    }
    match deeper.checked_sub(1).map(|deeper| sealed(&inside, deeper)) {
        None => format!("{name}={MASK}"),
        Some(sealed) if sealed == inside => pair.to_owned(),
        Some(sealed) => format!("{name}={}", byte_serialize(sealed.as_bytes()).collect::<String>()),
    }
}

fn is_hidden(name: &str) -> bool {
    let name = name.trim();
    class_of_name(name) > Class::Public || PERSONAL.iter().any(|of| of.eq_ignore_ascii_case(name))
}

/// As who receives a form reads it.
fn decoded(text: &str) -> String {
    parse(format!("={}", text.replace('&', "%26")).as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

fn without_user(address: &str) -> Cow<'_, str> {
    if !address.contains('@') {
        return Cow::Borrowed(address);
    }
    match Url::parse(address) {
        Ok(url) if url.username().is_empty() && url.password().is_none() => Cow::Borrowed(address),
        Ok(mut url) => match (url.set_username(""), url.set_password(None)) {
            (Ok(()), Ok(())) => Cow::Owned(url.into()),
            _ => Cow::Borrowed(MASK),
        },
        // what cannot be read is taken at its worst
        Err(_) => {
            let end = address.find(['?', '#']).unwrap_or(address.len());
            let start = address[..end].find("//").map(|at| at + 2);
            match start.and_then(|start| Some((start, address[start..end].rfind('@')? + start + 1))) {
                Some((start, host)) => Cow::Owned(format!("{}{}", &address[..start], &address[host..])),
                None => Cow::Borrowed(address),
            }
        }
    }
}

/// Pieces of a text, each with the character that ends it.
fn split(text: &str, ends: impl Fn(char) -> bool + Copy) -> impl Iterator<Item = (&str, &str)> {
    text.split_inclusive(ends).map(move |piece| piece.split_at(piece.trim_end_matches(ends).len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_stays_however_it_is_written() {
        for (address, kept) in [
            (
                "https://u:hunter2@tpp.example/cb?co%64e=hunter3#access_token=hunter4",
                "https://tpp.example/cb?co%64e=********#access_token=********",
            ),
            ("https://a.example/?x=1;code=hunter2&y=2", "https://a.example/?x=1;code=********&y=2"),
            ("https://a.example/#/cb?state=hunter2", "https://a.example/#/cb?state=********"),
            ("app:/cb?a=b&%2563ode=hunter2", "app:/cb?a=b&%2563ode=********"),
            ("/cb?PSU-ID=hunter2&e%6dail=hunter3", "/cb?PSU-ID=********&e%6dail=********"),
            (
                "https://a.example/?to=https%3A%2F%2Fu%3Ahunter2%40b.example%2F%3Fcode%3Dhunter3",
                "https://a.example/?to=https%3A%2F%2Fb.example%2F%3Fcode%3D********",
            ),
            ("https:u:hunter2@a.example/", "https://a.example/"),
            ("https://u:hunt/er2@a b/", "https://a b/"),
        ] {
            assert_eq!(seal_address(address), kept);
            assert_eq!(seal_address(kept), kept);
            assert!(!seal_addresses(&format!("see <{address}>")).contains("hunter"));
        }
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is() {
        for address in [
            "https://api.example/accounts?a+b=c",
            "https://a.example",
            "https://a.example/?code=&x",
            "https://a.example/u@b?to=https%3A%2F%2Fb.example%2Fcb%3Fx%3D1",
            "mailto:a@b.example",
        ] {
            assert_eq!(seal_address(address), address);
        }
        let text = "a/b is 1 @ 2?  \"https://a.example/#x\" <b>";
        assert_eq!(seal_addresses(text), text);
    }
}
