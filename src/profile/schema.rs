//! The JSON Schema of profiles, for editors. `assets/profile.schema.json` is this, and a test holds the two together.

use super::raw::RawProfile;

/// Pretty JSON with a line end.
pub fn schema() -> String {
    let schema = schemars::schema_for!(RawProfile);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
