//! Who may know what. A line here is a promise to the reader of `src/lib.rs`; each says why.

/// The rings of `src/lib.rs`: its table and this one are compared.
pub const RINGS: &[(&str, &[&str])] = &[
    ("pure", &["time", "secret", "redact", "text", "jose", "x509", "inspect", "profile", "flow", "history"]),
    ("shell", &["clock", "config", "keys", "net", "store", "shell"]),
    ("faces", &["tui", "cli"]),
    ("sandbox", &["sandbox"]),
];

/// Past this, not counting tests, a file is usually two things.
pub const LONGEST: usize = 400;

/// Modules that may not mention a path, nor anything below it.
pub struct Wall {
    pub who: &'static [&'static str],
    pub may_not: &'static [&'static str],
    pub why: &'static str,
}

const PURE: &[&str] = RINGS[0].1;
const SHELL: &[&str] = RINGS[1].1;

pub const WALLS: &[Wall] = &[
    Wall {
        who: PURE,
        may_not: &[
            "tokio",
            "futures_executor",
            "reqwest",
            "hyper",
            "hyper_util",
            "rustls",
            "tokio_rustls",
            "axum",
            "keyring",
            "arboard",
            "tempfile",
            "directories",
            "rustix",
            "tracing",
        ],
        why: "the engine waits for nothing and talks to nobody; it asks with an effect",
    },
    Wall {
        who: PURE,
        may_not: &["std::fs", "std::env", "std::net", "std::process", "std::io", "std::thread", "std::os"],
        why: "the engine reads and writes nothing; it asks with an effect",
    },
    Wall {
        who: PURE,
        may_not: &[
            "std::time::SystemTime",
            "std::time::Instant",
            "jiff::Timestamp::now",
            "jiff::Zoned::now",
            "jiff::tz::TimeZone::system",
        ],
        why: "the time is told to the engine, so that a run can be replayed",
    },
    Wall {
        who: PURE,
        may_not: &[
            "getrandom",
            "rand::rng",
            "rand::random",
            "openssl::rand",
            "openssl::rsa::Rsa::generate",
            "openssl::ec::EcKey::generate",
            "openssl::pkey::PKey::generate_ed25519",
            "openssl::pkey::PKey::generate_x25519",
            "josekit::util::random_bytes",
        ],
        why: "chance comes in as a seed, so that a run can be replayed",
    },
    Wall {
        who: PURE,
        may_not: &["ratatui", "crossterm", "clap", "crate::tui", "crate::cli"],
        why: "the engine does not know who looks at it",
    },
    Wall {
        who: PURE,
        may_not: &[
            "crate::clock",
            "crate::config",
            "crate::keys",
            "crate::net",
            "crate::store",
            "crate::shell",
            "crate::sandbox",
        ],
        why: "the engine decides, the shell acts: it is below the shell",
    },
    Wall {
        who: &["time", "secret", "text"],
        may_not: &["crate::redact", "crate::jose", "crate::inspect", "crate::profile", "crate::flow"],
        why: "these are words that the others use",
    },
    Wall {
        who: &["redact", "jose"],
        may_not: &["crate::inspect", "crate::profile", "crate::flow"],
        why: "a format knows nothing of who uses it",
    },
    Wall {
        who: &["inspect", "profile", "flow"],
        may_not: &["crate::history"],
        why: "a run does not know that it is told",
    },
    Wall {
        who: SHELL,
        may_not: &["ratatui", "crossterm", "clap", "crate::tui", "crate::cli"],
        why: "the shell does not know who looks at it",
    },
    Wall {
        who: SHELL,
        may_not: &["crate::sandbox"],
        why: "an embedded bank is joined by the network's host map alone",
    },
    Wall {
        who: &["net", "keys", "store", "clock", "config"],
        may_not: &["crate::shell", "crate::inspect"],
        why: "an adapter does one thing; the shell joins them",
    },
    Wall {
        who: &["net"],
        may_not: &["crate::store", "crate::profile"],
        why: "the network is told hosts, limits and keys; it keeps and decides nothing",
    },
    Wall {
        who: &["keys"],
        may_not: &["crate::net", "crate::store", "crate::profile", "crate::flow"],
        why: "a key store knows keys",
    },
    Wall {
        who: &["clock", "config"],
        may_not: &["crate::net", "crate::keys", "crate::store"],
        why: "these are words that the others use",
    },
    Wall {
        who: &["tui"],
        may_not: &[
            "crate::net",
            "crate::keys",
            "crate::cli",
            "crate::sandbox",
            "std::net",
            "std::process",
            "tokio::net",
        ],
        why: "the screen shows a run and sends events; the shell acts",
    },
    Wall {
        who: &["cli"],
        may_not: &["ratatui", "crossterm", "tokio::net", "std::net"],
        why: "the command line has no screen and no socket",
    },
    Wall {
        who: &["sandbox"],
        may_not: &[
            "crate::jose",
            "crate::flow",
            "crate::inspect",
            "crate::profile",
            "crate::redact",
            "crate::keys",
            "crate::net",
            "crate::store",
            "crate::shell",
            "crate::cli",
            "crate::tui",
            "crate::clock",
            "crate::config",
            "josekit",
        ],
        why: "one bug must not sit on both sides: the bank verifies with means of its own",
    },
];

