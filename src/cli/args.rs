//! The command tree. Help, completions and the man page are all made from it.

mod clients;
mod history;
mod inspect;
mod tokens;

use std::path::PathBuf;

pub use clients::{ClientsCommand, RenewArgs};
pub use history::{AgainArgs, ExportForm, HistoryCommand};
pub use inspect::InspectArgs;
pub use tokens::TokensCommand;

use clap::{Args, Parser, Subcommand};

/// A workbench for the credentials of bank APIs: make and bind keys, onboard a client at a bank, drive every
/// authentication sequence step by step, see what crosses the wire, learn why something is right or wrong.
#[derive(Debug, Parser)]
#[command(
    name = "countersign",
    version,
    max_term_width = 100,
    after_help = "Exit status: 0 done · 1 the bank refused, a verdict is wrong or a `must` check failed · 2 usage or profile · 3 key store · 4 network or TLS · 5 a person is needed · 130 cancelled\n\nStart here: countersign demo"
)]
pub struct Cli {
    /// Where everything is kept, instead of the operating system's directories.
    #[arg(long, global = true, value_name = "DIR", env = "COUNTERSIGN_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub screen: Screen,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How the screen is drawn.
#[derive(Args, Clone, Copy, Debug)]
pub struct Screen {
    /// Draw with ASCII characters only.
    #[arg(long)]
    pub ascii: bool,
    /// Never reveal a secret on the screen, for screen sharing.
    #[arg(long)]
    pub no_reveal: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The workbench on the embedded banks; nothing is kept.
    Demo,
    /// Run a flow without the screen.
    Run(RunArgs),
    /// Say what a token, key or certificate is, and what is wrong with it.
    Inspect(InspectArgs),
    /// Is this profile right? Complaints come with file, line and column.
    Check(CheckArgs),
    /// What a check or an error means, what to do about it, and where that is written.
    Explain(ExplainArgs),
    /// Every key of the screen, with those of your own keys.toml.
    Keymap(KeymapArgs),
    /// List, show and make profiles.
    Profiles {
        #[command(subcommand)]
        command: ProfilesCommand,
    },
    /// List, show, make and keep keys.
    Keys {
        /// Read the passphrase of a sealed file or of the vault, or a token's PIN, from a file, or from - (standard input).
        #[arg(long, global = true, value_name = "FILE|-")]
        unlock_from: Option<String>,
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Registrations of saved profiles: what exists where, what ends when, and what the bank changed.
    Clients {
        /// Read the passphrase of the vault or of a sealed key file from a file, or from - (standard input).
        #[arg(long, global = true, value_name = "FILE|-")]
        unlock_from: Option<String>,
        #[command(subcommand)]
        command: ClientsCommand,
    },
    /// Tokens of saved profiles: list, use, refresh, copy, forget.
    Tokens {
        /// Read the passphrase of the vault from a file, or from - (standard input).
        #[arg(long, global = true, value_name = "FILE|-")]
        unlock_from: Option<String>,
        #[command(subcommand)]
        command: TokensCommand,
    },
    /// Runs that are kept: list, show, take along, delete, run again.
    History {
        #[command(subcommand)]
        command: HistoryCommand,
    },
    /// What of this machine can be used, and why not: terminal, clipboard, key stores, clock, proxies.
    Doctor(DoctorArgs),
    /// Serve the embedded banks until stopped.
    #[cfg(feature = "sandbox")]
    Sandbox(SandboxArgs),
    /// Print completions for a shell.
    Completions { shell: clap_complete::Shell },
    /// Print the manual page.
    Man,
}

/// Examples:
///
///   countersign run dnb token --env sandbox --json
///
///   TOKEN=$(countersign run acme-dnb token --print token.access_token)
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct RunArgs {
    /// A profile's id; `countersign profiles list` shows them.
    pub profile: String,
    /// A flow of it.
    pub flow: String,
    /// The environment; a saved profile has its own.
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
    /// An input: K=V, K=@FILE, or K=@- for standard input. Secrets only by file or standard input.
    #[arg(long = "set", value_name = "K=V")]
    pub set: Vec<String>,
    /// A key for a role: ROLE=REF, for example signing=file:key.pem.
    #[arg(long = "bind", value_name = "ROLE=REF")]
    pub bind: Vec<String>,
    /// The certificates of a role's key, where its store keeps none (PEM): ROLE=FILE.
    #[arg(long = "chain", value_name = "ROLE=FILE")]
    pub chain: Vec<String>,
    /// Read the passphrase of a sealed file or of the vault, or a token's PIN, from a file, or from - (standard input).
    #[arg(long, value_name = "FILE|-")]
    pub unlock_from: Option<String>,
    /// Stop after this step.
    #[arg(long, value_name = "STEP")]
    pub until: Option<String>,
    /// Build and check, but send nothing: stops before the first request.
    #[arg(long)]
    pub dry_run: bool,
    /// Allow a production environment.
    #[arg(long)]
    pub production: bool,
    /// One JSON object per line: run, key, step, artefact, request, response, check, output, done.
    #[arg(long, conflicts_with = "print")]
    pub json: bool,
    /// Print this one output raw and nothing else.
    #[arg(long, value_name = "STEP.OUTPUT")]
    pub print: Option<String>,
    /// Write the exchanges as HAR 1.2, secrets masked; a file that is there is not replaced.
    #[arg(long, value_name = "FILE")]
    pub har: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Profile files.
    #[arg(required_unless_present = "schema")]
    pub files: Vec<PathBuf>,
    /// Print the JSON Schema of profiles and end.
    #[arg(long)]
    pub schema: bool,
}

#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// A check (CA-06), an error that a bank answers (invalid_client), a status (401), or one of this program's
    /// (key.not-bound). Without it, all of them.
    #[arg(value_name = "CHECK|ERROR")]
    pub word: Option<String>,
}

#[derive(Args, Debug)]
pub struct KeymapArgs {
    /// Say only what in keys.toml has no effect or takes another action's key; ends with 2 where something does.
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Subcommand)]
pub enum ProfilesCommand {
    /// Every profile with its environments and flows.
    List {
        #[arg(long)]
        json: bool,
    },
    /// One profile: environments, inputs, keys, flows with their steps.
    Show { id: String },
    /// Make a saved profile from a bank.
    New {
        /// The new profile's id: lower-case letters, digits, hyphens.
        id: String,
        #[arg(long, value_name = "BANK")]
        from: String,
        #[arg(long, value_name = "ENV")]
        env: Option<String>,
        #[arg(long = "bind", value_name = "ROLE=REF")]
        bind: Vec<String>,
        /// The certificates of a role's key, where its store keeps none (PEM): ROLE=FILE.
        #[arg(long = "chain", value_name = "ROLE=FILE")]
        chain: Vec<String>,
        #[arg(long = "set", value_name = "K=V")]
        set: Vec<String>,
    },
    /// Check a profile file, say what it would change, and take it in; replaces one only with --replace. Also takes the JSON that a bank's KMS script printed
    /// (key_id, client_jws), and goes on where the script stopped.
    Import {
        file: PathBuf,
        /// Put it in the place of the profile that has its id; that one goes to the bin for 30 days.
        #[arg(long)]
        replace: bool,
        /// For the script's output: the bank whose script it is, where that is not clear.
        #[arg(long, value_name = "BANK")]
        from: Option<String>,
        /// For the script's output: the environment of the new profile.
        #[arg(long, value_name = "ENV")]
        env: Option<String>,
        /// For the script's output: the new profile's id.
        #[arg(long, value_name = "NAME")]
        id: Option<String>,
        /// For the script's output: the AWS region of the key, where key_id is no ARN.
        #[arg(long, value_name = "REGION")]
        region: Option<String>,
    },
    /// The same profile under another id: its keys, values and rules.
    Clone {
        id: String,
        /// The new profile's id: lower-case letters, digits, hyphens.
        new: String,
        /// Another environment of its bank; keys of others that were approved do not come along.
        #[arg(long, value_name = "ENV")]
        env: Option<String>,
    },
    /// Bring the newest file of a profile that was deleted or replaced back from the bin; without an id: what is in it.
    Restore { id: Option<String> },
    /// Print a saved profile's file. It holds no secret.
    Export { id: String },
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Every key that can be named, and the keys that profiles refer to.
    List {
        #[arg(long)]
        json: bool,
    },
    /// What may be known of one key.
    Show {
        reference: String,
        #[arg(long)]
        json: bool,
    },
    /// Ask an issuer for a QWAC or QSeal: prints a certification request (PKCS#10, PEM) signed by the key.
    Csr(CsrArgs),
    /// Make a key where the store of the reference can make one: vault:NAME, keyring:NAME, in AWS KMS, or
    /// 'pkcs11:token=TOKEN;object=NAME' through a module that config.toml or COUNTERSIGN_PKCS11_MODULES names.
    New(NewKeyArgs),
    /// Give a key file, with its certificates, to a store that keeps it. The file stays.
    Import {
        file: String,
        /// Its certificates, where they lie in another file (PEM).
        #[arg(long, value_name = "FILE")]
        chain: Option<String>,
        /// vault:NAME or keyring:NAME.
        #[arg(long, value_name = "REF")]
        to: String,
    },
    /// Keep the certificate that was issued for a key beside it, with those of its issuers.
    Certify {
        reference: String,
        /// PEM, the key's own certificate first.
        file: PathBuf,
    },
    /// Delete a key. A key of the vault or of AWS KMS can be brought back for 30 days; one on a token is gone.
    Delete {
        reference: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Bring back a deleted key of the vault, or a deleted or disabled one of AWS KMS.
    Restore { reference: String },
    /// Print the public half: JWK, or JWKS or PEM.
    Public {
        reference: String,
        #[arg(long, conflicts_with = "pem")]
        jwks: bool,
        #[arg(long)]
        pem: bool,
    },
}

/// Examples:
///
///   countersign keys new vault:signing --alg ES256
///
///   countersign keys new 'awskms:key-id=alias/signing;region=eu-west-1' --alg ES256
///
///   countersign keys new --for dnb/signing --set client_name=acme --set kms_replica_region=eu-central-1
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct NewKeyArgs {
    /// Where: vault:NAME, keyring:NAME, pkcs11:token=TOKEN;object=NAME, awskms:key-id=alias/NAME;region=REGION. A bare NAME
    /// goes to the keyring where there is one, else to the vault. With --for the profile may say it.
    #[arg(required_unless_present = "role")]
    pub reference: Option<String>,
    /// ES256, ES384, ES512, EdDSA, RS256, PS256; X25519 for a key that opens and does not sign. With --for the role's own.
    #[arg(long, required_unless_present = "role")]
    pub alg: Option<String>,
    /// For a role of a profile, which may say kind, name, region and tags of its keys.
    #[arg(long = "for", id = "role", value_name = "PROFILE/ROLE")]
    pub role: Option<String>,
    /// An input that the profile's words on new keys read.
    #[arg(long = "set", value_name = "K=V", requires = "role")]
    pub set: Vec<String>,
}

/// Example:
///
///   countersign keys csr file:seal.pem --profile qseal --role PSP_AI --nca-name Finanstilsynet --nca-id NO-FSA
///     --subject 'CN=Acme AS,organizationIdentifier=PSDNO-FSA-987654321,O=Acme AS,C=NO'
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct CsrArgs {
    pub reference: String,
    /// RFC 4514 (CN=…,O=…,C=NO) or openssl (/C=NO/O=…/CN=…).
    #[arg(long, value_name = "DN")]
    pub subject: String,
    /// qwac for TLS, qseal for signatures.
    #[arg(long, value_name = "qwac|qseal")]
    pub profile: String,
    /// A role under PSD2: PSP_AS, PSP_PI, PSP_AI, PSP_IC.
    #[arg(long = "role", value_name = "ROLE", requires = "nca_name", requires = "nca_id")]
    pub roles: Vec<String>,
    /// The authority that gave the authorisation.
    #[arg(long, value_name = "NAME", requires = "roles")]
    pub nca_name: Option<String>,
    /// Its id, as NO-FSA.
    #[arg(long, value_name = "ID", requires = "roles")]
    pub nca_id: Option<String>,
    /// A host the certificate is for.
    #[arg(long = "san", value_name = "HOST")]
    pub san: Vec<String>,
    /// What to sign the request with: ES256, RS256, PS256, …; else what is usual for the key.
    #[arg(long)]
    pub alg: Option<String>,
}

#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Also reach this host, as `api.ciam.dnb.no`, without credentials, and compare clocks.
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// One JSON object per line: what, state (ok, note, no), text, hint.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct SandboxArgs {
    /// Serve only these banks.
    #[arg(long = "bank", value_name = "BANK")]
    pub banks: Vec<String>,
}
