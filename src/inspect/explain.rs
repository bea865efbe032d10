//! What the registered claims mean, in our own words, and where it is written.

/// A sentence or two; None for claims that are nobody's or a bank's own.
pub fn explain_claim(name: &str) -> Option<&'static str> {
    CLAIMS.iter().find(|(claim, _)| *claim == name).map(|(_, meaning)| *meaning)
}

const CLAIMS: &[(&str, &str)] = &[
    ("iss", "Who made the token. Compared exactly, character by character. RFC 7519 §4.1.1"),
    ("sub", "Whom the token is about: a user, or in a client assertion the client itself. RFC 7519 §4.1.2"),
    ("aud", "Whom the token is for; everyone else refuses it. One string or a list. RFC 7519 §4.1.3"),
    ("exp", "From this moment on nobody accepts the token. Seconds since 1970. RFC 7519 §4.1.4"),
    ("nbf", "Before this moment nobody accepts the token. Seconds since 1970. RFC 7519 §4.1.5"),
    ("iat", "When the token was made. Seconds since 1970. RFC 7519 §4.1.6"),
    ("jti", "The token's own number. A receiver that saw it before refuses it. RFC 7519 §4.1.7"),
    ("cnf", "The key or certificate whose holder may use the token. RFC 7800 §3.1"),
    ("jwk", "Inside cnf: the public key itself. RFC 7800 §3.2"),
    ("jkt", "Inside cnf: the thumbprint of the DPoP key. RFC 9449 §6.1"),
    ("x5t#S256", "Inside cnf: the SHA-256 of the client certificate. RFC 8705 §3.1"),
    ("scope", "What the token allows, words with spaces between. RFC 8693 §4.2, RFC 6749 §3.3"),
    ("client_id", "The client the token was given to. RFC 8693 §4.3"),
    ("act", "Who acts on behalf of sub. RFC 8693 §4.1"),
    ("may_act", "Who would be allowed to act on behalf of sub. RFC 8693 §4.4"),
    ("azp", "The client the id token was made for, where aud does not tell. OpenID Connect Core §2"),
    (
        "nonce",
        "The value the client sent when it asked; it has to come back unchanged. OpenID Connect Core §2, §3.1.3.7",
    ),
    ("auth_time", "When the user signed in. Seconds since 1970. OpenID Connect Core §2"),
    ("acr", "How surely the user was identified, by a name the parties agreed on. OpenID Connect Core §2"),
    ("amr", "By what means the user signed in: pwd, otp, hwk, face, … OpenID Connect Core §2, RFC 8176 §2"),
    ("at_hash", "Half of the access token's hash: ties the two tokens together. OpenID Connect Core §3.1.3.6"),
    ("c_hash", "Half of the code's hash: ties the id token to the code. OpenID Connect Core §3.3.2.11"),
    ("s_hash", "Half of the state's hash: ties the answer to the request. FAPI 1.0 Advanced §5.1"),
    ("sid", "The session at the provider, for signing out. OpenID Connect Front-Channel Logout §3"),
    ("events", "What happened, by the address of its kind. RFC 8417 §2.2"),
    ("txn", "The transaction that several tokens belong to. RFC 8417 §2.2"),
    ("toe", "When the event happened. RFC 8417 §2.2"),
    (
        "urn:openid:params:jwt:claim:auth_req_id",
        "The backchannel request this id token answers. OpenID CIBA Core §10.3.1",
    ),
    ("urn:openid:params:jwt:claim:rt_hash", "Half of the refresh token's hash. OpenID CIBA Core §10.3.1"),
    ("htm", "DPoP: the method of the request this proof goes with. RFC 9449 §4.2"),
    ("htu", "DPoP: the address of the request, without query and fragment. RFC 9449 §4.2"),
    ("ath", "DPoP: the hash of the access token sent along. RFC 9449 §4.2"),
    ("response_type", "Request object: what the authorization endpoint shall give back. RFC 9101 §4, RFC 6749 §3.1.1"),
    ("response_mode", "Request object: how the answer comes back. RFC 9101 §4"),
    ("redirect_uri", "Request object: where the answer goes; one of the registered addresses. RFC 6749 §3.1.2"),
    ("state", "Request object: a value that comes back with the answer. RFC 6749 §4.1.1"),
    ("code_challenge", "Request object: the hash of the PKCE verifier. RFC 7636 §4.3"),
    ("code_challenge_method", "Request object: how the challenge was made; S256. RFC 7636 §4.3"),
    ("claims", "Request object: the single claims asked for. OpenID Connect Core §5.5"),
    ("authorization_details", "What is authorized, in detail: payments, accounts. RFC 9396 §2"),
    ("login_hint", "Who is going to sign in, as far as the client knows. OpenID Connect Core §3.1.2.1"),
    ("max_age", "How long ago the user may have signed in, in seconds. OpenID Connect Core §3.1.2.1"),
    ("acr_values", "How surely the user shall be identified, most wanted first. OpenID Connect Core §3.1.2.1"),
    ("code", "JARM: the authorization code. JARM §2.1"),
    ("software_statement", "What a directory says of the software, signed by it (SSA). RFC 7591 §2.3"),
    ("software_id", "The software's number in the directory. RFC 7591 §2"),
    ("software_version", "Which version of the software. RFC 7591 §2"),
    ("redirect_uris", "Registration: every address answers may go to. RFC 7591 §2"),
    ("grant_types", "Registration: the grants the client will use. RFC 7591 §2"),
    ("response_types", "Registration: the response types the client will use. RFC 7591 §2"),
    ("token_endpoint_auth_method", "Registration: how the client proves who it is. RFC 7591 §2"),
    (
        "token_endpoint_auth_signing_alg",
        "Registration: how client assertions are signed. OpenID Connect Registration §2",
    ),
    ("id_token_signed_response_alg", "Registration: how id tokens are to be signed. OpenID Connect Registration §2"),
    ("request_object_signing_alg", "Registration: how request objects are signed. OpenID Connect Registration §2"),
    ("tls_client_auth_subject_dn", "Registration: the subject of the client certificate. RFC 8705 §2.1.2"),
    ("jwks_uri", "Where the public keys are. RFC 7591 §2"),
    ("jwks", "The public keys themselves. RFC 7591 §2"),
    ("metadata", "Federation: what the entity says of itself, by role. OpenID Federation §5"),
    ("authority_hints", "Federation: who stands above the entity. OpenID Federation §3"),
    ("trust_marks", "Federation: what others attest of the entity. OpenID Federation §7"),
    ("active", "Introspection: whether the token can be used now. RFC 7662 §2.2"),
    ("token_introspection", "The introspection answer, inside a signed one. RFC 9701 §5"),
    ("vot", "How well the identity was proofed, in code. RFC 8485 §3.1"),
    ("name", "The user's full name. OpenID Connect Core §5.1"),
    ("given_name", "The user's given name. OpenID Connect Core §5.1"),
    ("family_name", "The user's family name. OpenID Connect Core §5.1"),
    ("birthdate", "The user's birthday, YYYY-MM-DD. OpenID Connect Core §5.1"),
    ("email", "The user's mail address. OpenID Connect Core §5.1"),
    ("phone_number", "The user's telephone number. OpenID Connect Core §5.1"),
    ("updated_at", "When the user's data last changed. OpenID Connect Core §5.1"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_has_one_meaning_and_its_place() {
        for (i, (name, meaning)) in CLAIMS.iter().enumerate() {
            assert!(CLAIMS[..i].iter().all(|(other, _)| other != name), "{name}");
            assert!(meaning.contains('§'), "{name}");
        }
        assert!(explain_claim("exp").is_some_and(|m| m.ends_with("RFC 7519 §4.1.4")));
        assert_eq!(explain_claim("EXP"), None);
    }
}
