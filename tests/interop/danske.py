#!/usr/bin/env python3
"""A client of another hand for the embedded `danske-ftn`: jwcrypto signs, decrypts and verifies, http.client talks.

  danske.py FOLDER     with client.json: {address, host, ca, domain, issuer, client_id, redirect_uri, ftn_spname, acr},
                       signing.pem, encryption.pem

Prints one line per finding; the exit status is 1 when one of them is bad.
"""
import http.client
import json
import pathlib
import re
import secrets
import socket
import ssl
import sys
import time
import urllib.parse

from jwcrypto import jwe, jwk, jws

folder = pathlib.Path(sys.argv[1])
facts = json.loads((folder / "client.json").read_text())
findings = []


def hold(what, good, found=""):
    findings.append(bool(good))
    print(f"{'ok' if good else 'BAD'} {what} {found}".rstrip())
    return good


def key(role):
    made = jwk.JWK.from_pem((folder / f"{role}.pem").read_bytes())
    return made, made.thumbprint()


def ask(method, url, body=None):
    """One request to the bank on loopback, under its own name; no redirect is followed."""
    address, port = facts["address"].rsplit(":", 1)
    trust = ssl.create_default_context(cafile=facts["ca"])
    plain = socket.create_connection((address, int(port)), timeout=10)
    connection = http.client.HTTPConnection(facts["host"])
    connection.sock = trust.wrap_socket(plain, server_hostname=facts["host"])
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    connection.request(method, url.removeprefix(f"https://{facts['host']}"), body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def verified(token, keys, what):
    """Claims, if one of the keys has the token's kid and its signature verifies."""
    judged = jws.JWS()
    judged.allowed_algs = ["RS256"]
    try:
        judged.deserialize(token)
        header = judged.jose_header
        found = next(k for k in keys if k["kid"] == header["kid"])
        judged.verify(jwk.JWK(**found))
    except Exception as why:  # whatever is wrong, it is not verified
        hold(what, False, f"{type(why).__name__} {why}")
        return {}, {}
    hold(what, True)
    return header, json.loads(judged.payload)


def sign(claims, signing):
    made = jws.JWS(json.dumps(claims))
    made.add_signature(signing[0], "RS256", json.dumps({"alg": "RS256", "typ": "JWT", "kid": signing[1]}))
    return made.serialize(compact=True)


now = int(time.time())
signing, encryption = key("signing"), key("encryption")
domain, issuer, client = facts["domain"], facts["issuer"], facts["client_id"]

answer, statement = ask("GET", f"{domain}/entity-statement")
hold("the statement's content type", answer.getheader("content-type") == "application/entity-statement+jwt")
inside = json.loads(jws.base64url_decode(statement.split(".")[1]))
header, claims = verified(statement, inside["jwks"]["keys"], "the entity statement verifies with the key inside")
hold("typ is entity-statement+jwt", header.get("typ") == "entity-statement+jwt")
hold("iss = sub = issuer", claims.get("iss") == claims.get("sub") == issuer)
hold("no private member is published", not {"d", "p", "q"} & set(claims["jwks"]["keys"][0]))
provider = claims["metadata"]["openid_provider"]

answer, text = ask("GET", provider["signed_jwks_uri"])
header, jwks = verified(text, claims["jwks"]["keys"], "the signed JWKS verifies with the entity key")
hold("typ is jwk-set+jwt", header.get("typ") == "jwk-set+jwt")
hold("it has two signing keys and has not ended", len(jwks.get("keys", [])) == 2 and jwks["exp"] > now)
hold("kids are thumbprints", all(jwk.JWK(**k).thumbprint() == k["kid"] for k in jwks.get("keys", [])))

nonce, state = secrets.token_hex(16), secrets.token_hex(16)
scope = "openid ftn_hetu"
request = {
    "iss": client, "client_id": client, "aud": issuer, "iat": now, "exp": now + 300, "prompt": "login", "scope": scope,
    "nonce": nonce, "state": state, "acr_values": facts["acr"], "response_type": "code",
    "redirect_uri": facts["redirect_uri"], "ftn_spname": facts["ftn_spname"], "ui_locales": "en",
}
outer = {"client_id": client, "response_type": "code", "scope": scope, "request": sign(request, signing)}
answer, page = ask("GET", provider["authorization_endpoint"] + "?" + urllib.parse.urlencode(outer))
hold("the login page", answer.status == 200 and facts["ftn_spname"] in page, answer.status)
action = re.search(r'<form method="post" action="([^"]+)"', page)[1]
session = re.search(r'name="session" value="([^"]+)"', page)[1]
form = urllib.parse.urlencode({"session": session, "person": "0", "decision": "allow"})
answer, _ = ask("POST", action, form)
location = answer.getheader("location") or ""
sent = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
hold("back at the redirect URI with our state", location.startswith(facts["redirect_uri"]) and sent["state"] == state)

assertion = {"iss": client, "sub": client, "aud": provider["token_endpoint"], "iat": now, "exp": now + 120,
             "jti": secrets.token_hex(16)}
form = {"client_id": client, "code": sent["code"], "grant_type": "authorization_code",
        "redirect_uri": facts["redirect_uri"], "client_assertion": sign(assertion, signing),
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
answer, body = ask("POST", provider["token_endpoint"], urllib.parse.urlencode(form))
hold("a token", answer.status == 200, body if answer.status != 200 else "")

opened = jwe.JWE(algs=["RSA-OAEP", "A128GCM"])
opened.deserialize(json.loads(body)["id_token"], encryption[0])
header = opened.jose_header
hold("the id_token is RSA-OAEP and A128GCM for our kid",
     (header["alg"], header["enc"], header["kid"]) == ("RSA-OAEP", "A128GCM", encryption[1]), json.dumps(header))
_, claims = verified(opened.payload.decode(), jwks["keys"], "the id_token is signed by a key of the signed JWKS")
wanted = {"iss": issuer, "aud": client, "nonce": nonce, "acr": facts["acr"]}
hold("iss, aud, nonce and acr are ours", wanted.items() <= claims.items())
hold("its dates are numbers around now", all(abs(claims[d] - now) < 700 for d in ("exp", "iat", "auth_time")))
hetu = claims.get("urn:oid:1.2.246.21", "")
control = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(hetu[:6] + hetu[7:10]) % 31]
hold("the personal identity code checks and is nobody's", hetu[10:] == control and int(hetu[7:10]) >= 900)

sys.exit(0 if findings and all(findings) else 1)
