//! The arguments of `inspect`.

use clap::Args;

/// Examples:
///
///   countersign inspect token.txt --jwks keys.json
///
///   countersign inspect assertion.jwt --as dnb/client --env production --set client_id=acme
///
///   countersign inspect id_token.jwt --as danske-ftn/identify.id_token --env production --key enc.pem --jwks bank.json
///     --set let.nonce=… --set callback.sent_at=1795255961
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct InspectArgs {
    /// A file, or - for standard input (the default).
    #[arg(default_value = "-")]
    pub input: String,
    /// A key to verify or to open with: a reference, or the path of a PEM, JWK or JWKS file.
    #[arg(long = "key", value_name = "REF|FILE")]
    pub key: Vec<String>,
    /// A key set: a file (which may hold private and symmetric keys) or an https URL.
    #[arg(long, value_name = "FILE|URL")]
    pub jwks: Option<String>,
    /// Hold it against a bank's rules: PROFILE/client for a client assertion, PROFILE/dpop for a DPoP proof, or a step,
    /// PROFILE/FLOW.STEP: one that makes or opens a token, or, for a whole HTTP request (also as a curl command) or
    /// response, one that sends it.
    #[arg(long = "as", value_name = "PROFILE/FLOW.STEP|PROFILE/client")]
    pub rules: Option<String>,
    /// The environment whose rules they are; a saved profile has its own.
    #[arg(long, value_name = "ENV", requires = "rules")]
    pub env: Option<String>,
    /// What the rules read: an input, or any other name of theirs (let.nonce, request.url, STEP.OUTPUT); K=V, K=@FILE or
    /// K=@-. What is not given is not checked.
    #[arg(long = "set", value_name = "K=V", requires = "rules")]
    pub set: Vec<String>,
    /// A key for a role of the profile: ROLE=REF, for example signing=file:key.pem.
    #[arg(long = "bind", value_name = "ROLE=REF", requires = "rules")]
    pub bind: Vec<String>,
    /// The certificates of a role's key, where its store keeps none (PEM): ROLE=FILE.
    #[arg(long = "chain", value_name = "ROLE=FILE", requires = "rules")]
    pub chain: Vec<String>,
    /// Read the passphrase of a sealed file or of the vault, or a token's PIN, from a file, or from - (standard input).
    #[arg(long, value_name = "FILE|-")]
    pub unlock_from: Option<String>,
    /// The whole result as one JSON object.
    #[arg(long)]
    pub json: bool,
}
