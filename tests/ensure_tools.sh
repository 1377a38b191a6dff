#!/bin/sh
# A C compiler for the faults under the store: the system's, else Debian's package.
# With CI=true its absence is an error; elsewhere those tests then say why they are skipped.
set -u
command -v cc >/dev/null 2>&1 && [ "$(uname)" != Linux ] && exit 0
command -v cc >/dev/null 2>&1 && echo '#include <stdlib.h>' | cc -E - >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1; then
  sudo=""
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  echo "Installing a C compiler with apt-get …"
  # shellcheck disable=SC2086
  if $sudo apt-get update -qq >/dev/null 2>&1 && $sudo apt-get install -y -qq gcc libc6-dev >/dev/null 2>&1; then exit 0; fi
fi
if [ "${CI:-}" = true ]; then
  echo "No C compiler could be found or installed, and CI=true: the tests of faults must run." >&2
  exit 1
fi
echo "No C compiler could be found or installed: the tests of faults will be skipped." >&2
exit 0
