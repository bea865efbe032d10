# Sourced: a Python with jwcrypto, software of another hand that judges what we sign. $1 is a scratch folder.
python3 -m venv "$1/venv"
"$1/venv/bin/pip" install --quiet --disable-pip-version-check jwcrypto
export COUNTERSIGN_TEST_PYTHON="$1/venv/bin/python"
"$COUNTERSIGN_TEST_PYTHON" -c 'import jwcrypto'
