package peers

import "github.com/atoll-sql/atoll/bench/report"

const gib = 1 << 30

// orMemory returns the memory a peer may use: what was given, or a quarter of the machine's, from 1 to 8 GiB; 2 GiB where the system does not say.
func orMemory(given int64) int64 {
	if given > 0 {
		return given
	}
	all := report.ThisMachine().MemoryBytes()
	if all == 0 {
		return 2 * gib
	}
	return min(max(all/4, gib), 8*gib)
}
