//! The one minijinja environment: empty but for what the profile format names.

use std::sync::OnceLock;

use minijinja::{Environment, UndefinedBehavior};

use super::{certificates, convert, filters, functions, tests_of_values};

/// Instructions one evaluation may take; a real rule takes some dozens.
const FUEL: u64 = 20_000;

pub(super) const FUNCTIONS: &[&str] = &[
    "seconds",
    "minutes",
    "hours",
    "days",
    "uuid",
    "random",
    "random_hex",
    "verifies",
    "half_hash",
    "unmet",
    "used",
    "differences",
    "mod11",
];
pub(super) const FILTERS: &[&str] = &[
    "lower",
    "upper",
    "trim",
    "replace",
    "split",
    "words",
    "join",
    "length",
    "default",
    "list",
    "first",
    "last",
    "sort",
    "unique",
    "int",
    "float",
    "string",
    "abs",
    "min",
    "max",
    "sum",
    "items",
    "keys",
    "map",
    "pluck",
    "only",
    "without",
    "merge",
    "present",
    "pointer",
    "all",
    "any",
    "select",
    "reject",
    "json",
    "from_json",
    "jwt",
    "b64",
    "unb64",
    "b64url",
    "unb64url",
    "hex",
    "utf8",
    "sha256",
    "urlencode",
    "host",
    "origin",
    "path",
    "http_date",
    "thumbprint",
    "thumbprint_sha1",
    "x5t",
    "x5t_hex",
    "x5t_s256",
    "x5c",
    "certificate",
    "subject",
    "entropy_bits",
];
pub(super) const TESTS: &[&str] = &[
    "defined",
    "none",
    "string",
    "number",
    "integer",
    "boolean",
    "list",
    "object",
    "in",
    "eq",
    "startingwith",
    "endingwith",
    "containing",
    "matching",
    "shorter",
    "subset_of",
    "https",
    "loopback",
    "uuid4",
    "hetu",
    "scope_list",
    "placeholder",
    "compact_jws",
    "compact_jwe",
    "public_jwk",
    "sound_jwk",
    "chain",
    "self_issued",
];

pub(super) fn machine() -> &'static Environment<'static> {
    static MACHINE: OnceLock<Environment<'static>> = OnceLock::new();
    MACHINE.get_or_init(|| {
        let mut env = Environment::empty();
        env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        env.set_fuel(Some(FUEL));
        env.add_global("omit", convert::omit());
        functions::add(&mut env);
        filters::add(&mut env);
        tests_of_values::add(&mut env);
        certificates::add(&mut env);
        env
    })
}
