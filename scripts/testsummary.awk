# Reads `go test -v`: shows one line for a package that passed, everything for one that failed, and the counts.
# Subtests count as tests.

/^ *--- PASS: / { passed++ }
/^ *--- FAIL: / { failed++ }
/^ *--- SKIP: / { skipped++ }

/^(ok  |\?   )\t/ { print; held = ""; fflush(); next }
/^FAIL\t/ {
	if (!/\[(build|setup) failed\]$/) printf "%s", held
	else failed++
	print
	held = ""
	fflush()
	next
}
{ held = held $0 "\n" }

END {
	printf "%s", held == "FAIL\n" ? "" : held
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
}
