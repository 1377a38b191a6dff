#!/bin/sh
# What some tests need besides Python: a C compiler for the faults under the store, LibreOffice and poppler for pictures of slides.
# The system's, else Debian's packages. With CI=true their absence is an error; elsewhere those tests then say why they are skipped.
set -u

install() {
  command -v apt-get >/dev/null 2>&1 || return 1
  sudo=""
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  # shellcheck disable=SC2086
  $sudo apt-get update -qq >/dev/null 2>&1 &&
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

missing() {
  if [ "${CI:-}" = true ]; then
    echo "No $1 could be found or installed, and CI=true: $2 must run." >&2
    exit 1
  fi
  echo "No $1 could be found or installed: $2 will be skipped." >&2
}

compiles() {
  command -v cc >/dev/null 2>&1 || return 1
  [ "$(uname)" != Linux ] || echo '#include <stdlib.h>' | cc -E - >/dev/null 2>&1
}

renders() {
  command -v soffice >/dev/null 2>&1 && command -v pdftoppm >/dev/null 2>&1 || return 1
  # Debian names the parts that draw slides and calculate sheets; elsewhere soffice has them.
  ! command -v dpkg >/dev/null 2>&1 || [ "$(command -v soffice)" != /usr/bin/soffice ] ||
    { dpkg -s libreoffice-impress >/dev/null 2>&1 && dpkg -s libreoffice-calc >/dev/null 2>&1; }
}

if ! compiles; then
  echo "Installing a C compiler with apt-get …"
  install gcc libc6-dev || missing "C compiler" "the tests of faults"
fi
if ! renders; then
  echo "Installing LibreOffice and poppler with apt-get …"
  install libreoffice-impress libreoffice-calc poppler-utils fonts-dejavu fonts-liberation ||
    missing "LibreOffice" "the tests that draw and calculate packs"
fi
exit 0
