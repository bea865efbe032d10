#!/usr/bin/env python3
"""A judge of another hand: jwcrypto reads what countersign signs, and makes tokens that countersign reads.

  judge.py registration  < JWT                      a client registration JWT: signed by the key inside it
  judge.py assertion JWK_FILE < JWT                 a client assertion: signed by that public key
  judge.py fallback HEADER_FILE < JWT               the two PSD2 fallback headers: a certificate, a JWT its key signed
  judge.py make FOLDER                              signed tokens, changed ones and their key sets, for `inspect`
  judge.py encrypt FOLDER                           encrypted tokens of every alg and enc, with the sets that open them
  judge.py decrypt FOLDER                           opens every ours-*.jwe with its key

Prints one line per finding; the exit status is 1 when one of them is bad.
"""
import base64
import hashlib
import json
import pathlib
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwcrypto import jwe, jwk, jws

findings = []


def hold(what, good, found=""):
    findings.append(good)
    print(f"{'ok' if good else 'BAD'} {what} {found}".rstrip())


def part(token, n):
    text = token.split(".")[n]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed_by(token, key, alg):
    judged = jws.JWS()
    judged.allowed_algs = [alg]
    try:
        judged.deserialize(token, key)
    except Exception as why:  # whatever jwcrypto says, it is no signature
        return hold("the signature", False, type(why).__name__)
    hold("the signature", True)


def registration(token):
    header, claims = json.loads(part(token, 0)), json.loads(part(token, 1))
    hold("the header is alg alone", header == {"alg": "ES256"}, json.dumps(header))
    inside = claims["cnf"]["jwk"]
    hold("the key inside is public", not {"d", "p", "q", "k"} & set(inside), " ".join(inside))
    key = jwk.JWK(**{n: v for n, v in inside.items() if n != "kid"})
    hold("kid is the RFC 7638 thumbprint", key.thumbprint() == inside["kid"], inside["kid"])
    hold("exp is 30 days after iat", claims["exp"] - claims["iat"] == 30 * 86400)
    hold("iat is now", abs(claims["iat"] - time.time()) < 60)
    hold("the signature is 64 bytes", len(part(token, 2)) == 64)
    signed_by(token, key, "ES256")


def assertion(token, path):
    header, claims = json.loads(part(token, 0)), json.loads(part(token, 1))
    public = json.loads(pathlib.Path(path).read_text())
    key = jwk.JWK(**{n: v for n, v in public.items() if n != "kid"})
    hold("kid is the RFC 7638 thumbprint", header["kid"] == key.thumbprint())
    hold("iss is sub", claims["iss"] == claims["sub"])
    hold("jti is a UUID", len(claims["jti"]) == 36)
    hold("it lives four minutes", claims["exp"] - claims["iat"] == 240)
    signed_by(token, key, "ES256")


