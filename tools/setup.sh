#!/usr/bin/env bash
# Builds a virtual environment from the requirement files: tools/setup.sh PYTHON FOLDER. Says one line; where it fails, the log.
set -euo pipefail
python=$1 venv=$2

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "Cordon needs Python 3.11 or newer, and '$python' is not. Name one: make PYTHON=python3.13 ..." >&2
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Building $venv with $("$python" --version), once; this takes a minute or two ..."

build() {
  "$python" -m venv --clear "$venv"
  # The ansible package brings tens of thousands of files that are never imported here: compile only the others.
  "$venv/bin/python" -m pip install --disable-pip-version-check --no-compile -r requirements.txt -r requirements-dev.txt
  "$venv/bin/python" -m compileall -q -j 0 -x 'ansible_collections/(?!amazon/aws/)' "$venv"/lib/python*/site-packages || true
}

# Not `if ! build`: inside a condition bash would go on after a failed line.
set +e
(set -e; build) >"$log" 2>&1
status=$?
set -e
if [ "$status" -ne 0 ]; then
  cat "$log" >&2
  echo "Building $venv failed; the log is above." >&2
  exit 1
fi
