//! stub
use crate::secret::Class;
#[derive(Clone, Debug, Default)]
pub struct Redactor;
impl Redactor {
    pub fn new(_key: [u8; 32]) -> Self { Self }
    pub fn register(&mut self, _text: &str, _class: Class) {}
    pub fn mask_value(&self, value: &str, _class: Class) -> String { value.to_owned() }
    pub fn mask_text(&self, text: &str) -> String { text.to_owned() }
}
