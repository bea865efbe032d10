#!/bin/bash
# Fetches what every peer is made of, once, and says where it is: `fetch.sh FOLDER`, then source FOLDER/environment. Each
# peer's own script fetches what it needs where this has not run.
set -euo pipefail
peers=$(dirname "$(realpath "$0")")
folder=$1

missing=
for tool in gnome-keyring-daemon dbus-run-session secret-tool Xvfb softhsm2-util pkcs11-tool chromium chromedriver nginx npm openssl; do
    command -v "$tool" >/dev/null || missing=1
done
python3 -c 'import venv, ensurepip' 2>/dev/null || missing=1
[ -z "$missing" ] || {
    apt-get update >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends gnome-keyring dbus libsecret-tools xvfb softhsm2 \
        opensc chromium chromium-driver nginx-light npm openssl python3 python3-venv >/dev/null
}

mkdir "$folder/oidc-provider"
cp "$peers"/oidc-provider/package.json "$peers"/oidc-provider/package-lock.json "$folder/oidc-provider"
npm ci --prefix "$folder/oidc-provider" --no-audit --no-fund --loglevel=error >/dev/null

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --no-compile --quiet --disable-pip-version-check jwcrypto "moto[server,kms]"
"$folder/venv/bin/python" -c 'import jwcrypto, moto'

cat >"$folder/environment" <<SAID
export COUNTERSIGN_TEST_PYTHON=$folder/venv/bin/python
export COUNTERSIGN_TEST_NODE_MODULES=$folder/oidc-provider/node_modules
SAID
