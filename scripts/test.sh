#!/usr/bin/env bash
# Runs every test once, packages that start goroutines under the race detector, and ends with a line of counts. The two runs go side by side:
# most tests of the root package follow one another, and leave a processor to the others.
# Arguments are passed to both runs of `go test`.
set -uo pipefail
cd "$(dirname "$0")/.."

# Not among them: what links the PostgreSQL grammar, whose C code would be compiled a second time for the detector.
race='/(executor|connectors|aggregate|shardmap|residency/audit|internal/pgtest|internal/tdstest)(/|$)'

packages=$(go list ./...) || exit 1
plain=$(grep -Ev "$race" <<<"$packages" || true)
raced=$(grep -E "$race" <<<"$packages" || true)

run() {
	local flags=$1 list=$2
	shift 2
	[ -z "$list" ] || go test -v -timeout 20m $flags "$@" $list
}

raced_output=$(mktemp) || exit 1
trap 'rm -f "$raced_output"' EXIT

{
	run -race "$raced" "$@" >"$raced_output" 2>&1 &
	beside=$!
	status=0
	run "" "$plain" "$@" || status=1
	wait "$beside" || status=1
	cat "$raced_output"
	exit $status
} | awk -f scripts/testsummary.awk
