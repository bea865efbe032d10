"""moto's KMS, made to act like AWS where moto 5.2 does not, and to fail on demand.

    python moto_kms.py -H 127.0.0.1 -p 5000        the flags of moto_server

Needs: pip install "moto[server,kms]"

Put right: Sign takes a digest as a digest, PSS salts are as long as the digest, disabled keys and keys that wait to be
deleted do not sign nor show their public half, usage and algorithm are looked at, lengths are limited, a replica is
`Creating` when it is first looked at, ScheduleKeyDeletion says its state, ARNs are taken wherever ids are, and the ids of
multi-Region keys have no hyphens but the first. A replica shares neither alias nor role with its primary key.

Failing: POST /faults {"action": "Sign", "code": "ThrottlingException", "times": 2} answers so many of the next calls with
that error; `skew` moves the Date header by so many seconds; `signature` gives these bytes (base64) in place of Sign's.
"""

import base64
import email.utils
import json
import time
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from moto.core.exceptions import JsonRESTError
from moto.kms import models
from moto.kms.exceptions import NotFoundException, ValidationException
from moto.kms.responses import KmsResponse
from werkzeug.serving import WSGIRequestHandler

HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}


class Fault(JsonRESTError):
    code = 400

    def __init__(self, kind, message):
        super().__init__(error_type=kind, message=message)


def usable(self):
    key = self.kms_backend.describe_key(self._get_param("KeyId"))
    if key.key_state == "Disabled":
        raise Fault("DisabledException", f"{key.arn} is disabled.")
    if key.key_state == "PendingDeletion":
        raise Fault("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if key.key_usage != "SIGN_VERIFY":
        raise Fault("InvalidKeyUsageException", f"{key.arn} key usage is {key.key_usage}.")
    return key


def sign(self):
    key = usable(self)
    alg = self._get_param("SigningAlgorithm")
    if alg not in key.signing_algorithms:
        raise Fault("InvalidKeyUsageException", f"Algorithm {alg} is not valid for key spec {key.key_spec}.")
    message = self._get_param("Message")
    message = message.encode() if isinstance(message, str) else message
    algorithm = plain = HASHES[alg.rsplit("_", 1)[1]]()
    if self._get_param("MessageType") == "DIGEST":
        if len(message) != algorithm.digest_size:
            raise ValidationException(f"Digest is invalid length for algorithm {alg}.")
        algorithm = utils.Prehashed(algorithm)
    elif not 1 <= len(message) <= 4096:
        raise ValidationException("1 validation error detected: 'message' must have length at most 4096")
    if alg.startswith("ECDSA"):
        args = (ec.ECDSA(algorithm),)
    elif "PSS" in alg:
        args = (padding.PSS(mgf=padding.MGF1(plain), salt_length=plain.digest_size), algorithm)
    else:
        args = (padding.PKCS1v15(), algorithm)
    signature = key.private_key.private_key.sign(message, *args)
    return json.dumps(
        {"KeyId": key.arn, "Signature": base64.b64encode(signature).decode(), "SigningAlgorithm": alg}
    )


def get_public_key(self):
    usable(self)
    out = json.loads(plain_public_key(self))
    out["KeySpec"] = out["CustomerMasterKeySpec"]
    return json.dumps(out)


def schedule_key_deletion(self):
    out = json.loads(plain_deletion(self))
    return json.dumps({**out, "KeyState": "PendingDeletion"})


def replicate_key(self):
    out = json.loads(plain_replicate(self))
    created.add(out["ReplicaKeyMetadata"]["Arn"])
    there = models.kms_backends[self.current_account][self._get_param("ReplicaRegion")]
    replica = there.keys[out["ReplicaKeyMetadata"]["KeyId"]]
    replica.aliases = {}
    replica.multi_region_configuration = dict(replica.multi_region_configuration)
    out["ReplicaKeyMetadata"]["KeyState"] = "Creating"
    return json.dumps(out)


def describe_key(self):
    out = json.loads(plain_describe(self))
    arn = out["KeyMetadata"]["Arn"]
    if arn in created:
        created.discard(arn)
        out["KeyMetadata"]["KeyState"] = "Creating"
    return json.dumps(out)


def key_id(multi_region=False):
    made = uuid.uuid4()
    return f"mrk-{made.hex}" if multi_region else str(made)


def by_id(action):
    """An action that moto looks up by the bare id."""
    plain = getattr(KmsResponse, action)

    def answer(self):
        get = self._get_param

        def bare(name, *more, **also):
            value = get(name, *more, **also)
            is_arn = name in ("KeyId", "TargetKeyId") and str(value).startswith("arn:")
            return value.rpartition("/")[2] if is_arn else value

        self._get_param = bare
        return plain(self)

    setattr(KmsResponse, action, answer)


def validate_key(self, name):
    if self.kms_backend.get_key_id(name) not in self.kms_backend.keys:
        raise NotFoundException(f"Key '{name}' does not exist")


def send_response(self, code, message=None):
    # without the standard library's own Date: the one of the answer counts
    self.send_response_only(code, message)


models.generate_key_id = key_id
# moto's own knows only ids with hyphens
KmsResponse._validate_cmk_id = validate_key
for name in ("schedule_key_deletion", "cancel_key_deletion", "enable_key", "replicate_key", "create_alias"):
    by_id(name)
WSGIRequestHandler.send_response = send_response
created = set()
plain_public_key = KmsResponse.get_public_key
plain_deletion = KmsResponse.schedule_key_deletion
plain_replicate = KmsResponse.replicate_key
plain_describe = KmsResponse.describe_key
KmsResponse.sign = sign
KmsResponse.get_public_key = get_public_key
KmsResponse.schedule_key_deletion = schedule_key_deletion
KmsResponse.replicate_key = replicate_key
KmsResponse.describe_key = describe_key


class Failing:
    """Answers in moto's place while a fault is set."""

    def __init__(self, app):
        self.app = app
        self.faults = []

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/faults":
            self.faults.append(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
            start_response("204 No Content", [])
            return []
        action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        fault = next((f for f in self.faults if f["action"] == action), None)
        if fault is None:
            return self.app(environ, start_response)
        fault["times"] = fault.get("times", 1) - 1
        if not fault["times"]:
            self.faults.remove(fault)
        date = email.utils.formatdate(time.time() + fault.get("skew", 0), usegmt=True)
        if "signature" in fault:
            status, body = "200 OK", {"Signature": fault["signature"]}
        else:
            status, body = "400 Bad Request", {"__type": fault["code"], "message": fault.get("message", "")}
        start_response(status, [("Content-Type", "application/x-amz-json-1.1"), ("Date", date)])
        return [json.dumps(body).encode()]


if __name__ == "__main__":
    import moto.server

    serve = moto.server.run_simple
    moto.server.run_simple = lambda host, port, app, **more: serve(host, port, Failing(app), **more)
    moto.server.main()
