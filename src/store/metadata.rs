//! What banks said of themselves, for as long as it is young: `metadata/PROFILE/ENVIRONMENT.json` of the data directory.
//! Nothing in it is secret. A file that cannot be read counts as none: the bank is asked again.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::file::{StoreError, read_capped, write_private};
use crate::config::Places;
use crate::time::Timestamp;

const LIMIT: u64 = 1_000_000;

fn path(places: &Places, profile: &str, environment: &str) -> Option<PathBuf> {
    let safe = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let data = places.data.as_ref().filter(|_| safe(profile) && safe(environment))?;
    Some(data.join("metadata").join(profile).join(format!("{environment}.json")))
}

/// Metadata no older than `seconds`.
pub fn read_metadata(places: &Places, profile: &str, environment: &str, seconds: i64, now: Timestamp) -> Option<Json> {
    let bytes = read_capped(&path(places, profile, environment)?, LIMIT).ok()?;
    let mut kept = crate::jose::json::parse(&bytes).ok()?;
    let came = Timestamp::from_seconds(kept.get("came")?.as_i64()?);
    let young = came <= now && came.plus_seconds(seconds) > now;
    young.then(|| kept.get_mut("metadata").map(Json::take)).flatten().filter(Json::is_object)
}

/// Nowhere to keep it is no error: it is read anew by the next run.
///
/// # Errors
/// [`StoreError`] where the data directory cannot be written.
pub fn keep_metadata(
    places: &Places,
    profile: &str,
    environment: &str,
    metadata: &Json,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(path) = path(places, profile, environment) else { return Ok(()) };
    let kept = json!({ "came": now.seconds(), "metadata": metadata });
    write_private(&path, kept.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_outlives_the_program_until_it_is_old_and_a_broken_file_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = Places { config: None, data: Some(folder.path().to_owned()) };
        let (came, metadata) = (Timestamp::from_seconds(1_800_000_000), json!({ "issuer": "https://as.example" }));
        let read = |environment: &str, at: i64| read_metadata(&places, "acme", environment, 60, came.plus_seconds(at));
        keep_metadata(&places, "acme", "own", &metadata, came).expect("kept");
        assert_eq!(read("own", 59), Some(metadata.clone()));
        // too old; from the future; another environment; a name that is no file's
        for (environment, at) in [("own", 60), ("own", -1), ("test", 0), ("../own", 0)] {
            assert_eq!(read(environment, at), None, "{environment} {at}");
        }
        for broken in ["", "{", "[]", r#"{"came":1800000000,"metadata":"x"}"#] {
            std::fs::write(folder.path().join("metadata/acme/own.json"), broken).expect("written");
            assert_eq!(read("own", 0), None, "{broken}");
        }
        keep_metadata(&Places::nowhere(), "acme", "own", &metadata, came).expect("nowhere is no error");
    }
}
