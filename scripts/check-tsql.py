"""Parses the T-SQL fragments of a JSON file, [{"where": …, "sql": …}, …], with sqlfluff. Fails if it finds one unparsable."""

import json
import sys
import time

from sqlfluff.core import FluffConfig, Linter

# What sqlfluff must refuse, or else it checks nothing. It is no strict judge: it lets ILIKE, NULLS FIRST, FILTER, USING and
# conditions as values pass, all of which our own parser refuses.
REFUSED = [
    "SELECT a FROM t LIMIT 5",
    "SELECT a || b FROM t",
    "SELECT CASE WHEN a = 1 THEN 2 FROM t",
    "SELECT (1 FROM t",
    "SELECT a FROM t GROUP BY a HAVING",
]

# What sqlfluff 4.5.0 refuses though T-SQL has it, and why that is so. Fragments that hold these words are excused.
KNOWN = {
    "]]": "a closing bracket within a name is doubled: https://learn.microsoft.com/sql/t-sql/functions/quotename-transact-sql",
}


def violations(linter, sql):
    """The violations of one fragment as texts; none for what parses."""
    return [str(v) for v in linter.parse_string(sql).violations]


def main(path):
    with open(path, encoding="utf-8") as f:
        fragments = json.load(f)
    linter = Linter(config=FluffConfig(overrides={"dialect": "tsql", "large_file_skip_byte_limit": 0}))
    start = time.monotonic()
    failed = 0
    for sql in REFUSED:
        if not violations(linter, sql):
            failed += 1
            print(f"check-tsql: sqlfluff takes what is no T-SQL, so its judgement is worth nothing: {sql}")
    seen = {}
    for fragment in fragments:
        sql = fragment["sql"]
        if sql.strip(" ;"):
            seen.setdefault(sql, fragment["where"])
    excused = 0
    for sql, where in seen.items():
        found = violations(linter, sql)
        if found and any(words in sql for words in KNOWN):
            excused += 1
        elif found:
            failed += 1
            print(f"{where}: {found[0]}\n  {sql}")
    print(f"check-tsql: {len(seen)} fragments in {time.monotonic() - start:.1f} s: {failed} failed, {excused} excused")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
