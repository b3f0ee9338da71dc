#!/usr/bin/env bash
# Installs what building and testing need and this machine lacks: Go is expected, a C++ compiler and PostgreSQL's
# server programs come from apt where we may use it. Otherwise it says in one line what is missing. The tests' etcd
# is built from tools/etcd if the PATH has none. It does nothing, quickly, when everything is there.
set -euo pipefail

have_postgres() {
	command -v initdb >/dev/null && command -v postgres >/dev/null && return
	compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || compgen -G '/usr/pgsql-*/bin/initdb' >/dev/null
}

command -v go >/dev/null || { echo "setup: Go is missing: install the version go.mod names, see https://go.dev/dl" >&2; exit 1; }

root="$(dirname "$0")/.."
if [ "${1:-}" != build ] && ! command -v etcd >/dev/null && [ ! -x "$root/bin/tools/etcd" ]; then
	echo "setup: building etcd, which takes some minutes once" >&2
	go -C "$root/tools/etcd" build -o ../../bin/tools/etcd go.etcd.io/etcd/server/v3
fi

packages=()
command -v "${CC:-cc}" >/dev/null || packages+=(gcc)
command -v "${CXX:-c++}" >/dev/null || packages+=(g++)
command -v git >/dev/null || packages+=(git)
# `setup.sh build` asks for what the command itself needs.
[ "${1:-}" = build ] || have_postgres || packages+=(postgresql)
[ ${#packages[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
	as_root=(sudo -n)
fi
if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
	echo "setup: missing: ${packages[*]} (Debian's names); install them and run this again" >&2
	exit 1
fi

# Debian creates and starts a cluster when the server is installed; the tests start their own.
conf=/etc/postgresql-common/createcluster.conf
made_conf=
if [[ " ${packages[*]} " == *" postgresql "* ]] && [ ! -e "$conf" ]; then
	"${as_root[@]}" mkdir -p "${conf%/*}"
	echo "create_main_cluster = false" | "${as_root[@]}" tee "$conf" >/dev/null
	made_conf=yes
fi

echo "setup: installing ${packages[*]}" >&2
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
"${apt[@]}" update >&2
"${apt[@]}" install -y --no-install-recommends -o Dpkg::Options::=--force-confold "${packages[@]}" >&2

[ -z "$made_conf" ] || echo "setup: $conf keeps Debian from starting a cluster of its own" >&2
[ "${1:-}" = build ] || have_postgres || { echo "setup: PostgreSQL's initdb is still not found" >&2; exit 1; }
