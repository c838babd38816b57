#!/bin/sh
# Installs those of the named Debian packages that are missing.
#
# Their services are not started, and services that run are not restarted. Needs root, by sudo if need be, and
# only when something is missing.
set -eu

missing=
for package in "$@"; do
    if ! dpkg-query --show --showformat '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$'; then
        missing="$missing $package"
    fi
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "install-debian: there is no apt-get here: install by hand what gives$missing" >&2
    exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "install-debian: missing$missing: neither root nor sudo, run this as root: apt-get install$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

# invoke-rc.d and deb-systemd-invoke ask this program; 101 means: leave the service alone.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$as_root rm -f "$policy"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi

echo "install-debian: installing$missing" >&2
$as_root apt-get -qq update
# The names are separate words on purpose.
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install $missing
