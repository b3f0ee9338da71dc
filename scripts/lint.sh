#!/usr/bin/env bash
# Formatting, vet, the linters pinned in tools/go.mod (golangci-lint's standard set, each on its own), and go.mod.
# Runs all of them, then fails if one did.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0

check() {
	local name=$1
	shift
	"$@" || { echo "lint: $name failed" >&2; status=1; }
}

formatted() {
	local files
	files=$(git ls-files -co --exclude-standard '*.go' | while read -r f; do [ -e "$f" ] && echo "$f"; done | xargs gofmt -l)
	[ -z "$files" ] || { echo "not formatted:" "$files" >&2; return 1; }
}

go -C tools build -o ../bin/tools/ tool || exit 1
check gofmt formatted
check "go vet" go vet ./...
check staticcheck bin/tools/staticcheck ./...
check errcheck bin/tools/errcheck -ignoretests -exclude scripts/errcheck.txt ./...
check ineffassign bin/tools/ineffassign ./...
check "go mod tidy" go mod tidy -diff
check shell bash -n scripts/*.sh .ci/run
exit $status
