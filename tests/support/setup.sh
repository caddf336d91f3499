# setup.sh: sourced by tests/run.sh, examples/quickstart.sh and the conformance and benchmark scripts: installs what is
# missing on Debian 12, builds a preset. Functions only; nothing happens on sourcing.

socle_packages="g++ clang clang-format clang-tidy cmake ninja-build ccache mold pkg-config git
  libboost1.81-dev libboost-json1.81-dev libyaml-cpp-dev libfmt-dev catch2 librocksdb-dev libsimdjson-dev libssl-dev
  libre2-dev libpcre2-dev libargon2-dev libexpat1-dev libclang-rt-14-dev openssl curl python3 tzdata"
# What judges pages and documents as people's tools do; without them those tests are skipped.
socle_browser_packages="chromium nodejs npm"

# socle_install PACKAGE...: those that are not there yet, in one apt run.
socle_install() {
  missing=""
  for package in "$@"; do
    # Node.js from elsewhere brings npm, and Debian's npm does not go with it.
    [ "$package" = npm ] && command -v npm >/dev/null && continue
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -z "$missing" ] && return 0
  echo "installing:$missing"
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo"
  $as_root apt-get update -q || { echo "apt-get update failed; install these packages by hand:$missing" >&2; return 1; }
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends $missing
}

# socle_build PRESET [TARGET...]
socle_build() {
  preset=$1
  shift
  cmake --preset "$preset" >"/tmp/socle-configure.$$" 2>&1 || { cat "/tmp/socle-configure.$$"; rm -f "/tmp/socle-configure.$$"; return 1; }
  rm -f "/tmp/socle-configure.$$"
  if [ $# -gt 0 ]; then
    cmake --build --preset "$preset" -- -k 0 "$@"
  else
    cmake --build --preset "$preset" -- -k 0
  fi
}

# socle_unprivileged COMMAND...: as user nobody when we are root, else as we are; also where nobody may not enter this tree.
socle_unprivileged() {
  if [ "$(id -u)" != 0 ]; then
    "$@"
    return
  fi
  if ! setpriv --reuid=nobody --regid=nogroup --clear-groups -- test -r "$PWD/CMakeLists.txt"; then
    echo "user nobody cannot read $PWD: the tests run as root"
    "$@"
    return
  fi
  home=$(mktemp -d)
  chown nobody "$home"
  status=0
  CCACHE_DISABLE=1 HOME=$home setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@" || status=$?
  rm -rf "$home"
  return $status
}
