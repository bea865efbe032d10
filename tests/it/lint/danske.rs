//! The id_token of Danske Bank's Finnish Trust Network: encrypted, and signed inside.

use countersign::jose::jwe::{Enc, KeyAlg, Recipient, Sealing};

use super::*;

const RULES: &str = "danske-ftn/identify.id_token";
const NONCE: &str = "n-0S6_WzA2MjAAAAAAAAAA";

struct Bank {
    desk: Desk,
    ours: SecretJwk,
    bank: SecretJwk,
}

struct Token<'a> {
    by: &'a SecretJwk,
    alg: Alg,
    header: Value,
    claims: Value,
    enc: &'static str,
    sealed: bool,
}

impl Bank {
    fn new() -> Self {
        let (ours, bank) = (key(KeySpec::Rsa(2048)), key(KeySpec::Rsa(2048)).with_kid("bank-1"));
        let mut desk = Desk::new();
        desk.bind("encryption", &ours, Vec::new());
        desk.bind("signing", &key(KeySpec::Rsa(2048)), Vec::new());
        Self { desk, ours, bank }
    }

    fn token(&self) -> Token<'_> {
        let now = now();
        let claims = json!({"iss": "https://userapi2.danskebank.com/ftn-idp", "aud": "acme", "sub": "s1", "iat": now - 5,
            "exp": now + 300, "auth_time": now - 8, "nonce": NONCE, "acr": "http://ftn.ficora.fi/2017/loa2"});
        let header = json!({"kid": "bank-1", "typ": "JWT"});
        Token { by: &self.bank, alg: Alg::Rs256, header, claims, enc: "A128GCM", sealed: true }
    }

    fn text(&self, token: &Token<'_>) -> String {
        let signed = sign(token.by, token.alg, &token.header, &token.claims);
        if !token.sealed {
            return signed;
        }
        let header = json!({"kid": self.ours.public().thumbprint(), "cty": "JWT"});
        let (alg, enc) = (KeyAlg::parse("RSA-OAEP").expect("known"), Enc::parse(token.enc).expect("known"));
        let header = header.as_object().expect("an object");
        let sealing = Sealing { alg, enc, header, compress: false, content: signed.as_bytes() };
        let mut fill = |bytes: &mut [u8]| openssl::rand::rand_bytes(bytes).expect("random");
        sealing.seal(Recipient::Public(self.ours.public()), &mut fill).expect("sealed")
    }

    fn said(&self) -> Said<'static> {
        let sent = (now() - 30).to_string();
        let mut set = strings(&[("client_id", "acme"), ("scope", "openid"), ("let.nonce", NONCE)]);
        set.push(("callback.sent_at", sent));
        Said { env: "production", set, keys: vec![self.bank.public().clone()] }
    }
}

#[tokio::test]
async fn each_flaw_is_named_by_the_bank_s_own_rule() {
    let bank = Bank::new();
    let stranger = key(KeySpec::Rsa(2048)).with_kid("bank-1");
    let now = now();
    let claim = |changes: Value| Token { claims: with(&bank.token().claims, &changes), ..bank.token() };
    let rows: Vec<(&str, Token<'_>, &[&str])> = vec![
        ("sound", bank.token(), &[]),
        ("nonce", claim(json!({"nonce": "another"})), &["DAN-IDT-03", "IDT-03"]),
        ("no nonce", claim(json!({"nonce": null})), &["DAN-IDT-03", "IDT-03"]),
        ("acr", claim(json!({"acr": "http://ftn.ficora.fi/2017/loatest2"})), &["DAN-IDT-03"]),
        ("no acr", claim(json!({"acr": null})), &["DAN-IDT-03"]),
        ("aud", claim(json!({"aud": "other"})), &["DAN-IDT-03", "IDT-02a"]),
        ("iss", claim(json!({"iss": "https://as.example"})), &["DAN-IDT-03", "IDT-02i"]),
        ("expired", claim(json!({"exp": now - 90})), &["DAN-IDT-03", "JWT-02o"]),
        ("made long ago", claim(json!({"iat": now - 1800})), &["DAN-IDT-03"]),
        ("signed in before we asked", claim(json!({"auth_time": now - 3600})), &["DAN-IDT-03"]),
        (
            "dates as texts",
            claim(json!({"exp": (now + 300).to_string()})),
            &["DAN-IDT-03", "IDT-02t", "JWT-01o", "JWT-02o"],
        ),
        ("alg", Token { alg: Alg::Ps256, ..bank.token() }, &["DAN-IDT-02", "token.algorithm"]),
        ("enc", Token { enc: "A256GCM", ..bank.token() }, &["DAN-IDT-01", "token.algorithm"]),
        ("typ", Token { header: json!({"kid": "bank-1", "typ": "at+jwt"}), ..bank.token() }, &["token.typ"]),
        ("another key under the right kid", Token { by: &stranger, ..bank.token() }, &["DAN-IDT-02", "JOSE-09"]),
        ("another kid", Token { header: json!({"kid": "bank-2", "typ": "JWT"}), ..bank.token() }, &["DAN-IDT-02"]),
        ("not encrypted", Token { sealed: false, ..bank.token() }, &["DAN-IDT-01", "token.kind"]),
    ];
    let said = bank.said();
    let mut found = Vec::new();
    for (name, token, expected) in rows {
        let seen = bank.desk.look(RULES, &bank.text(&token), &said).await;
        found.push((name, owned(broken(&seen)), expected));
    }
    compare(found);
}

#[tokio::test]
async fn without_the_request_what_is_known_still_counts() {
    let bank = Bank::new();
    let said = Said { env: "production", set: strings(&[("client_id", "acme")]), keys: Vec::new() };
    let seen = bank.desk.look(RULES, &bank.text(&bank.token()), &said).await;
    assert_eq!(broken(&seen), [""; 0]);
    for (id, why) in [
        ("DAN-IDT-03", "callback.sent_at is not given"),
        ("IDT-03", "let.nonce is not given"),
        ("JOSE-09", "no key at hand could have made it (kid “bank-1”, RS256)"),
    ] {
        assert_eq!((outcome(&seen, id), row(&seen, id).found.as_str()), (Outcome::NotChecked, why), "{id}");
    }
    // one part that is wrong decides, whatever the others are
    let token = Token { claims: with(&bank.token().claims, &json!({"acr": "low"})), ..bank.token() };
    let seen = bank.desk.look(RULES, &bank.text(&token), &said).await;
    assert_eq!(broken(&seen), ["DAN-IDT-03"]);
    // nobody's key opens it: the rules on what is inside are not checked
    let other = Bank::new();
    let seen = bank.desk.look(RULES, &other.text(&other.token()), &said).await;
    assert_eq!(outcome(&seen, "token.not-opened"), Outcome::NotChecked);
    assert_eq!(row(&seen, "DAN-IDT-03").found, "it is encrypted, and no key at hand opens it");
}

#[tokio::test]
async fn texts_for_dates_are_a_warning_where_the_profile_takes_them() {
    let bank = Bank::new();
    let now = now();
    let changes =
        json!({"exp": (now + 300).to_string(), "iat": (now - 5).to_string(), "auth_time": (now - 8).to_string()});
    let token = Token { claims: with(&bank.token().claims, &changes), ..bank.token() };
    let mut said = bank.said();
    said.set.push(("lenient_dates", "true".to_owned()));
    let seen = bank.desk.look(RULES, &bank.text(&token), &said).await;
    assert_eq!(broken(&seen), [""; 0]);
    assert_eq!(outcome(&seen, "DAN-IDT-04"), Outcome::Warn);
}
