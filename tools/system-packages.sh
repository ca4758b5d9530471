#!/bin/sh
# What the tests need beside Python: a browser, a Chinese font, PostgreSQL with PostGIS, ogrinfo, strace.
# As root on Debian they are installed; otherwise one sentence names what is missing, and the tests
# that need it are skipped with the reason (with CI=true they fail instead).
set -eu

missing=""
need() { # need PACKAGE TEST…
    package=$1
    shift
    if ! "$@" >/dev/null 2>&1; then missing="$missing $package"; fi
}
some_file() { for file in "$@"; do [ -e "$file" ] && return 0; done; return 1; }

need chromium command -v chromium
need fonts-wqy-microhei some_file /usr/share/fonts/truetype/wqy/wqy-microhei.ttc
need postgresql some_file /usr/lib/postgresql/*/bin/initdb
need postgresql-postgis some_file /usr/share/postgresql/*/extension/postgis.control
need gdal-bin command -v ogrinfo
need strace command -v strace

[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing$missing …" >&2
    apt-get update -qq
    # shellcheck disable=SC2086 - the list is meant to split
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "Some tests will be skipped; install what they need with: sudo apt install$missing" >&2
fi
