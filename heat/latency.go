package heat

import (
	"math/bits"
	"time"
)

// A latency's bin is that of its microseconds: one for each of the first 8, from there on 8 for each doubling, up to about 19 hours. A bin's
// middle is off by at most a sixteenth of what was counted there.
const (
	binBits   = 3
	binsPer   = 1 << binBits
	maxLength = 36 // bits of the microseconds that still have a bin
	bins      = binsPer + (maxLength-binBits)*binsPer
)

// histogram counts latencies by weight.
type histogram [bins]float64

// bin is the number of a latency's bin; what is longer than the last counts there.
func bin(d time.Duration) int {
	us := uint64(max(d, 0) / time.Microsecond)
	if us < binsPer {
		return int(us)
	}
	length := bits.Len64(us)
	if length > maxLength {
		return bins - 1
	}
	shift := length - 1 - binBits
	return binsPer + shift*binsPer + int(us>>shift)&(binsPer-1)
}

// middle is the latency that stands for a bin.
func middle(bin int) time.Duration {
	if bin < binsPer {
		return time.Duration(bin)*time.Microsecond + time.Microsecond/2
	}
	shift := (bin - binsPer) / binsPer
	low := uint64(binsPer+bin%binsPer) << shift
	return time.Duration(2*low+1<<shift) * time.Microsecond / 2
}

// quantile is the latency that a part q of the weight does not exceed, 0 where nothing was counted.
func (h *histogram) quantile(q float64) time.Duration {
	total := 0.0
	for _, w := range h {
		total += w
	}
	if total <= 0 {
		return 0
	}
	sum, last := 0.0, 0
	for i, w := range h {
		if w <= 0 {
			continue
		}
		last = i
		if sum += w; sum >= q*total {
			break
		}
	}
	return middle(last)
}

func (h *histogram) scale(by float64) {
	for i := range h {
		h[i] *= by
	}
}

func (h *histogram) add(o *histogram, by float64) {
	for i, w := range o {
		h[i] += by * w
	}
}
