//! EC P-256 keys as the banks hold them: read from a JWK, checked to be on the curve, and used through openssl.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private, Public};
use openssl::sha::sha256;
use serde_json::{Map, Value, json};

use super::b64;
use crate::secret::Secret;

/// A public P-256 key.
#[derive(Clone)]
pub(super) struct PublicKey {
    key: EcKey<Public>,
    x: String,
    y: String,
}

impl PublicKey {
    /// The key in a JWK (RFC 7518 §6.2.1) that holds nothing else than a public signature key may, or what is wrong.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, &'static str> {
        if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|m| jwk.contains_key(*m)) {
            return Err("the key holds private members: treat it as compromised and make a new one");
        }
        if jwk.keys().any(|m| !["kty", "crv", "kid", "x", "y", "use", "alg"].contains(&m.as_str())) {
            return Err("the key holds members other than kty, crv, kid, x, y, use and alg");
        }
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if text("kty") != Some("EC") || text("crv") != Some("P-256") {
            return Err("the key is not of type EC on the curve P-256");
        }
        if jwk.contains_key("alg") && text("alg") != Some("ES256")
            || jwk.contains_key("use") && text("use") != Some("sig")
        {
            return Err("the key is not meant for ES256 signatures");
        }
        let coordinate = |name| text(name).and_then(b64::decode).filter(|bytes| bytes.len() == 32);
        let (Some(x), Some(y)) = (coordinate("x"), coordinate("y")) else {
            return Err("x and y are not 32 bytes each in base64url");
        };
        Self::from_coordinates(&x, &y).map_err(|_| "x and y are not a point on the curve P-256")
    }

    /// The key in a SubjectPublicKeyInfo (RFC 5480 §2), DER.
    pub fn from_spki(der: &[u8]) -> Result<Self, ErrorStack> {
        let key = EcKey::public_key_from_der(der)?;
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
        // on another curve the coordinates are no point of this one, and are refused below
        key.public_key().affine_coordinates(&group, &mut x, &mut y, &mut *BigNumContext::new()?)?;
        Self::from_coordinates(&x.to_vec_padded(32)?, &y.to_vec_padded(32)?)
    }

    /// openssl refuses a point that is not on the curve.
    fn from_coordinates(x: &[u8], y: &[u8]) -> Result<Self, ErrorStack> {
        let (bx, by) = (BigNum::from_slice(x)?, BigNum::from_slice(y)?);
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let key = EcKey::from_public_key_affine_coordinates(&group, &bx, &by)?;
        key.check_key()?;
        Ok(Self { key, x: b64::encode(x), y: b64::encode(y) })
    }

    /// ES256 over the whole input (RFC 7518 §3.4): exactly `r ‖ s`, 64 bytes.
    pub fn verifies(&self, input: &[u8], signature: &[u8]) -> bool {
        if signature.len() != 64 {
            return false;
        }
        let (r, s) = signature.split_at(32);
        let check = || -> Result<bool, ErrorStack> {
            EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?
                .verify(&sha256(input), &self.key)
        };
        check().unwrap_or(false)
    }

    /// RFC 7638 §3: SHA-256 over the required members in lexicographic order.
    pub fn thumbprint(&self) -> String {
        let (x, y) = (&self.x, &self.y);
        b64::encode(&sha256(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#).as_bytes()))
    }

    /// As a bank publishes it, with the thumbprint as `kid`.
    pub fn published(&self) -> Value {
        json!({ "kty": "EC", "crv": "P-256", "kid": self.thumbprint(), "use": "sig", "alg": "ES256",
                "x": self.x, "y": self.y })
    }
}

/// A private P-256 key: a bank's own, or one that a demo client is given.
pub(super) struct PrivateKey {
    key: EcKey<Private>,
    public: PublicKey,
}

impl PrivateKey {
    pub fn generate() -> Result<Self, ErrorStack> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let key = EcKey::generate(&group)?;
        let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
        key.public_key().affine_coordinates(&group, &mut x, &mut y, &mut *BigNumContext::new()?)?;
        let public = PublicKey::from_coordinates(&x.to_vec_padded(32)?, &y.to_vec_padded(32)?)?;
        Ok(Self { key, public })
    }

    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// ES256 in the JWS form, `r ‖ s`.
    pub fn sign(&self, input: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let signature = EcdsaSig::sign(&sha256(input), &self.key)?;
        Ok([signature.r().to_vec_padded(32)?, signature.s().to_vec_padded(32)?].concat())
    }

    /// PKCS#8 PEM, for the demo client that is to use it.
    pub fn to_pem(&self) -> Result<Secret, ErrorStack> {
        let pem = PKey::from_ec_key(self.key.clone())?.private_key_to_pem_pkcs8()?;
        // PEM is ASCII by construction.
        Ok(Secret::new(String::from_utf8(pem).unwrap_or_default()))
    }
}

