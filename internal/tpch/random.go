package tpch

import "math/bits"

// random is a splitmix64 stream. Every row of every table has its own, found from its number without drawing those before.
type random struct{ state uint64 }

const golden = 0x9e3779b97f4a7c15

// Streams of random numbers, one for each kind of row; those of a customer's nation and an order's owner stand apart
// because other tables look them up.
const (
	streamSupplier uint64 = iota + 1
	streamPart
	streamPartSupp
	streamCustomer
	streamCustomerNation
	streamOrder
	streamOrderCustomer
	streamNation
	streamRegion
	streamText
	streamOrderTexts
	streamLineTexts
	streamComplaint
)

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// stream returns the random numbers of one row.
func stream(seed, kind uint64, row int64) random {
	return random{mix(mix(seed^kind*golden) + uint64(row)*golden)}
}

func (r *random) next() uint64 {
	r.state += golden
	return mix(r.state)
}

// below returns a number in [0, n).
func (r *random) below(n int64) int64 {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int64(hi)
}

// between returns a number in [lo, hi], both included.
func (r *random) between(lo, hi int64) int64 { return lo + r.below(hi-lo+1) }

func (r *random) pick(words []string) string { return words[r.below(int64(len(words)))] }
