#!/bin/bash
# Runs the tests that sign in at the embedded bank in a real browser: headless Chromium, with its own driver.
#
#   chromium.sh test
set -euo pipefail
[ "${1:-}" = test ] || { sed -n '2,$s/^# \{0,1\}//p;/^set/q' "$0"; exit 2; }

command -v chromedriver >/dev/null && command -v chromium >/dev/null || {
    apt-get update >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium chromium-driver >/dev/null
}
chromium --version
cargo test --locked --test browser -- --ignored --test-threads=1
