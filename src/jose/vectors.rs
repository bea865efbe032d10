//! Published test vectors: of the RFCs, and of DNB's onboarding guide. No key here was made by this program.

/// DNB's client creation JWT; its own `cnf.jwk` verifies it.
pub(crate) const DNB_CREATION: &str = "eyJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL2FwaS5jaWFtLmRuYi5uby9jbGllbnRzL3YxIiwiY25mIjp7Imp3ayI6eyJjcnYiOiJQLTI1NiIsImtpZCI6ImlZR2p1aEF1Yi1YNmFzY29qLWFxMHFLZEpaWmVPRGpMSk1zTFNkcHVYYWMiLCJrdHkiOiJFQyIsIngiOiJNUVk3eHlod1EzU2JtTDR5dU5nQUs4REUxVW1LOXM5OGoydlNvd2ZSWmJzIiwieSI6IllLdWdFMzNtbi1wRGRTa214b2ZkRm45eHBFS1hoVFpRaGVsQnVRbllpVFkifX0sImV4cCI6MTcwMTQxMjc0MiwiaWF0IjoxNjk4ODIwNzQyfQ.J4esy0081NITANCvSL6y9N0itdPubmo7h8TlWX2JVdq3WvBKg5Ogy6M8vizi5zHsPokma8KN68OhpcWVIQ_Mdw";
/// The key in it; its `kid` is its RFC 7638 thumbprint.
pub(crate) const DNB_JWK: &str = r#"{"crv":"P-256","kid":"iYGjuhAub-X6ascoj-aq0qKdJZZeODjLJMsLSdpuXac","kty":"EC","x":"MQY7xyhwQ3SbmL4yuNgAK8DE1UmK9s98j2vSowfRZbs","y":"YKugE33mn-pDdSkmxofdFn9xpEKXhTZQhelBuQnYiTY"}"#;
/// The same key as SubjectPublicKeyInfo, base64.
pub(crate) const DNB_SPKI: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMQY7xyhwQ3SbmL4yuNgAK8DE1UmK9s98j2vSowfRZbtgq6ATfeaf6kN1KSbGh90Wf3GkQpeFNlCF6UG5CdiJNg==";
/// Its signature as a KMS gives it.
pub(crate) const DNB_DER: &str = "304502202787accb4d3cd4d21300d0af48beb2f4dd22b5d3ee6e6a3b87c4e5597d8955da022100b75af04a8393a0cba33cbe2ce2e731ec3e89266bc28debc3a1a5c595210fcc77";
/// Its signature as JWS wants it.
pub(crate) const DNB_RAW: &str = "2787accb4d3cd4d21300d0af48beb2f4dd22b5d3ee6e6a3b87c4e5597d8955dab75af04a8393a0cba33cbe2ce2e731ec3e89266bc28debc3a1a5c595210fcc77";
/// DNB's client assertion, signed by some other key.
pub(crate) const DNB_ASSERTION: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJodHRwczovL210bHMuYXV0aC5kbmIubm8vYXMvdG9rZW4ub2F1dGgyIiwiZXhwIjoxNjc3ODQyMzUxLCJpYXQiOjE2Nzc4NDExNTEsImlzcyI6Ijc2YWVjOGY4LThlZjgtNGVhNi1hMDg3LTUxY2RhY2Q1Mzk1MyIsImp0aSI6IlBRQU5uRGc5eFBUOFdEWUJQRFpZckEiLCJuYmYiOjE2Nzc4NDExNTEsInN1YiI6Ijc2YWVjOGY4LThlZjgtNGVhNi1hMDg3LTUxY2RhY2Q1Mzk1MyJ9.FRW8WfAjAqAyx-DUftNnEu81R_JaKbDa8rmZh9GxDjjHktdQW3K_VKKYCWzg4NlwInueu0eRc2o2_wIA49Zh0Q";
/// A key that the signature of the assertion is consistent with.
pub(crate) const DNB_ASSERTION_JWK: &str = r#"{"kty":"EC","crv":"P-256","x":"bKqzsUipTKMU8-rbXbMIvi2HNT9ly45wzF1tRg88gUk","y":"K2OlmYO3nTcEx3MXBuaMWWxeTkXxW4Wrp8QZdWJO1Kw"}"#;

