#!/bin/bash
# Runs a command in a D-Bus session of its own with gnome-keyring, all in a scratch home.
#
#   gnome-keyring.sh open COMMAND...        unlocked
#   gnome-keyring.sh locked COMMAND...      locked, no display: its dialog cannot be shown
#   gnome-keyring.sh display COMMAND...     locked, on an Xvfb where nobody answers the dialog
#   gnome-keyring.sh empty COMMAND...       the service runs and has no keyring yet
#   gnome-keyring.sh no-service COMMAND...  a bus on which nobody keeps secrets
#   gnome-keyring.sh no-bus COMMAND...      no bus at all
#   gnome-keyring.sh test                   every state with its tests
set -euo pipefail
here=$(realpath "$0")

need() {
    local missing=
    for tool in gnome-keyring-daemon dbus-run-session secret-tool Xvfb; do
        command -v "$tool" >/dev/null || missing=1
    done
    [ -z "$missing" ] || {
        apt-get update >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
            gnome-keyring dbus libsecret-tools xvfb >/dev/null
    }
}

if [ "${1:-}" = test ]; then
    need
    cargo test --test keyring --no-run
    for state in open locked display empty no-service no-bus; do
        echo "== $state"
        "$here" "$state" cargo test -q --test keyring -- --ignored --test-threads=1 "${state//-/_}::"
    done
    exit
fi

state=$1
shift
need
scratch=$(mktemp -d)
xvfb=
# only what was started here, by its number
trap '[ -z "$xvfb" ] || kill "$xvfb" 2>/dev/null || true; rm -rf "$scratch"' EXIT
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
# cargo and rustup live in the home that the command no longer sees
export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export HOME=$scratch XDG_DATA_HOME=$scratch/share XDG_CONFIG_HOME=$scratch/config XDG_RUNTIME_DIR=$scratch
chmod 700 "$scratch"

unlock='printf test-password | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1'
seed='printf seed | secret-tool store --label=seed service countersign username seed'
lock='dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets
    org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null'
lock=${lock//$'\n'/ }

case $state in
open) dbus-run-session -- bash -ec "$unlock; \"\$@\"" - "$@" ;;
locked) dbus-run-session -- bash -ec "$unlock; $seed; $lock; \"\$@\"" - "$@" ;;
display)
    # it writes its number when it is ready
    exec 3< <(exec Xvfb -displayfd 1 -screen 0 800x600x24 -nolisten tcp 2>/dev/null)
    xvfb=$!
    read -r number <&3
    DISPLAY=:$number dbus-run-session -- bash -ec "$unlock; $seed; $lock; \"\$@\"" - "$@"
    ;;
empty) dbus-run-session -- "$@" ;;
no-service)
    cat >"$scratch/session.conf" <<XML
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=$scratch</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
XML
    dbus-run-session --config-file="$scratch/session.conf" -- "$@"
    ;;
no-bus) env -u XDG_RUNTIME_DIR "$@" ;;
*)
    echo "unknown state: $state" >&2
    exit 2
    ;;
esac
