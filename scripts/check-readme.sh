#!/usr/bin/env bash
# Runs the README's commands where a newcomer would: in a fresh clone of HEAD. Commands are the lines of ```sh
# blocks that follow a line <!-- check -->; all blocks run in one shell, in order, and must succeed. Go's caches are reused.
set -euo pipefail
cd "$(dirname "$0")/.."

commands=$(awk '
	/^<!-- check -->$/ { marked = 1; next }
	marked && /^```sh$/ { inside = 1; marked = 0; next }
	inside && /^```$/ { inside = 0; next }
	inside { sub(/^\$ /, ""); print }
	!inside && NF { marked = 0 }
' README.md)
[ -n "$commands" ] || { echo "check-readme: README.md marks no block with <!-- check -->" >&2; exit 1; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
git clone --quiet --no-hardlinks . "$dir/clone"
cd "$dir/clone"
echo "check-readme: running in a clone of $(git rev-parse --short HEAD)"
bash -euo pipefail -x -c "$commands"