#[cfg(test)]
impl PrivateKey {
    pub fn from_pem(pem: &Secret) -> Self {
        let key = EcKey::private_key_from_pem(pem.expose().as_bytes()).unwrap();
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut context = BigNumContext::new().unwrap();
        key.public_key().affine_coordinates(&group, &mut x, &mut y, &mut context).unwrap();
        let coordinates = (x.to_vec_padded(32).unwrap(), y.to_vec_padded(32).unwrap());
        Self { key, public: PublicKey::from_coordinates(&coordinates.0, &coordinates.1).unwrap() }
    }
    /// The signature in DER, as a signer that forgot to convert it would send it.
    pub fn sign_der(&self, input: &[u8]) -> Vec<u8> {
        EcdsaSig::sign(&sha256(input), &self.key).unwrap().to_der().unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    /// RFC 7515 appendix A.3: key, signing input and signature.
    const RFC_INPUT: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const RFC_SIGNATURE: &str =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn rfc_jwk() -> Value {
        json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" })
    }

    #[test]
    fn the_rfc_example_verifies_and_nothing_near_it() {
        let key = PublicKey::from_jwk(&object(&rfc_jwk())).unwrap();
        let signature = b64::decode(RFC_SIGNATURE).unwrap();
        assert!(key.verifies(RFC_INPUT.as_bytes(), &signature));
        assert!(!key.verifies(&RFC_INPUT.as_bytes()[1..], &signature));
        assert!(!key.verifies(RFC_INPUT.as_bytes(), &signature[..63]));
        assert!(!key.verifies(RFC_INPUT.as_bytes(), &[&signature[..], &[0]].concat()));
        assert!(!key.verifies(RFC_INPUT.as_bytes(), &[0; 64]));
        let mut flipped = signature;
        flipped[40] ^= 1;
        assert!(!key.verifies(RFC_INPUT.as_bytes(), &flipped));
    }

    #[test]
    fn a_made_key_signs_what_its_public_half_verifies() {
        let key = PrivateKey::generate().unwrap();
        assert!(key.public().verifies(b"input", &key.sign(b"input").unwrap()));
        assert!(!key.public().verifies(b"input", &key.sign_der(b"input")));
        let again = PrivateKey::from_pem(&key.to_pem().unwrap());
        assert_eq!(again.public().thumbprint(), key.public().thumbprint());
        assert!(PublicKey::from_jwk(&object(&key.public().published())).is_ok());
    }

    #[test]
    fn keys_that_are_private_foreign_or_unsound_are_refused() {
        let with = |name: &str, value: Value| {
            let mut jwk = object(&rfc_jwk());
            jwk.insert(name.into(), value);
            PublicKey::from_jwk(&jwk).err()
        };
        assert!(with("d", json!("AA")).unwrap().contains("private"));
        assert!(with("oth", json!([])).unwrap().contains("private"));
        assert!(with("x5u", json!("https://x")).unwrap().contains("members other"));
        assert!(with("kty", json!("RSA")).unwrap().contains("EC"));
        assert!(with("crv", json!("P-384")).unwrap().contains("P-256"));
        assert!(with("alg", json!("ES384")).unwrap().contains("ES256"));
        assert!(with("use", json!("enc")).unwrap().contains("ES256"));
        assert!(with("x", json!("AA")).unwrap().contains("32 bytes"));
        assert!(with("y", json!(7)).unwrap().contains("32 bytes"));
        assert!(with("y", json!("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4")).unwrap().contains("on the curve"));
        assert_eq!(with("use", json!("sig")), None);
    }
}
