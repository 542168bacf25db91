#!/bin/sh
# Chromium and a font for it, which the tests in a browser and the pictures need. On Debian they are installed when they are
# missing and we may; elsewhere one sentence says what to do, and whatever needs the browser fails with its own.
set -eu

missing=""
[ -x "${KVITTO_CHROMIUM:-/usr/bin/chromium-headless-shell}" ] || missing="chromium-headless-shell"
if [ -e /etc/debian_version ] && [ ! -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ]; then
    missing="$missing fonts-dejavu-core" # without any font a browser draws boxes
fi
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
fi

install_packages() {
    # shellcheck disable=SC2086  # words on purpose
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=120 $missing >/dev/null
}

if [ ! -e /etc/debian_version ] || ! command -v apt-get >/dev/null; then
    echo "The tests in a browser need Chromium: install it and set KVITTO_CHROMIUM to its path." >&2
elif ! $as_root true 2>/dev/null; then
    echo "The tests in a browser lack something: run apt-get install --no-install-recommends $missing as root." >&2
else
    echo "Installing what the tests in a browser need: $missing" >&2
    # package lists may be old or absent; they are fetched only then
    if ! install_packages 2>/dev/null; then
        { $as_root apt-get update -qq && install_packages; } ||
            echo "That did not work: install $missing, or set KVITTO_CHROMIUM to a Chromium that is there." >&2
    fi
fi
