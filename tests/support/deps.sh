#!/bin/bash
# deps.sh install|ask: the Debian packages that Hearth needs; or those that HEARTH_PACKAGES lists.
#
# With everything present it says nothing and needs neither root nor network. `install` says first how much it will
# fetch and how long that takes, then runs apt-get (through sudo when not root); `ask` only says what is missing.
set -euo pipefail

wanted="build-essential pkg-config libzmq3-dev protobuf-c-compiler libprotobuf-c-dev libprotobuf-dev libpq-dev
	postgresql check libmicrohttpd-dev libjansson-dev libcsv-dev libsodium-dev libc-ares-dev libsqlite3-dev
	protobuf-compiler zlib1g-dev valgrind"
read -r -d '' -a packages <<<"${HEARTH_PACKAGES:-$wanted}" || true

if ! command -v dpkg-query >/dev/null; then
	echo "hearth: not a Debian machine; these packages or their like are needed: ${packages[*]}" >&2
	exit 0
fi

missing=()
for package in "${packages[@]}"; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "${1:-}" != install ]; then
	echo "hearth: missing packages: ${missing[*]}" >&2
	echo "hearth: \`make deps\` installs them" >&2
	exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "hearth: missing packages: ${missing[*]}" >&2
		echo "hearth: neither root nor sudo: ask an administrator to install them, then run this again" >&2
		exit 1
	fi
	as_root=(sudo)
fi

apt() {
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
run_quietly() {
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 30 "$log" >&2
		echo "hearth: failed: $*" >&2
		exit 1
	fi
}

echo "hearth: ${#missing[@]} packages are missing: ${missing[*]}"
echo "hearth: asking the package lists what that takes${as_root[*]:+ (sudo, for apt-get alone)}"
[ ${#as_root[@]} -eq 0 ] || sudo -v
run_quietly apt update
# Lines of --print-uris: 'URI' file size checksum.
read -r count megabytes < <(apt install -y --no-install-recommends --print-uris "${missing[@]}" 2>/dev/null |
	awk '/^\047/ { count++; bytes += $3 } END { printf "%d %d\n", count, (bytes + 999999) / 1000000 }')
echo "hearth: installing $count packages, $megabytes MB to fetch; usually about a minute, longer on a slow line"

# Hearth starts its own PostgreSQL: Debian shall not make and start a cluster at installation.
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
	"${as_root[@]}" mkdir -p /etc/postgresql-common
	echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
run_quietly apt install -y --no-install-recommends "${missing[@]}"
echo "hearth: installed"
