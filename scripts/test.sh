#!/usr/bin/env bash
# Runs every test once, packages that start goroutines under the race detector, and ends with a line of counts. Three runs go side by side, since
# most tests follow one another and wait for servers: the long tests of the root package, its others, and those of all other packages.
# Arguments are passed to all runs of `go test`.
set -uo pipefail
cd "$(dirname "$0")/.."

# Not among them: what links the PostgreSQL grammar, whose C code would be compiled a second time for the detector.
race='/(executor|connectors|aggregate|shardmap|residency/audit|internal/pgtest|internal/tdstest)(/|$)'

# The longest tests of the root package, about half of its time.
long='^Test(Logic|Random|RandomApprox|RandomMoving|Attacks|Mutations|ResidencyRandom.*|TPCH.*)$'

packages=$(go list ./...) || exit 1
root=$(go list .) || exit 1
plain=$(grep -Ev "$race" <<<"$packages" | grep -vxF "$root" || true)
raced=$(grep -E "$race" <<<"$packages" || true)

run() {
	local flags=$1 list=$2
	shift 2
	[ -z "$list" ] || go test -v -timeout 40m $flags "$@" $list
}

outputs=$(mktemp -d) || exit 1
trap 'rm -rf "$outputs"' EXIT

{
	run "-run=$long" "$root" "$@" >"$outputs/long" 2>&1 &
	long_run=$!
	run "-skip=$long" "$root" "$@" >"$outputs/rest" 2>&1 &
	rest_run=$!
	status=0
	run "" "$plain" "$@" || status=1
	run -race "$raced" "$@" || status=1
	wait "$long_run" || status=1
	wait "$rest_run" || status=1
	cat "$outputs/rest" "$outputs/long"
	exit $status
} | awk -f scripts/testsummary.awk
