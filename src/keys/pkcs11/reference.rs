//! `pkcs11:token=…;object=…` (RFC 7512): which token, which key on it, through which module.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::module::TokenFacts;
use crate::keys::error::shown;
use crate::keys::{KeyError, KeyUri};

/// Longer values stand on no token: labels have 32 bytes, ids of hashes 64.
const LONGEST: usize = 1024;
const EXAMPLE: &str = "for example pkcs11:token=QSeal;object=signing, or id=%01 for the object";

/// What a reference says; None is anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reference {
    pub token: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub serial: Option<String>,
    pub slot: Option<u64>,
    pub object: Option<String>,
    pub id: Option<Vec<u8>>,
    pub module: Option<ModuleName>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ModuleName {
    Path(PathBuf),
    /// Without `lib` before and `.so` after it.
    Name(String),
}

fn bad(text: impl Into<String>, hint: impl Into<String>) -> KeyError {
    KeyError::new("key.reference", text, hint)
}

impl Reference {
    pub fn parse(uri: &KeyUri) -> Result<Self, KeyError> {
        let (path, query) = uri.rest().split_once('?').unwrap_or((uri.rest(), ""));
        let attributes = path.split(';').chain(query.split('&')).filter(|a| !a.is_empty());
        let mut read = Self::default();
        let mut names: Vec<&str> = Vec::new();
        for attribute in attributes {
            let Some((name, value)) = attribute.split_once('=') else {
                return Err(bad(format!("“{}” of the reference is no NAME=VALUE", shown(attribute)), EXAMPLE));
            };
            if names.contains(&name) {
                return Err(bad(format!("the reference has {} twice (RFC 7512 §2.3)", shown(name)), "leave one out"));
            }
            names.push(name);
            read.take(name, value)?;
        }
        if read.object.is_none() && read.id.is_none() {
            return Err(bad("the reference names no key: it has neither object nor id", EXAMPLE));
        }
        Ok(read)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), KeyError> {
        let text = || {
            let bytes = decoded(name, value)?;
            String::from_utf8(bytes).map_err(|_| bad(format!("{name} of the reference is no UTF-8"), EXAMPLE))
        };
        let once = |other: &Option<ModuleName>| match other {
            Some(_) => Err(bad("the reference names its module twice", "leave out module-path or module-name")),
            None => Ok(()),
        };
        match name {
            "token" => self.token = Some(text()?),
            "manufacturer" => self.manufacturer = Some(text()?),
            "model" => self.model = Some(text()?),
            "serial" => self.serial = Some(text()?),
            "object" => self.object = Some(text()?),
            "id" => self.id = Some(decoded(name, value)?),
            "slot-id" => {
                let number = value.parse().ok().filter(|_| value.bytes().all(|b| b.is_ascii_digit()));
                self.slot = Some(number.ok_or_else(|| bad("slot-id of the reference is no number", EXAMPLE))?);
            }
            "module-path" => {
                once(&self.module)?;
                self.module = Some(ModuleName::Path(PathBuf::from(text()?)));
            }
            "module-name" => {
                once(&self.module)?;
                self.module = Some(ModuleName::Name(text()?));
            }
            "type" if value == "private" => {}
            "type" => {
                let text = format!("a key is wanted, and the reference names an object of type {}", shown(value));
                return Err(bad(text, "leave type out, or write type=private"));
            }
            // the value may be a secret: it is not repeated
            "pin-value" | "pin-source" => return Err(KeyError::pin_in_reference(name)),
            _ => {
                let text = format!("the reference has {}, which is not looked at here", shown(name));
                let hint = "token, serial, manufacturer, model, slot-id, object, id, type, module-path, module-name";
                return Err(bad(text, format!("leave it out; what is: {hint}")));
            }
        }
        Ok(())
    }

    /// That one token, wherever it is plugged in.
    pub fn pinned(token: &TokenFacts, slot: Option<u64>) -> Self {
        let (label, serial) = (Some(token.label.clone()), Some(token.serial.clone()));
        Self { token: label, serial, slot, ..Self::default() }
    }

    /// Whether it names this token so that no other is meant: by its serial number.
    pub fn names(&self, slot: u64, token: &TokenFacts) -> bool {
        self.serial.is_some() && self.fits(slot, token)
    }

    /// Whether it is that token; a label or a number that is not said fits every one.
    pub fn fits(&self, slot: u64, token: &TokenFacts) -> bool {
        let same = |wanted: &Option<String>, has: &str| wanted.as_ref().is_none_or(|w| w == has);
        same(&self.token, &token.label)
            && same(&self.manufacturer, &token.manufacturer)
            && same(&self.model, &token.model)
            && same(&self.serial, &token.serial)
            && self.slot.is_none_or(|s| s == slot)
    }

    pub fn fits_object(&self, label: &str, id: &[u8]) -> bool {
        self.object.as_ref().is_none_or(|o| o == label) && self.id.as_ref().is_none_or(|i| i == id)
    }

    /// For a person.
    pub fn token_named(&self) -> String {
        let named = [("", &self.token), ("serial ", &self.serial), ("manufacturer ", &self.manufacturer)];
        let parts = named.iter().filter_map(|(word, v)| v.as_ref().map(|v| format!("{word}“{}”", shown(v))));
        let slot = self.slot.map(|s| format!("in slot {s}"));
        let all: Vec<String> = parts.chain(slot).collect();
        if all.is_empty() { "any token".to_owned() } else { format!("a token {}", all.join(", ")) }
    }

