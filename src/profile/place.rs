//! Where a thing stands: file, line and column, kept through joining so that every complaint can point.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// A place in one of the [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    file: u32,
    /// Byte offset.
    at: u32,
}

impl Place {
    /// A place further on in the same file.
    #[must_use]
    pub fn plus(self, bytes: usize) -> Self {
        Self { at: self.at.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX)), ..self }
    }
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct At<T> {
    pub value: T,
    pub place: Place,
}

impl<T> At<T> {
    /// A value that stands in no file (made by the program).
    pub fn nowhere(value: T) -> Self {
        Self { value, place: Place::default() }
    }
}

thread_local! {
    /// The file whose text is being deserialised on this thread: serde has no way to hand it down.
    static READING: Cell<u32> = const { Cell::new(0) };
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(deserializer)?;
        let at = u32::try_from(spanned.span().start).unwrap_or(u32::MAX);
        Ok(Self { value: spanned.into_inner(), place: Place { file: READING.get(), at } })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Every text that was read, so that places can be turned into lines.
#[derive(Clone, Default)]
pub struct Sources(Vec<(String, Arc<str>)>);

impl Sources {
    /// Parses one file. The error's words are ours: toml's would show the offending line, which may hold a secret.
    pub fn read<T: for<'de> Deserialize<'de>>(&mut self, name: &str, text: &str) -> Result<T, Complaint> {
        let file = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.push((name.to_owned(), Arc::from(text)));
        READING.set(file);
        toml::from_str(text).map_err(|e| {
            let at = e.span().map_or(0, |s| u32::try_from(s.start).unwrap_or(u32::MAX));
            Complaint { place: Place { file, at }, text: without_values(e.message()), hint: None }
        })
    }

    pub fn name(&self, place: Place) -> &str {
        self.0.get(place.file as usize).map_or("(built in)", |(name, _)| name)
    }

    /// Line and column, counted from 1, in characters.
    pub fn line_and_column(&self, place: Place) -> (usize, usize) {
        let Some((_, text)) = self.0.get(place.file as usize) else { return (1, 1) };
        let mut end = (place.at as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        (line, column)
    }

    pub fn show(&self, complaint: &Complaint) -> String {
        let (line, column) = self.line_and_column(complaint.place);
        let hint = complaint.hint.as_ref().map(|h| format!("; {h}")).unwrap_or_default();
        format!("{}:{line}:{column}: {}{hint}", self.name(complaint.place), complaint.text)
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(n, _)| n)).finish()
    }
}

/// What is wrong with a profile, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub place: Place,
    pub text: String,
    pub hint: Option<String>,
}

impl Complaint {
    pub fn new(place: Place, text: impl Into<String>) -> Self {
        Self { place, text: text.into(), hint: None }
    }
    #[must_use]
    pub fn hint(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(Into::into);
        self
    }
}

/// serde puts the mistyped value into its message (`invalid type: string "hunter2", expected …`): leave it out.
fn without_values(message: &str) -> String {
    let message = message.trim();
    for start in ["invalid type: ", "invalid value: "] {
        if let Some(rest) = message.strip_prefix(start) {
            let kind = rest.split([' ', ',']).next().unwrap_or_default();
            let expected = rest.rsplit_once(", expected ").map_or("another type", |(_, e)| e);
            return format!("a {kind} stands where {expected} is wanted");
        }
    }
    message.split('\n').next().unwrap_or_default().to_owned()
}

impl Sources {
    /// The start of the file that a place stands in.
    pub const fn start(&self, any: Place) -> Place {
        Place { file: any.file, at: 0 }
    }

    /// The place `bytes` into the value of the TOML text that stands at `literal`: over its quotes and escapes.
    pub fn inside(&self, literal: Place, bytes: usize) -> Place {
        let Some((_, text)) = self.0.get(literal.file as usize) else { return literal };
        let source = text.get(literal.at as usize..).unwrap_or_default();
        let quotes = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|q| source.starts_with(q)).unwrap_or_default();
        let escapes = quotes.starts_with('"');
        let mut at = quotes.len();
        let mut decoded = 0;
        while decoded < bytes {
            let Some(c) = source.get(at..).and_then(|s| s.chars().next()) else { break };
            let code = |digits: usize| {
                let hex = source.get(at + 2..at + 2 + digits).and_then(|h| u32::from_str_radix(h, 16).ok());
                hex.and_then(char::from_u32).map_or(1, char::len_utf8)
            };
            let (width, value) = match (c, source.get(at + 1..).and_then(|s| s.chars().next())) {
                ('\\', Some('u')) if escapes => (6, code(4)),
                ('\\', Some('U')) if escapes => (10, code(8)),
                ('\\', Some(e)) if escapes => (1 + e.len_utf8(), 1),
                _ => (c.len_utf8(), c.len_utf8()),
            };
            at += width;
            decoded += value;
        }
        literal.plus(at)
    }
}