/// RFC 7515 A.1, with the octets of its key.
pub(crate) const A1: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const A1_K: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
/// RFC 7515 A.2.
pub(crate) const A2: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
pub(crate) const A2_JWK: &str = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#;
/// RFC 7515 A.3.
pub(crate) const A3: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
pub(crate) const A3_JWK: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
/// RFC 7515 A.4.
pub(crate) const A4: &str = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
pub(crate) const A4_JWK: &str = r#"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#;
/// RFC 7638 §3.1.
pub(crate) const THUMBPRINT_JWK: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;
pub(crate) const THUMBPRINT: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
/// RFC 8037 A.1 to A.4.
pub(crate) const ED25519_JWK: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
pub(crate) const ED25519_THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
pub(crate) const ED25519: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

/// WSO2's example of a client assertion, PS256, and the public key that verifies it. Its `exp` is before its `iat`.
pub(crate) const WSO2_ASSERTION: &str = "eyJraWQiOiJEd01LZFdNbWo3UFdpbnZvcWZReVhWenlaNlEiLCJhbGciOiJQUzI1NiJ9.eyJzdWIiOiJIT1VrYVNieThEeWRuYmVJaEU3bHljYmtJSThhIiwiYXVkIjoiaHR0cHM6Ly9sb2NhbGhvc3Q6OTQ0Ni9vYXV0aDIvdG9rZW4iLCJpc3MiOiJIT1VrYVNieThEeWRuYmVJaEU3bHljYmtJSThhIiwiZXhwIjoxNjg0MDk5ODEyLCJpYXQiOjE2ODQwOTk4MTMsImp0aSI6IjE2ODQwOTk4MTIifQ.EMZ2q3jciJ4MmrsH93kH_VGacrt2izbLaCBchGWiyUltdWwj3GwDMKfhpeMHtThd0DszwV8LUPKZaMT3wUSoH3adY2IBC8aa2GKeb_vaQB5b0ZO6WpYQ45y_xIttAVj56d6oPli8wN4MlJoJsFPUlaxQohCLunN43BxSr-kFgeFMj7ynEsVbQvuYuEiTppwTSyXltJmv70-nwpGU9UyuPCkXUsU53ShICrY0nC-3NUhY6oNpZclJP4MwG8mP4ZOvUIez_PSoP3AiaNithWhPCfLuKd68OLAReTBGdItqidsWWnn8lPVbM2FLvehukHDCJhf9-ev1pdWIiwDSVDV7uQ";
pub(crate) const WSO2_JWK: &str = r#"{"kty":"RSA","n":"t5VNL3a_BDxVQWcYpsNcSufzuPIgvjT3K70P6IoLZxrJ8SqkCF_mvZN7fHMae95ABVVnnDxO8P506T0LHWpRE9EoRO3Z8n_aKq7ogt2yQmm6_kXY45EgChLfTjVAIhaB1uT56der5LWYkKQWJlPFzv7Z7fGdORtGGRVhpj_dINUPFrStL2JIEHrv6wGBSiokaOEUvfDjJIoyitDJyArwda77mAr4tloxqQlru8r5MM1oySiuh-Wlh2--UzazWIw7J8vj3j9D2Y9_Yzecq5VF47IrPAYihkS61tnvOe2Uitma_3MYpe_UTTQ9he2oeR0bBT25ywcnTaNRlXtoH1oP3Q","e":"AQAB","kid":"DwMKdWMmj7PWinvoqfQyXVzyZ6Q","use":"sig","alg":"PS256"}"#;
pub(crate) const WSO2_THUMBPRINT: &str = "LsDrpv0d97-jhYBS8F4jFK1vSrXQssykhuo5jqqIZOA";

/// RFC 8037 appendix A.6, as a key alone.
pub const X25519_JWK: &str =
    r#"{"kty":"OKP","crv":"X25519","kid":"Bob","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}"#;

/// The points of Curve25519 and of its twist whose order divides 8, little-endian; the last four as they also may be
/// written: over the prime, and with the bit set that is not looked at.
pub const SMALL_ORDER: [&str; 9] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
];
