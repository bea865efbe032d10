//! `profiles import` of what a bank's own KMS script printed: `{ "key_id": …, "client_jws": … }`. The key becomes the saved
//! profile's, and the registration goes on where the script stopped. Whose script it is, the profiles say: the bank's that
//! takes a JWT which was signed before.

use serde_json::Value;

use super::exit::{Exit, Failure};
use crate::config::Places;
use crate::flow::template::Expr;
use crate::jose::{Alg, Compact, PublicJwk, json, verify};
use crate::keys::KeyUri;
use crate::profile::Library;
use crate::profile::model::Verb;
use crate::shell::Session;
use crate::store::keep_document;
use crate::text::clean;

/// Where the script's JWT goes.
struct Taker {
    bank: String,
    role: String,
    input: String,
}

impl Taker {
    fn find(library: &Library, from: Option<&str>) -> Result<Self, Failure> {
        let banks = library.ids().into_iter().filter(|id| from.is_none_or(|f| f == id));
        let mut found: Vec<Self> = banks.filter_map(|id| Self::of(library, id)).collect();
        match (found.pop(), found.is_empty()) {
            (Some(one), true) => Ok(one),
            (None, _) => Err(Failure::usage(
                "no bank takes a JWT that was signed elsewhere",
                "countersign profiles list shows the banks; name one with --from",
            )),
            (Some(last), false) => {
                let all: Vec<&str> = found.iter().chain([&last]).map(|t| t.bank.as_str()).collect();
                Err(Failure::usage(
                    "several banks take such a JWT",
                    format!("add --from with one of: {}", all.join(", ")),
                ))
            }
        }
    }

    /// A bank, not a saved profile, one of whose steps takes a JWT from an input.
    fn of(library: &Library, bank: String) -> Option<Self> {
        let profile = library.load(&bank).ok()?.profile;
        let steps = profile.flows.iter().flat_map(|f| &f.steps).filter(|_| profile.environment.is_none());
        steps
            .filter_map(|s| if let Verb::Jwt(jwt) = &s.verb { Some((jwt, jwt.given.as_ref()?)) } else { None })
            .find_map(|(jwt, given)| {
                let path = given.exprs().flat_map(Expr::names).find(|p| p[0] == "inputs")?;
                Some(Self { bank: bank.clone(), role: jwt.key.clone(), input: path.get(1)?.clone() })
            })
    }
}

/// What stands in the file.
pub struct Output {
    key_id: String,
    jws: String,
}

impl Output {
    /// None: it is something else.
    pub fn read(text: &str) -> Option<Self> {
        let value = json::parse(text.trim().as_bytes()).ok()?;
        let member = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self { key_id: member("key_id")?, jws: member("client_jws")? })
    }
}

/// What a person says of it.
pub struct Wanted<'a> {
    pub from: Option<&'a str>,
    pub env: Option<&'a str>,
    pub id: Option<&'a str>,
    pub region: Option<&'a str>,
}

/// A JWT whose signature holds.
struct Signed {
    key: PublicJwk,
    exp: Option<i64>,
}

pub async fn import(
    places: &Places,
    library: &Library,
    session: &Session,
    output: Output,
    wanted: Wanted<'_>,
) -> Result<Exit, Failure> {
    let Wanted { from, env, id, region } = wanted;
    let Some(id) = id else {
        return Err(Failure::usage(
            "this is the output of a bank's KMS script: the profile that comes of it needs a name",
            "add --id NAME, and --env with the environment it is for",
        ));
    };
    let signed = read(output.jws.trim())?;
    let taker = Taker::find(library, from)?;
    let uri = reference(session, &taker, output.key_id.trim(), region)?;
    same_key(session, &uri, &signed).await?;
    let new = super::profiles::New {
        id,
        from: &taker.bank,
        env,
        bind: &[format!("{}={uri}", taker.role)],
        chain: &[],
        set: &[],
    };
    let exit = super::profiles::new(places, library, &new)?;
    let now = session.clock.now().seconds();
    match signed.exp {
        Some(exp) if exp > now => {
            keep_document(places, id, &taker.input, output.jws.trim())?;
            eprintln!(
                "countersign: the JWT is good for {} days; hand it to the bank: countersign run {id} register",
                (exp - now) / 86_400
            );
        }
        _ => eprintln!(
            "countersign: the JWT has ended, or does not say when; the same key signs a new one: countersign run {id} register"
        ),
    }
    Ok(exit)
}

fn read(jws: &str) -> Result<Signed, Failure> {
    let wrong = |why: &str| {
        Failure::usage(
            format!("client_jws cannot be used: {why}"),
            "give the script's whole output, unchanged; countersign inspect says what is wrong with the JWT",
        )
    };
    let compact = Compact::parse(jws).map_err(|e| wrong(&e.to_string()))?;
    let claims = compact.claims().map_err(|e| wrong(&e.to_string()))?;
    let jwk = claims.pointer("/cnf/jwk").ok_or_else(|| wrong("it holds no key (cnf.jwk)"))?;
    let key = PublicJwk::from_value(jwk).map_err(|e| wrong(&format!("its cnf.jwk: {e}")))?;
    let alg = compact.alg().unwrap_or(Alg::Es256);
    verify(alg, &key, compact.signing_input(), compact.signature()).map_err(|e| wrong(&e.to_string()))?;
    Ok(Signed { key, exp: claims.get("exp").and_then(Value::as_i64) })
}

fn reference(session: &Session, taker: &Taker, key_id: &str, region: Option<&str>) -> Result<KeyUri, Failure> {
    let text = if key_id.starts_with("arn:") {
        let said = region.map(|r| format!(";region={r}")).unwrap_or_default();
        format!("awskms:key-id={key_id}{said}")
    } else {
        let region = match region {
            Some(region) => region.to_owned(),
            None => session.new_key_region(&taker.bank, &taker.role).ok_or_else(|| {
                Failure::usage(
                    format!("{} does not say its region", clean(key_id)),
                    "add --region, for example eu-west-1",
                )
            })?,
        };
        format!("awskms:key-id={key_id};region={region}")
    };
    text.parse().map_err(|e: crate::keys::KeyError| Failure::usage(e.text, e.hint))
}

/// Whether KMS has the key that the JWT holds. A KMS that cannot be asked is told, and no reason to stop.
async fn same_key(session: &Session, uri: &KeyUri, signed: &Signed) -> Result<(), Failure> {
    match session.stores.open(uri).await {
        Ok(key) if key.info().public.thumbprint() == signed.key.thumbprint() => Ok(()),
        Ok(key) => Err(Failure::new(
            Exit::Key,
            format!(
                "the JWT is of another key: it holds {}, and {} is {}",
                signed.key.thumbprint(),
                clean(&uri.to_string()),
                key.info().public.thumbprint()
            ),
            "give the key_id and the JWT of one run of the script (RFC 7638 thumbprints)",
        )),
        Err(e) if e.id == "key.reference" => Err(Failure::usage(e.text, e.hint)),
        Err(e) => {
            eprintln!(
                "countersign: whether KMS has that key could not be seen: {} ({})",
                clean(&e.text),
                clean(&e.hint)
            );
            Ok(())
        }
    }
}
