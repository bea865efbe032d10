#!/bin/bash
# Runs a command with an OpenID provider of its own: npm's oidc-provider, on free ports of loopback, with certificates and
# keys made for this run.
#
#   oidc-provider.sh COMMAND...     with COUNTERSIGN_TEST_OP (its issuer) and COUNTERSIGN_TEST_OP_FOLDER (keys, certificates)
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
server=
# only what was started here, by its number
trap '[ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }; rm -rf "$scratch"' EXIT
cp "$peer"/package.json "$peer"/package-lock.json "$peer"/server.mjs "$scratch"
npm ci --prefix "$scratch" --no-audit --no-fund --loglevel=error >/dev/null

# keys and certificates; a name with .pem holds the key and, where it has one, its certificate
mkdir "$scratch/pki"
(
    cd "$scratch/pki"
    umask 077
    key() {
        openssl genpkey -quiet -algorithm "${@:2}" -out "$1"
    }
    rsa=(RSA -pkeyopt rsa_keygen_bits:2048)
    ec=(EC -pkeyopt ec_paramgen_curve:P-256)
    issue() {
        openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
        openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -days 60 -out "$1.crt" -extfile <(printf '%s\n' "${@:3}") 2>/dev/null
    }
    key ca.key "${ec[@]}"
    openssl req -x509 -key ca.key -days 60 -subj "/O=Peer/CN=Peer CA" -out ca.pem
    key server.key "${ec[@]}"
    issue server /CN=localhost subjectAltName=DNS:localhost,IP:127.0.0.1 extendedKeyUsage=serverAuth basicConstraints=CA:FALSE
    mv server.crt server.pem
    for name in transport other; do
        key $name.key "${rsa[@]}"
        issue $name "/C=GB/O=TPP Ltd/CN=$name" keyUsage=critical,digitalSignature extendedKeyUsage=clientAuth basicConstraints=CA:FALSE
        cat $name.key $name.crt ca.pem >$name.pem
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

"$scratch/node_modules/.bin/node" "$scratch/server.mjs" "$scratch/pki" >"$scratch/said" 2>"$scratch/log" &
server=$!
until grep -q issuer "$scratch/said"; do
    kill -0 "$server" 2>/dev/null || {
        cat "$scratch/log" >&2
        exit 1
    }
    sleep 0.1
done
issuer=$(sed 's/.*"issuer":"\([^"]*\)".*/\1/' "$scratch/said")
export COUNTERSIGN_TEST_OP=$issuer COUNTERSIGN_TEST_OP_FOLDER=$scratch/pki
"$@"
