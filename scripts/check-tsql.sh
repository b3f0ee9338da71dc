#!/usr/bin/env bash
# Has sqlfluff, a SQL linter with a T-SQL grammar that is not ours, parse every T-SQL fragment of the goldens and the
# statements that our own parser's tests accept. The first run installs sqlfluff under bin/tools.
set -euo pipefail
cd "$(dirname "$0")/.."

pins=scripts/check-tsql.txt
dir=bin/tools/sqlfluff-$(sed -n 's/^sqlfluff==//p' "$pins")
command -v python3 >/dev/null || { echo "check-tsql: python3 is missing" >&2; exit 1; }
if [ ! -e "$dir/ready" ]; then
	echo "check-tsql: installing $(grep '^sqlfluff==' "$pins") in $dir" >&2
	rm -rf "$dir"
	python3 -m venv "$dir" || { echo "check-tsql: python3 needs its venv module (Debian: python3-venv)" >&2; exit 1; }
	"$dir/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$pins"
	touch "$dir/ready"
fi

fragments=$(mktemp)
trap 'rm -f "$fragments"' EXIT
ATOLL_TSQL_FRAGMENTS=$fragments go test -count=1 -run '^(TestFragments|TestGoldens)$' ./internal/tdstest/tsql
"$dir/bin/python" scripts/check-tsql.py "$fragments"
