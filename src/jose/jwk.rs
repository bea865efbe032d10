//! stub
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub struct PublicJwk(Value);

impl PublicJwk {
    pub fn as_value(&self) -> &Value {
        &self.0
    }
}
