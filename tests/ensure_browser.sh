#!/bin/sh
# A browser for the browser tests: the system's Chromium, else Debian's package, else Playwright's own.
# With CI=true its absence is an error; elsewhere the browser tests then say why they are skipped.
set -u
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
[ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] && exit 0
if command -v apt-get >/dev/null 2>&1; then
  sudo=""
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  echo "Installing Chromium with apt-get …"
  # shellcheck disable=SC2086
  if $sudo apt-get update -qq >/dev/null 2>&1 && $sudo apt-get install -y -qq chromium >/dev/null 2>&1; then exit 0; fi
fi
echo "Installing Playwright's Chromium …"
"${PYTHON:-python3}" -m playwright install chromium >/dev/null 2>&1 && exit 0
if [ "${CI:-}" = true ]; then
  echo "No browser could be found or installed, and CI=true: the browser tests must run." >&2
  exit 1
fi
echo "No browser could be found or installed: the browser tests will be skipped." >&2
exit 0
