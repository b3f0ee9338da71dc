# Reads `go test -v`: shows one line for a package that passed, everything for one that failed, and the counts.
# Subtests count as tests.

/^ *--- PASS: / { passed++ }
/^ *--- FAIL: / { failed++ }
/^ *--- SKIP: / { skipped++ }

/^(ok  |\?   )\t/ { print; held = 0; fflush(); next }
/^FAIL\t/ {
	if (!/\[(build|setup) failed\]$/) show()
	else failed++
	print
	held = 0
	fflush()
	next
}
{ line[held++] = $0 } # one string of them all would be copied with every line

function show(i) {
	for (i = 0; i < held; i++) print line[i]
}

END {
	if (!(held == 1 && line[0] == "FAIL")) show()
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
}
