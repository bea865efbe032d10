#!/bin/bash
# Runs a command with OpenID providers of its own: npm's oidc-provider once for each of its modes, on free ports of loopback,
# with certificates and keys made for this run.
#
#   oidc-provider.sh COMMAND...     with COUNTERSIGN_TEST_OP_FOLDER: issuer.MODE for each mode, keys, certificates
#   oidc-provider.sh test           the tests that need it
set -euo pipefail
here=$(realpath "$0")
peer=$(dirname "$here")/oidc-provider

if [ "${1:-}" = test ]; then
    cargo test --locked --test oidc_provider --no-run
    exec "$here" cargo test --locked --test oidc_provider -- --include-ignored --nocapture --test-threads=2
fi

command -v npm >/dev/null && command -v openssl >/dev/null || {
    apt-get update >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends npm openssl >/dev/null
}
scratch=$(mktemp -d)
declare -A servers
# only what was started here, by its number
trap 'for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; done; rm -rf "$scratch"' EXIT
cp "$peer"/package.json "$peer"/package-lock.json "$peer"/*.mjs "$scratch"
if [ -n "${COUNTERSIGN_TEST_NODE_MODULES:-}" ]; then
    ln -s "$COUNTERSIGN_TEST_NODE_MODULES" "$scratch/node_modules"
else
    npm ci --prefix "$scratch" --no-audit --no-fund --loglevel=error >/dev/null
fi

# keys and certificates; a name with .pem holds the key and, where it has one, its certificate
mkdir "$scratch/pki"
(
    cd "$scratch/pki"
    umask 077
    . "$(dirname "$here")/pki.sh"
    authority ca "/O=Peer/CN=Peer CA"
    key server.key "${ec[@]}"
    issue server /CN=localhost ca "${server[@]}"
    for name in transport other; do
        key $name.key "${rsa[@]}"
        issue $name "/C=GB/O=TPP Ltd/CN=$name" ca "${client[@]}"
    done
    key self.key "${rsa[@]}"
    # a configuration of its own: the usual one makes an authority of it
    openssl req -x509 -key self.key -days 60 -subj "/CN=self-signed" -out self.crt -config <(printf '[req]\ndistinguished_name=n\n[n]\n') \
        -addext keyUsage=digitalSignature -addext extendedKeyUsage=clientAuth -addext basicConstraints=CA:FALSE
    cat self.key self.crt >self.pem
    key signing.pem "${rsa[@]}"
    key encryption.pem "${rsa[@]}"
    key dpop.pem "${ec[@]}"
)

for mode in plain fapi-2.0 par-only jar-only strict-mtls; do
    "$scratch/node_modules/.bin/node" "$scratch/server.mjs" "$scratch/pki" $mode >"$scratch/log.$mode" 2>&1 &
    servers[$mode]=$!
done
for mode in "${!servers[@]}"; do
    until [ -f "$scratch/pki/issuer.$mode" ]; do
        kill -0 "${servers[$mode]}" 2>/dev/null || {
            cat "$scratch/log.$mode" >&2
            exit 1
        }
        sleep 0.1
    done
done
export COUNTERSIGN_TEST_OP_FOLDER=$scratch/pki
"$@"
