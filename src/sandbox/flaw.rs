//! What can be made wrong in one artefact of a bank: one flaw at a time, each for a check that is to find it.

/// An error that an OpenID provider answers with, in place of what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    InvalidRequest,
    InvalidRequestObject,
    UnauthorizedClient,
    InvalidClient,
    InvalidScope,
    InvalidGrant,
    UnsupportedResponseType,
    UnsupportedGrantType,
    AccessDenied,
    ServerError,
}

impl Refusal {
    pub const ALL: &[Self] = &[
        Self::InvalidRequest,
        Self::InvalidRequestObject,
        Self::UnauthorizedClient,
        Self::InvalidClient,
        Self::InvalidScope,
        Self::InvalidGrant,
        Self::UnsupportedResponseType,
        Self::UnsupportedGrantType,
        Self::AccessDenied,
        Self::ServerError,
    ];

    /// The value of `error` (RFC 6749 §4.1.2.1 and §5.2, RFC 9101 §6).
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::InvalidClient => "invalid_client",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
        }
    }
}

/// What is wrong with an ID token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdTokenFlaw {
    WrongNonce,
    WrongAcr,
    WrongAudience,
    WrongIssuer,
    Expired,
    /// Issued twenty minutes ago.
    Old,
    /// The person signed in an hour before the request.
    OldSignIn,
    /// `exp`, `iat` and `auth_time`, and `expires_in` beside the token, are texts.
    DatesAsTexts,
    /// Signed by another key, under the `kid` of the right one.
    WrongKey,
    /// Signed by a key that is never published, under its own `kid`.
    UnknownKid,
    /// Signed RS384.
    OtherAlg,
    /// `alg` is none, and there is no signature.
    Unsigned,
    /// Encrypted A256GCM.
    OtherEnc,
    /// The content key is wrapped with RSA-OAEP-256.
    OtherKeyAlg,
    /// Encrypted to somebody else's key, under the client's `kid`.
    OtherRecipient,
    /// Signed, but not encrypted.
    NotEncrypted,
    /// Claims about the person are missing although they were asked for.
    NoPerson,
    /// The control character of the personal identity code is wrong.
    WrongControlCharacter,
    /// Open banking: `c_hash`, `s_hash` and `at_hash` are those of other values.
    WrongHash,
    /// Open banking: there is no `s_hash`.
    NoStateHash,
    /// Open banking: it is about another consent.
    OtherConsent,
}

/// What is wrong with an entity statement or a signed JWK set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustFlaw {
    /// Both are signed by a new entity key, which the statement shows.
    OtherEntityKey,
    StatementExpired,
    StatementWithoutTyp,
    /// The statement's `kid` is not among the keys inside it.
    StatementKidNotInside,
    StatementOfAnother,
    StatementWithoutProvider,
    /// Signed by another key, under the `kid` of the entity key.
    JwksWrongKey,
    JwksOfAnother,
    JwksExpired,
    JwksWithoutKeys,
    JwksWithoutTyp,
}

/// What a registration endpoint answers with in place of what it should, or what is wrong with its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationFlaw {
    InvalidRedirectUri,
    InvalidClientMetadata,
    InvalidSoftwareStatement,
    UnapprovedSoftwareStatement,
    /// 400 with a code that RFC 7591 does not know.
    StrangeError,
    /// 401: the gateway did not pass the client certificate on.
    NoCertificate,
    /// 403: the client may not do this.
    Forbidden,
    /// 405: the bank does not have the operation.
    NotSupported,
    /// A fault of the gateway's own, JSON.
    GatewayJson,
    /// The same in XML.
    GatewayXml,
    /// WSO2's dialect: `client_id_issued_at` is a text, and members that were registered do not come back.
    Dialect,
    /// The record names another software than the statement.
    OtherSoftware,
    /// The record holds another software statement.
    OtherStatement,
    /// The record has a secret that does not say when it ends.
    SecretWithoutEnd,
    /// The record may be kept by a cache.
    Cacheable,
    /// 201 without a client id.
    NoClientId,
    /// The record has a registration access token and the address it is good for (RFC 7592 §3).
    AccessToken,
    /// A deletion is answered 200 with a body.
    DeletedWithBody,
}

impl RegistrationFlaw {
    /// Whether every request is refused, in place of a record that is wrong.
    pub(super) const fn refuses(self) -> bool {
        matches!(
            self,
            Self::InvalidRedirectUri
                | Self::InvalidClientMetadata
                | Self::InvalidSoftwareStatement
                | Self::UnapprovedSoftwareStatement
                | Self::StrangeError
                | Self::NoCertificate
                | Self::Forbidden
                | Self::NotSupported
                | Self::GatewayJson
                | Self::GatewayXml
        )
    }
}

/// What is wrong with a software statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementFlaw {
    /// Signed by a key that the directory does not publish, under the directory's `kid`.
    WrongKey,
    /// Issued by somebody who is no directory of the bank's, although with its key.
    OtherIssuer,
    Expired,
    /// Issued 61 days ago.
    Old,
    /// The organisation's permission was withdrawn.
    Withdrawn,
    /// The software has no role for payments.
    NoPayments,
    /// `alg` is none, and there is no signature.
    Unsigned,
}
