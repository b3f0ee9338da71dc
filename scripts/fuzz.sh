#!/usr/bin/env bash
# fuzz.sh [TIME [PARTS]] runs fuzz targets for the time given (default 10s): all of them, or of so many parts the one whose turn it is by the number
# of commits. Their seeds run in every test. Go fuzzes one target of one package at a time.
set -uo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}
parts=${2:-1}
turn=$(($(git rev-list --count HEAD) % parts))
status=0
count=0
while IFS=: read -r file target; do
	count=$((count + 1))
	[ $((count % parts)) -eq "$turn" ] || continue
	dir=./$(dirname "$file")
	echo "fuzz $dir $target for $time"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$dir" || status=1
done < <(git ls-files -co --exclude-standard '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]+' /dev/null | sed 's/func //' | sort)
echo "fuzz: $count targets"
exit $status