    /// For a person.
    pub fn object_named(&self) -> String {
        match (&self.object, &self.id) {
            (Some(object), _) => format!("“{}”", shown(object)),
            (None, Some(id)) => format!("with the id {}", hex(id)),
            (None, None) => "of any name".to_owned(),
        }
    }
}

impl ModuleName {
    pub fn fits(&self, module: &Path) -> bool {
        match self {
            Self::Path(path) => same_file(path, module),
            Self::Name(name) => {
                let stem = module.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
                stem == *name || stem.strip_prefix("lib") == Some(name)
            }
        }
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// RFC 3986 §2.1.
fn decoded(name: &str, value: &str) -> Result<Vec<u8>, KeyError> {
    let wrong = || bad(format!("{name} of the reference has a “%” without two hexadecimal digits"), EXAMPLE);
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let digits = rest.get(..2).and_then(|d| std::str::from_utf8(d).ok()).ok_or_else(wrong)?;
            let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
            out.push(u8::from_str_radix(digits, 16).ok().filter(|_| plain).ok_or_else(wrong)?);
            rest = rest.get(2..).unwrap_or_default();
        } else {
            out.push(*first);
        }
    }
    match out.len() {
        0 => Err(bad(format!("{name} of the reference is empty"), "leave it out, or say what it is")),
        n if n > LONGEST => Err(bad(format!("{name} of the reference is too long"), EXAMPLE)),
        _ => Ok(out),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}

fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, b| {
        // pk11-pchar (RFC 7512 §2.3)
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(b)),
            b':' | b'[' | b']' | b'@' | b'!' | b'$' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b'&' => {
                text.push(char::from(b));
            }
            _ => {
                let _ = write!(text, "%{b:02X}");
            }
        }
        text
    })
}

/// The reference of a key that was found; serial and id only where the names do not tell.
pub(super) fn made(token: &TokenFacts, with_serial: bool, label: &str, id: &[u8], with_id: bool) -> KeyUri {
    let mut rest = format!("token={}", encoded(&token.label));
    if with_serial {
        let _ = write!(rest, ";serial={}", encoded(&token.serial));
    }
    if !label.is_empty() {
        let _ = write!(rest, ";object={}", encoded(label));
    }
    if with_id || label.is_empty() {
        rest.push_str(";id=");
        id.iter().for_each(|b| {
            let _ = write!(rest, "%{b:02X}");
        });
    }
    KeyUri::new(super::SCHEME, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Reference, KeyError> {
        Reference::parse(&text.parse()?)
    }

    #[test]
    fn what_rfc_7512_has_is_read() {
        let read = parse(
            "pkcs11:token=The%20Software%20PKCS%2311;manufacturer=Snake%20Oil,%20Inc.;serial=1;slot-id=327;model=1.0;\
             object=my-key;type=private;id=%69%95%3E%5C?module-path=/usr/lib/libpkcs11.so",
        );
        let expected = Reference {
            token: Some("The Software PKCS#11".to_owned()),
            manufacturer: Some("Snake Oil, Inc.".to_owned()),
            model: Some("1.0".to_owned()),
            serial: Some("1".to_owned()),
            slot: Some(327),
            object: Some("my-key".to_owned()),
            id: Some(vec![0x69, 0x95, 0x3e, 0x5c]),
            module: Some(ModuleName::Path("/usr/lib/libpkcs11.so".into())),
        };
        assert_eq!(read, Ok(expected));
        assert_eq!(parse("pkcs11:id=%01;module-name=softhsm2").unwrap().id, Some(vec![1]));
    }

    #[test]
    fn what_is_found_has_a_reference_that_finds_it() {
        let token = TokenFacts { label: "Ø; 1?".to_owned(), serial: "a/b".to_owned(), ..TokenFacts::default() };
        for (label, id) in [("a=b;c", &b"\x00\xff"[..]), ("", b"x")] {
            let uri = made(&token, true, label, id, true);
            let read = Reference::parse(&uri.to_string().parse().unwrap()).unwrap();
            assert!(read.fits(9, &token) && read.fits_object(label, id), "{uri}");
            assert!(!read.fits_object(label, b"y") && !read.fits(9, &TokenFacts::default()), "{uri}");
        }
    }

    #[test]
    fn a_module_is_named_by_its_file_or_its_path() {
        let module = Path::new("/usr/lib/softhsm/libsofthsm2.so");
        for name in ["softhsm2", "libsofthsm2"] {
            assert!(ModuleName::Name(name.to_owned()).fits(module), "{name}");
        }
        assert!(!ModuleName::Name("softhsm".to_owned()).fits(module));
        assert!(ModuleName::Path(module.to_owned()).fits(module));
        assert!(!ModuleName::Path("/usr/lib/softhsm/other.so".into()).fits(module));
    }

    #[test]
    fn what_is_wrong_is_named_and_a_pin_is_not_repeated() {
        let told: Vec<String> = [
            "pkcs11:token=a",
            "pkcs11:object=a;object=b",
            "pkcs11:object",
            "pkcs11:object=%4",
            "pkcs11:object=%+1",
            "pkcs11:object=%ff",
            "pkcs11:object=",
            "pkcs11:object=a;slot-id=+1",
            "pkcs11:object=a;type=cert",
            "pkcs11:object=a;library-version=2",
            "pkcs11:object=a;module-name=a?module-path=/b",
            "pkcs11:object=a?pin-value=1234",
            "pkcs11:object=a;pin-source=file:/etc/pin1234",
        ]
        .iter()
        .map(|text| parse(text).map_or_else(|e| format!("{}: {e}: {}", e.id, e.hint), |_| format!("{text} was taken")))
        .collect();
        insta::assert_snapshot!(told.join("\n"));
        assert!(!told.join("").contains("1234"));
    }
}
