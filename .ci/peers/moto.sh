#!/bin/bash
# Runs a command with an AWS KMS of its own: moto, in a scratch environment, on a free port.
#
#   moto.sh COMMAND...     with AWS_ENDPOINT_URL_KMS and credentials in the environment
#   moto.sh test           the tests that need it
set -euo pipefail
here=$(realpath "$0")
peers=$(dirname "$here")

if [ "${1:-}" = test ]; then
    cargo test --locked --test kms --no-run
    exec "$here" cargo test --locked --test kms -- --include-ignored --test-threads=1
fi

scratch=$(mktemp -d)
server=
# only what was started here, by its number
trap '[ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }; rm -rf "$scratch"' EXIT
python=${COUNTERSIGN_TEST_PYTHON:-}
[ -n "$python" ] || {
    command -v python3 >/dev/null && python3 -c 'import venv, ensurepip' 2>/dev/null || {
        apt-get update >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3 python3-venv >/dev/null
    }
    python3 -m venv "$scratch/venv"
    python=$scratch/venv/bin/python
    "$python" -m pip install --quiet --disable-pip-version-check "moto[server,kms]"
}

port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$python" "$peers/moto_kms.py" -H 127.0.0.1 -p "$port" >"$scratch/log" 2>&1 &
server=$!
# its first call takes long
ask="import urllib.request as u
u.urlopen(u.Request('http://127.0.0.1:$port/', b'{}', {'X-Amz-Target': 'TrentService.ListKeys',
    'Content-Type': 'application/x-amz-json-1.1'}), timeout=60)"
until "$python" -c "$ask" 2>/dev/null; do
    kill -0 "$server" 2>/dev/null || {
        cat "$scratch/log" >&2
        exit 1
    }
done

# cargo and rustup live in the home that the command no longer sees
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
mkdir "$scratch/home"
export HOME=$scratch/home
for name in $(compgen -e AWS_ || true); do unset "$name"; done
export AWS_ENDPOINT_URL_KMS=http://127.0.0.1:$port AWS_REGION=eu-west-1 AWS_EC2_METADATA_DISABLED=true
export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
"$@"
