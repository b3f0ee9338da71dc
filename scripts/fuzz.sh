#!/usr/bin/env bash
# Runs every fuzz target for the time given (default 10s). Go fuzzes one target of one package at a time.
set -uo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}
status=0
count=0
while IFS=: read -r file target; do
	dir=./$(dirname "$file")
	echo "fuzz $dir $target for $time"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$dir" || status=1
	count=$((count + 1))
done < <(git ls-files -co --exclude-standard '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]+' /dev/null | sed 's/func //' | sort)
echo "fuzz: $count targets"
exit $status