def fallback(token, path):
    header, claims = json.loads(part(token, 0)), json.loads(part(token, 1))
    shown = pathlib.Path(path).read_text().rstrip("\n")
    public = json.loads(base64.b64decode(shown, validate=True).decode())
    hold("the JWK is public", not {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & set(public), " ".join(public))
    chain = [base64.b64decode(der, validate=True) for der in public["x5c"]]
    certificates = [x509.load_der_x509_certificate(der) for der in chain]
    for below, above in zip(certificates, certificates[1:]):
        below.verify_directly_issued_by(above)  # raises where it is not so
    hold("x5c is a chain, leaf first", len(certificates) == 2)
    key = jwk.JWK(**{n: v for n, v in public.items() if n != "x5c"})
    spki = certificates[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    hold("the leaf's key is the JWK's", jwk.JWK.from_pem(spki).thumbprint() == key.thumbprint())
    sha1 = hashlib.sha1(chain[0]).digest()
    hold("x5t names the leaf", header["x5t"] == base64.urlsafe_b64encode(sha1).rstrip(b"=").decode())
    hold("kid is the same in upper-case hexadecimal", header["kid"] == sha1.hex().upper())
    hold("typ is JWT", header["typ"] == "JWT" and set(header) == {"alg", "kid", "x5t", "typ"}, " ".join(header))
    name = certificates[0].subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)[0].value
    hold("iss is the registered name", claims["iss"] == name, claims["iss"])
    hold("aud is the documented text", claims["aud"] == "spv fallback prod")
    hold("it lives an hour from now", claims["nbf"] == claims["iat"] and claims["exp"] - claims["iat"] == 3600)
    hold("jti is 128 bits in hexadecimal", len(bytes.fromhex(claims["jti"])) == 16)
    alg = {"RSA": "RS256", "EC": "ES256"}[public["kty"]]
    hold("alg fits the key", header["alg"] == alg, alg)
    signed_by(token, key, alg)


def make(folder):
    folder = pathlib.Path(folder)
    kinds = {
        "ES256": jwk.JWK.generate(kty="EC", crv="P-256", kid="es"),
        "ES384": jwk.JWK.generate(kty="EC", crv="P-384", kid="es3"),
        "RS256": jwk.JWK.generate(kty="RSA", size=2048, kid="rs"),
        "PS256": jwk.JWK.generate(kty="RSA", size=2048, kid="ps"),
        "EdDSA": jwk.JWK.generate(kty="OKP", crv="Ed25519", kid="ed"),
    }
    now = int(time.time())
    for alg, key in kinds.items():
        made = jws.JWS(json.dumps({"iss": "judge", "iat": now, "exp": now + 300}))
        made.allowed_algs = [alg]
        made.add_signature(key, alg, json.dumps({"alg": alg, "kid": key.kid}))
        token = made.serialize(compact=True)
        (folder / f"{alg}.jwt").write_text(token + "\n")
        head, body, signature = token.split(".")
        claims = json.loads(part(token, 1)) | {"iss": "somebody else"}
        changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
        (folder / f"{alg}.changed.jwt").write_text(f"{head}.{changed}.{signature}")
        (folder / f"{alg}.jwks").write_text(json.dumps({"keys": [key.export_public(as_dict=True)]}))
        hold(f"made {alg}", True)


KEY_ALGS = {
    "RSA-OAEP": {"kty": "RSA", "size": 2048},
    "RSA-OAEP-256": {"kty": "RSA", "size": 2048},
    "ECDH-ES": {"kty": "EC", "crv": "P-256"},
    "ECDH-ES+A128KW": {"kty": "EC", "crv": "P-384"},
    "ECDH-ES+A192KW": {"kty": "EC", "crv": "P-521"},
    "ECDH-ES+A256KW": {"kty": "EC", "crv": "P-256"},
    "A128KW": {"kty": "oct", "size": 128},
    "A192KW": {"kty": "oct", "size": 192},
    "A256KW": {"kty": "oct", "size": 256},
    "A128GCMKW": {"kty": "oct", "size": 128},
    "A192GCMKW": {"kty": "oct", "size": 192},
    "A256GCMKW": {"kty": "oct", "size": 256},
    "dir": {"kty": "oct"},
}
AGREED = ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"]
# the name of a pair's files, its algorithm, its key
KINDS = [(alg, alg, kind) for alg, kind in KEY_ALGS.items()]
KINDS += [(f"X25519.{alg}", alg, {"kty": "OKP", "crv": "X25519"}) for alg in AGREED]
ENCS = {
    "A128GCM": 128,
    "A192GCM": 192,
    "A256GCM": 256,
    "A128CBC-HS256": 256,
    "A192CBC-HS384": 384,
    "A256CBC-HS512": 512,
}


def encrypt(folder):
    """A token of each pair, in turn plain and compressed, with apu and apv; and signed tokens inside encrypted ones."""
    folder = pathlib.Path(folder)
    signer = jwk.JWK.generate(kty="EC", crv="P-256", kid="signer")
    signed = jws.JWS(json.dumps({"iss": "judge", "exp": int(time.time()) + 300}))
    signed.add_signature(signer, "ES256", json.dumps({"alg": "ES256", "kid": "signer"}))
    inside = signed.serialize(compact=True)
    for stem, alg, kind in KINDS:
        for n, (enc, bits) in enumerate(ENCS.items()):
            key = jwk.JWK.generate(**(kind | {"size": bits} if alg == "dir" else kind))
            header = {"alg": alg, "enc": enc, "cty": "JWT"}
            if alg.startswith("ECDH") and n % 2:
                header |= {"apu": "QWxpY2U", "apv": "Qm9i"}
            if n % 3 == 2:
                header["zip"] = "DEF"
            made = jwe.JWE(inside, json.dumps(header))
            made.add_recipient(key)
            name = f"{stem}.{enc}"
            (folder / f"{name}.jwe").write_text(made.serialize(compact=True) + "\n")
            keys = [key.export(as_dict=True), signer.export_public(as_dict=True)]
            (folder / f"{name}.jwks").write_text(json.dumps({"keys": keys}))
    hold("made them", True, str(len(KINDS) * len(ENCS)))


def decrypt(folder):
    for path in sorted(pathlib.Path(folder).glob("ours-*.jwe")):
        key = jwk.JWK.from_json(path.with_suffix(".jwk").read_text())
        opened = jwe.JWE()
        try:
            opened.deserialize(path.read_text(), key)
            hold(path.stem, opened.payload == b'{"iss":"countersign"}')
        except Exception as why:
            hold(path.stem, False, type(why).__name__)


what, *rest = sys.argv[1:]
if what in ("make", "encrypt", "decrypt"):
    {"make": make, "encrypt": encrypt, "decrypt": decrypt}[what](*rest)
else:
    {"registration": registration, "assertion": assertion, "fallback": fallback}[what](sys.stdin.read().strip(), *rest)
sys.exit(0 if findings and all(findings) else 1)
