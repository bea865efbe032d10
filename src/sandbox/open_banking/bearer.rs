//! An assertion in place of a code (RFC 7523 §2.1): a client that is known here says with its key for whom it asks.

use super::{ISSUER, OpenBanking, PEOPLE};
use crate::sandbox::assertion;
use crate::sandbox::jwt::Jwt;
use crate::sandbox::oauth_error::OAuthError;

fn refused(why: &str) -> OAuthError {
    OAuthError::invalid_grant(format!("The assertion is refused: {why}."))
}

/// The person it speaks for, once; None: the client that signed it. The first of the people lets clients do so.
pub(super) fn redeem(bank: &OpenBanking, text: &str, now: i64) -> Result<Option<usize>, OAuthError> {
    let jwt = Jwt::parse_any(text).map_err(refused)?;
    let iss = jwt.text("iss").ok_or_else(|| refused("its iss is missing"))?;
    let sub = jwt.text("sub").ok_or_else(|| refused("its sub is missing"))?;
    let issuer = bank.clients.find(iss).ok_or_else(|| refused("its iss is nobody who is known here"))?;
    let proven = assertion::proven(&jwt, &["JWT"], |kid| issuer.key(kid), &[ISSUER], now);
    let proven = proven.map_err(|why| refused(&why))?;
    let person = match PEOPLE.iter().position(|name| *name == sub) {
        Some(0) => Some(0),
        None if sub == iss => None,
        _ => return Err(refused("its sub is neither its iss nor a person who allows that")),
    };
    if !bank.clients.spend(iss, &proven.jti, proven.forget, now) {
        return Err(refused("its jti was used before"));
    }
    Ok(person)
}
