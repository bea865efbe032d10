//! A run for tests: a token request that is answered, and a call that is refused.

#[path = "../../tests/support/har.rs"]
mod har_fields;

pub use har_fields::check as checked_har;
use serde_json::{Value as Json, json};

pub fn events() -> Vec<Json> {
    let at = |second: u32| format!("2026-11-24T18:59:{second:02}.000Z");
    let secret = "********  (43 chars, ~9f3c)";
    let phases = |dns: f64| json!({"dns": dns, "tcp": 9.0, "tls": 33.5, "wait": 72.0, "body": 3.0});
    vec![
        json!({
            "event": "run", "at": at(0), "software": "countersign 0.1.0", "profile": "acme-nordbank", "flow": "call",
            "env": "uat", "id": "1d4c", "title": "Call the API", "sandbox": false, "production": false,
            "inputs": {"scope": "accounts"}, "withheld": ["client_secret"],
        }),
        json!({
            "event": "key", "at": at(0), "role": "signing", "kind": "EC P-256", "thumbprint": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2",
            "x5t#S256": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
        }),
        json!({"event": "step", "at": at(1), "id": "token", "state": "armed", "attempt": 1, "title": "Ask the token endpoint"}),
        json!({
            "event": "artefact", "at": at(1), "step": "token", "name": "client_assertion", "kind": "jws",
            "header": {"alg": "ES256"}, "claims": {"iss": "acme", "exp": 1_795_546_827}, "chars": 398, "key": null,
        }),
        json!({
            "event": "request", "at": at(1), "step": "token", "attempt": 1, "method": "POST",
            "url": "https://as.nordbank.example/token", "headers": [["content-type", "application/x-www-form-urlencoded"]],
            "body": {"grant_type": "client_credentials", "client_assertion": secret}, "size": 512, "mtls": "transport",
        }),
        json!({"event": "step", "at": at(2), "id": "token", "state": "sent", "attempt": 1, "title": "Ask the token endpoint"}),
        json!({
            "event": "response", "at": at(3), "step": "token", "attempt": 1, "status": 200, "reason": "OK",
            "headers": [["content-type", "application/json"], ["x-request-id", "req-4711"]],
            "body": {"access_token": secret, "expires_in": 300}, "size": 80, "head": 140, "sent": {"head": 210, "body": 512},
            "complete": true, "ms": 118, "started": "2026-11-24T18:59:02.100Z", "phases": phases(1.0),
            "tls": {"version": "TLS 1.3", "cipher": "TLS13_AES_256_GCM_SHA384", "client_certificate": {"subject": "CN=acme", "x5t#S256": "fUHyO2r2"}},
            "peer": "127.0.0.1:8443",
        }),
        json!({
            "event": "check", "at": at(3), "step": "token", "on": "token", "id": "TK-03", "level": "should", "result": "warn",
            "say": "the answer has no Cache-Control", "expected": "no-store", "found": "nothing", "ref": "RFC 6749 §5.1",
        }),
        json!({"event": "step", "at": at(3), "id": "token", "state": "done", "attempt": 1, "title": "Ask the token endpoint"}),
        json!({"event": "output", "at": at(3), "step": "token", "name": "access_token", "value": secret}),
        json!({"event": "step", "at": at(4), "id": "call", "state": "armed", "attempt": 1, "title": "Call it"}),
        json!({
            "event": "request", "at": at(4), "step": "call", "attempt": 1, "method": "GET",
            "url": "https://api.nordbank.example/accounts?a+b=c", "headers": [["authorization", secret]], "body": null, "size": 0,
        }),
        json!({"event": "step", "at": at(4), "id": "call", "state": "sent", "attempt": 1, "title": "Call it"}),
        json!({
            "event": "response", "at": at(5), "step": "call", "attempt": 1, "status": 403, "reason": "Forbidden",
            "headers": [["x-fapi-interaction-id", "93bac548-d2de-4546-b106-880a5018460d"]], "body": {"error": "insufficient_scope"},
            "size": 30, "head": 90, "sent": {"head": 180, "body": 0}, "complete": true, "ms": 40,
            "started": "2026-11-24T18:59:04.200Z", "phases": phases(0.5), "tls": null, "peer": "127.0.0.1:8444",
        }),
        json!({
            "event": "check", "at": at(5), "step": "call", "on": "call", "id": "AP-01", "level": "must", "result": "fail",
            "say": "the scope is wide enough | enough", "expected": "accounts", "found": "scope payments", "ref": "RFC 6750 §3.1",
        }),
        json!({
            "event": "step", "at": at(5), "id": "call", "state": "failed", "attempt": 1, "title": "Call it",
            "error": {"id": "insufficient_scope", "text": "the bank refused: insufficient_scope", "hint": "ask for accounts", "likely": null, "checks": ["AP-01"]},
        }),
        json!({
            "event": "done", "at": at(5), "status": "failed", "step": "call",
            "error": {"id": "insufficient_scope", "text": "the bank refused: insufficient_scope", "hint": "ask for accounts", "likely": null, "checks": ["AP-01"]},
            "checks": {"pass": 12, "fail": 1, "warn": 1, "not_checked": 2},
        }),
    ]
}
