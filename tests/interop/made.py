#!/usr/bin/env python3
"""jwcrypto judges what countersign makes, with keys it reads from the files itself.

  made.py token|request|statement|jwks ALG SIGNING_PEM ENCRYPTION_PEM < JWT
  made.py to FOLDER        encrypts to each FOLDER/*.jwk, a public key of ours, with every alg and enc of its kind

Prints one line per finding; the exit status is 1 when one of them is bad.
"""
import json
import pathlib
import sys
import time

from jwcrypto import jwe, jwk, jws

findings = []
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def hold(what, good, found=""):
    findings.append(bool(good))
    print(f"{'ok' if good else 'BAD'} {what} {found}".rstrip())


def verified(token, key, alg, what):
    judged = jws.JWS()
    judged.allowed_algs = [alg]
    try:
        judged.deserialize(token, key)
    except Exception as why:  # whatever jwcrypto says, it is no signature
        hold(what, False, type(why).__name__)
        sys.exit(1)
    hold(what, True)
    return judged.jose_header, json.loads(judged.payload)


def changed(token, key, alg):
    head, body, signature = token.split(".")
    other = body[:-2] + ("AA" if body[-2:] != "AA" else "BB")
    judged = jws.JWS()
    judged.allowed_algs = [alg]
    try:
        judged.deserialize(f"{head}.{other}.{signature}", key)
    except jws.InvalidJWSSignature:
        return True
    return False


def made(what, alg, signing, encryption):
    token = sys.stdin.read().strip()
    key = jwk.JWK.from_pem(pathlib.Path(signing).read_bytes())
    header, claims = verified(token, key, alg, "the signature")
    hold("a changed one is wrong", changed(token, key, alg))
    hold("alg and kid are the key's", header["alg"] == alg and header["kid"] == key.thumbprint())
    hold("its times are of now", abs(claims["iat"] - time.time()) < 60 and claims["exp"] > time.time())
    if what == "token":
        hold("iss and sub are the client", claims["iss"] == claims["sub"] == "acme")
        hold("aud is the endpoint, jti is there", claims["aud"] == "https://bank.example/token" and claims["jti"])
    if what == "request":
        hold("typ is that of RFC 9101 §10.8", header["typ"] == "oauth-authz-req+jwt")
        hold("iss and client_id are the client", claims["iss"] == claims["client_id"] == "acme")
        hold("aud is the issuer", claims["aud"] == "https://bank.example")
    if what == "statement":
        hold("typ", header["typ"] == "entity-statement+jwt")
        inside = claims["jwks"]["keys"]
        hold("nothing private is published", not any(PRIVATE & set(k) for k in inside))
        own = jwk.JWK(**next(k for k in inside if k["kid"] == header["kid"]))
        verified(token, own, alg, "the key inside signed it")
    if what == "jwks":
        hold("typ", header["typ"] == "jwk-set+jwt")
        hold("nothing private is published", not any(PRIVATE & set(k) for k in claims["keys"]))
        published = {k["use"]: jwk.JWK(**k) for k in claims["keys"]}
        other = jwk.JWK.from_pem(pathlib.Path(encryption).read_bytes())
        hold("sig is the signing key", published["sig"].thumbprint() == key.thumbprint())
        hold("enc is the encryption key", published["enc"].thumbprint() == other.thumbprint())


def to(folder):
    kinds = {
        "RSA": ["RSA-OAEP", "RSA-OAEP-256"],
        "EC": ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"],
    }
    kinds["OKP"] = kinds["EC"]
    for path in sorted(pathlib.Path(folder).glob("*.jwk")):
        public = json.loads(path.read_text())
        for alg in kinds[public["kty"]]:
            for enc in ["A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"]:
                sealed = jwe.JWE(b'{"iss":"judge"}', json.dumps({"alg": alg, "enc": enc}))
                sealed.add_recipient(jwk.JWK(**public))
                path.with_name(f"{path.stem}.{alg}.{enc}.jwe").write_text(sealed.serialize(compact=True))
                hold(f"made {path.stem} {alg} {enc}", True)


if sys.argv[1] == "to":
    to(sys.argv[2])
else:
    made(*sys.argv[1:])
sys.exit(0 if findings and all(findings) else 1)
