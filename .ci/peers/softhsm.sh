#!/bin/bash
# Runs a command with scratch SoftHSM tokens; what is made on them is gone afterwards. Every user PIN is 1234.
#
#   softhsm.sh full COMMAND...   tokens as SoftHSM makes them
#   softhsm.sh few COMMAND...    the same, with the mechanisms for EC keys and PKCS #1 v1.5 alone
#   softhsm.sh test              both with their tests
set -euo pipefail
here=$(realpath "$0")

need() {
    local missing=
    for tool in softhsm2-util pkcs11-tool; do
        command -v "$tool" >/dev/null || missing=1
    done
    [ -z "$missing" ] || {
        apt-get update >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends softhsm2 opensc >/dev/null
    }
}

if [ "${1:-}" = test ]; then
    need
    cargo test --test pkcs11 --no-run
    for state in full few; do
        echo "== $state"
        "$here" "$state" cargo test -q --test pkcs11 -- --ignored "$state::"
    done
    exit
fi

state=$1
shift
need
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 700 "$scratch"
mkdir "$scratch/tokens"

case $state in
full) mechanisms=ALL ;;
few) mechanisms=CKM_EC_KEY_PAIR_GEN,CKM_ECDSA,CKM_RSA_PKCS_KEY_PAIR_GEN,CKM_RSA_PKCS ;;
*)
    echo "unknown state: $state" >&2
    exit 2
    ;;
esac
# all of it, before any module is loaded
export SOFTHSM2_CONF=$scratch/softhsm2.conf
cat >"$SOFTHSM2_CONF" <<CONF
directories.tokendir = $scratch/tokens
objectstore.backend = file
log.level = ERROR
slots.mechanisms = $mechanisms
CONF
for module in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so; do
    [ ! -e "$module" ] || break
done
export COUNTERSIGN_PKCS11_MODULES=$module

# a module sees the tokens that are there when it is loaded: each test has its own
for label in work shell chain flow foreign made wrong seen refused twin twin; do
    softhsm2-util --init-token --free --label "$label" --pin 1234 --so-pin 5678 >/dev/null
done
tool() {
    local label=$1
    shift
    pkcs11-tool --module "$module" --token-label "$label" --login --pin 1234 "$@" >/dev/null 2>&1 || {
        echo "pkcs11-tool failed on the token $label: $*" >&2
        exit 1
    }
}
# keys of another program
for label in foreign wrong seen refused; do
    tool "$label" --keypairgen --key-type EC:prime256v1 --label plain --id 01
done
tool foreign --keypairgen --key-type RSA:2048 --label unwrap --id 02
tool foreign --keypairgen --key-type EC:secp384r1 --label double --id 03
tool foreign --keypairgen --key-type EC:secp384r1 --label double --id 04
tool foreign --keypairgen --key-type EC:prime256v1 --label each-time --id 05 --always-auth
tool foreign --keypairgen --key-type EC:prime256v1 --label loose --id 06 --extractable
tool foreign --keypairgen --key-type EC:secp256k1 --label strange --id 07
tool foreign --keypairgen --key-type EC:prime256v1 --label public-only --id 08
tool foreign --delete-object --type privkey --id 08
tool foreign --keypairgen --key-type EC:prime256v1 --label private-only --id 09
tool foreign --delete-object --type pubkey --id 09
tool foreign --keypairgen --key-type RSA:1024 --label weak --id 0a

"$@"
