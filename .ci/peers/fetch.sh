#!/bin/bash
# Fetches what every peer is made of, once, and says where it is: `fetch.sh FOLDER`, then source FOLDER/environment. Each
# peer's own script fetches what it needs where this has not run.
set -euo pipefail
peers=$(dirname "$(realpath "$0")")
folder=$1

# what is there already stays as it is: a machine may have its own npm, which Debian's would fight with
missing=()
while read -r tool package; do
    command -v "$tool" >/dev/null || missing+=("$package")
done <<TOOLS
gnome-keyring-daemon gnome-keyring
dbus-run-session dbus
secret-tool libsecret-tools
Xvfb xvfb
softhsm2-util softhsm2
pkcs11-tool opensc
chromium chromium
chromedriver chromium-driver
nginx nginx-light
npm npm
openssl openssl
python3 python3
TOOLS
python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
[ ${#missing[@]} = 0 ] || {
    apt-get update >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
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
