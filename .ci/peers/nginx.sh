#!/bin/bash
# Runs a command with TLS servers of other hands, on free ports of loopback, that demand client certificates: nginx, which
# lets the handshake end and refuses by a page, and OpenSSL's own, which refuses by an alert.
#
#   nginx.sh COMMAND...     with COUNTERSIGN_TEST_TLS_FOLDER: NAME.port for each server, keys, certificates, access.log
#   nginx.sh test           the tests that need it
set -euo pipefail
here=$(realpath "$0")

if [ "${1:-}" = test ]; then
    cargo test --locked --test tls_front --no-run
    exec "$here" cargo test --locked --test tls_front -- --include-ignored
fi

command -v nginx >/dev/null && command -v openssl >/dev/null || {
    apt-get update >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nginx-light openssl >/dev/null
}
scratch=$(mktemp -d)
servers=()
# only what was started here, by its number
trap 'for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done; rm -rf "$scratch"' EXIT
cd "$scratch"
umask 077
. "$(dirname "$here")/pki.sh"
authority ca "/O=Peer/CN=Peer CA"
authority strange "/O=Elsewhere/CN=Strange CA"
key server.key "${ec[@]}"
issue server /CN=localhost ca "${server[@]}"
key transport.key "${ec[@]}"
issue transport "/C=GB/O=TPP Ltd/CN=transport" ca "${client[@]}"
cp transport.key stranger.key
issue stranger "/C=GB/O=TPP Ltd/CN=stranger" strange "${client[@]}"
cp transport.key expired.key
days=0 issue expired "/C=GB/O=TPP Ltd/CN=expired" ca "${client[@]}"
key signing.pem "${ec[@]}"

# front NAME PROTOCOLS: nginx takes no port that is free by itself, so one is tried after the other
front() {
    local port pid
    for port in $(shuf -i 20000-32000 -n 20); do
        mkdir -p "$1"
        cat >"$1/nginx.conf" <<CONF
daemon off; master_process off; pid $scratch/$1/pid; error_log $scratch/$1/error.log;
events { worker_connections 64; }
http {
    log_format record escape=json '{"server":"$1","method":"\$request_method","status":\$status,"protocol":"\$ssl_protocol","verify":"\$ssl_client_verify","subject":"\$ssl_client_s_dn"}';
    access_log $scratch/access.log record;
    client_body_temp_path $scratch/$1/b; proxy_temp_path $scratch/$1/p; fastcgi_temp_path $scratch/$1/f;
    uwsgi_temp_path $scratch/$1/u; scgi_temp_path $scratch/$1/s;
    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate $scratch/server.crt; ssl_certificate_key $scratch/server.key; ssl_protocols $2;
        ssl_client_certificate $scratch/ca.pem; ssl_verify_client on;
        default_type application/json;
        add_header Cache-Control no-store;
        location = /token { return 200 '{"access_token":"of-the-front","token_type":"Bearer","expires_in":60}'; }
    }
}
CONF
        nginx -p "$scratch/$1" -c "$scratch/$1/nginx.conf" 2>>"$1/said" &
        pid=$!
        until [ -s "$1/pid" ]; do
            kill -0 $pid 2>/dev/null || continue 2
            sleep 0.05
        done
        servers+=("$pid")
        echo $port >"$1.port"
        return
    done
    cat "$1/said" >&2
    exit 1
}

# alerts NAME OPTION...: says ACCEPT and where, once it listens
alerts() {
    openssl s_server -accept 127.0.0.1:0 -cert server.crt -key server.key -CAfile ca.pem -Verify 3 -verify_return_error \
        -naccept 1000 -www "${@:2}" >"$1.said" 2>&1 </dev/null &
    servers+=($!)
    until grep -qs ^ACCEPT "$1.said"; do
        kill -0 $! 2>/dev/null || { cat "$1.said" >&2; exit 1; }
        sleep 0.05
    done
    sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' "$1.said" | head -n 1 >"$1.port"
}

front front "TLSv1.2 TLSv1.3"
front front12 TLSv1.2
alerts alerts -tls1_3
alerts alerts12 -tls1_2
alerts old -tls1_1 -cipher ALL@SECLEVEL=0
cd - >/dev/null
export COUNTERSIGN_TEST_TLS_FOLDER=$scratch
"$@"
