//! What tells the two embedded banks of this kind apart: their addresses, and who holds the key to a registration.

/// `host:port` as a URL says it, and the paths there.
pub(in crate::sandbox) struct Flavour {
    pub id: &'static str,
    /// Takes registrations.
    pub gateway: &'static str,
    pub registration_path: &'static str,
    pub registration_endpoint: &'static str,
    /// Gives tokens.
    pub server: &'static str,
    pub issuer: &'static str,
    pub discovery_path: &'static str,
    pub token_path: &'static str,
    pub token_endpoint: &'static str,
    pub jwks_path: &'static str,
    pub jwks_uri: &'static str,
    /// Where a person is sent, and answers the page.
    pub authorize_path: &'static str,
    pub authorization_endpoint: &'static str,
    pub login_path: &'static str,
    pub directory: &'static str,
    pub directory_token_endpoint: &'static str,
    /// Every record comes with a registration access token (RFC 7592 §3).
    pub access_token: bool,
    /// Its profile has a flow that pays.
    pub pays: bool,
}

pub(in crate::sandbox) static WSO2: Flavour = Flavour {
    id: "wso2-ob",
    gateway: "localhost:8243",
    registration_path: "/open-banking/0.1/register",
    registration_endpoint: "https://localhost:8243/open-banking/0.1/register",
    server: "localhost:9446",
    issuer: "https://localhost:9446/oauth2/token",
    discovery_path: "/oauth2/token/.well-known/openid-configuration",
    token_path: "/oauth2/token",
    token_endpoint: "https://localhost:9446/oauth2/token",
    jwks_path: "/oauth2/jwks",
    jwks_uri: "https://localhost:9446/oauth2/jwks",
    authorize_path: "/oauth2/authorize",
    authorization_endpoint: "https://localhost:9446/oauth2/authorize",
    login_path: "/oauth2/consent",
    directory: "directory.countersign.example",
    directory_token_endpoint: "https://directory.countersign.example/token",
    access_token: false,
    pays: false,
};

pub(in crate::sandbox) static UK: Flavour = Flavour {
    id: "uk-open-banking",
    gateway: "rs.ukbank.countersign.example",
    registration_path: "/dynamic-client-registration/v3.3/register",
    registration_endpoint: "https://rs.ukbank.countersign.example/dynamic-client-registration/v3.3/register",
    server: "auth.ukbank.countersign.example",
    issuer: "https://auth.ukbank.countersign.example",
    discovery_path: "/.well-known/openid-configuration",
    token_path: "/as/token",
    token_endpoint: "https://auth.ukbank.countersign.example/as/token",
    jwks_path: "/as/jwks",
    jwks_uri: "https://auth.ukbank.countersign.example/as/jwks",
    authorize_path: "/as/authorize",
    authorization_endpoint: "https://auth.ukbank.countersign.example/as/authorize",
    login_path: "/as/consent",
    directory: "directory.ukbank.countersign.example",
    directory_token_endpoint: "https://directory.ukbank.countersign.example/token",
    access_token: true,
    pays: true,
};
