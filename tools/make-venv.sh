#!/bin/sh
# Makes .venv with a Python that gisgrid supports; on Debian as root it installs python3-venv first.
set -eu
: "${PYTHON:=python3}"

if ! "$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
    echo "gisgrid needs Python 3.11, 3.12 or 3.13; name one with: make PYTHON=/path/to/python3.11" >&2
    exit 1
fi
if ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing python3-venv …" >&2
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
    else
        echo "This Python cannot make environments; install it with: sudo apt install python3-venv" >&2
        exit 1
    fi
fi
exec "$PYTHON" -m venv .venv