/// Crates with one home each: (crate, modules, why).
pub const HOMES: &[(&str, &[&str], &str)] = &[
    ("josekit", &["jose"], "it prints private keys and inflates without a limit; `jose` fences it"),
    ("minijinja", &["flow"], "expressions are strict, bounded and typed there"),
    ("reqwest", &["net"], "a client built elsewhere follows redirects, uses proxies and is not recorded"),
    ("hyper", &["net", "sandbox"], "exchanges are recorded by the network layer"),
    ("hyper_util", &["net", "sandbox"], "exchanges are recorded by the network layer"),
    ("rustls", &["net", "sandbox"], "trust is decided in the network layer"),
    ("tokio_rustls", &["net", "sandbox"], "trust is decided in the network layer"),
    ("rustls_platform_verifier", &["net"], "trust is decided in the network layer"),
    ("axum", &["sandbox"], "only the embedded banks serve"),
    ("rcgen", &["sandbox"], "only the embedded banks issue certificates"),
    ("ratatui", &["tui"], "one face draws"),
    ("crossterm", &["tui"], "one face draws"),
    ("clap", &["cli"], "one face has arguments"),
    ("keyring", &["keys"], "one adapter per kind of store"),
    ("cryptoki", &["keys"], "one adapter per kind of store"),
    ("aws_config", &["keys"], "one adapter per kind of store"),
    ("aws_sdk_kms", &["keys"], "one adapter per kind of store"),
    ("directories", &["config"], "where things are kept is decided once"),
    ("schemars", &["profile"], "the schema is of profiles"),
];

/// Macros that write, or give up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mute {
    Everywhere,
    ButFaces,
}

pub fn mute(name: &str) -> Option<Mute> {
    match name.rsplit("::").next()? {
        "todo" | "unimplemented" | "dbg" => Some(Mute::Everywhere),
        "println" | "print" | "eprintln" | "eprint" => Some(Mute::ButFaces),
        _ => None,
    }
}

/// What a wall lets through. One that nothing needs is reported too.
pub struct Exception {
    /// A module, with everything below it.
    pub who: &'static str,
    pub what: &'static str,
    #[expect(dead_code, reason = "for the reader")]
    pub why: &'static str,
}

pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        who: "crate::jose",
        what: "crate::keys::KeySpec",
        why: "what kind of key an algorithm wants: a word, no store",
    },
    Exception {
        who: "crate::profile",
        what: "crate::keys::KeyUri",
        why: "a key reference is checked where it is written: a word, no store",
    },
    Exception {
        who: "crate::jose::secret_jwk",
        what: "openssl::ec::EcKey::generate",
        why: "the stores make keys through it; a run asks with an effect",
    },
    Exception { who: "crate::jose::secret_jwk", what: "openssl::pkey::PKey::generate_ed25519", why: "likewise" },
    Exception { who: "crate::jose::secret_jwk", what: "openssl::pkey::PKey::generate_x25519", why: "likewise" },
    Exception { who: "crate::jose::secret_jwk", what: "openssl::rsa::Rsa::generate", why: "likewise" },
    Exception {
        who: "crate::cli::unlock",
        what: "crossterm",
        why: "a passphrase is asked for without a screen, and not echoed",
    },
    Exception {
        who: "crate::keys::keyring",
        what: "crate::store",
        why: "files are read bounded and written whole and private in one way",
    },
    Exception { who: "crate::keys::vault", what: "crate::store", why: "likewise" },
    Exception { who: "crate::cli::args", what: "a bank's name", why: "examples in the help are commands that work" },
];
