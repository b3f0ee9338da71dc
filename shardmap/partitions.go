package shardmap

import "fmt"

// partitions turns pairs of modulus and remainder, as PostgreSQL declares hash partitions, into one bucket for each
// remainder of the largest modulus. Every modulus must divide it, and each remainder belong to one partition.
func (b *builder) partitions(parts []Partition) []int {
	if len(parts) == 0 {
		b.fail(ErrEmpty, "partitions", "the list of partitions is empty")
		return nil
	}
	largest := 0
	for i, p := range parts {
		at := fmt.Sprintf("partitions[%d]", i)
		switch {
		case p.Modulus < 1 || p.Modulus > maxBuckets:
			b.fail(ErrSetting, at+".modulus", "modulus %d is not from 1 to %d", p.Modulus, maxBuckets)
			return nil
		case p.Remainder < 0 || p.Remainder >= p.Modulus:
			b.fail(ErrSetting, at+".remainder", "remainder %d is not from 0 to below the modulus %d", p.Remainder, p.Modulus)
			return nil
		}
		largest = max(largest, p.Modulus)
	}
	owner := make([]int, largest) // of each remainder, the number of its partition from 1, 0 for none
	out := make([]int, largest)
	for i, p := range parts {
		at := fmt.Sprintf("partitions[%d]", i)
		shard := b.shard(p.Shard, at+".shard")
		if largest%p.Modulus != 0 {
			b.fail(ErrSetting, at+".modulus", "modulus %d does not divide the largest, %d", p.Modulus, largest)
			continue
		}
		for r := p.Remainder; r < largest; r += p.Modulus {
			if owner[r] != 0 {
				b.fail(ErrOverlap, at, "keys whose hash modulo %d is %d belong to partitions[%d] already", largest, r, owner[r]-1)
				break
			}
			owner[r], out[r] = i+1, shard
		}
	}
	if len(b.faults) == b.before {
		b.missing(owner, ErrGap, "partitions", func(r string) string {
			return fmt.Sprintf("keys whose hash modulo %d is %s belong to no partition: add partitions for them", largest, r)
		})
	}
	return out
}

// missing reports the numbers that have no owner, in runs.
func (b *builder) missing(owner []int, cause error, setting string, text func(run string) string) {
	for i := 0; i < len(owner); i++ {
		if owner[i] != 0 {
			continue
		}
		first := i
		for i+1 < len(owner) && owner[i+1] == 0 {
			i++
		}
		b.fail(cause, setting, "%s", text(run(first, i)))
	}
}

// run writes a run of numbers as configuration does.
func run(first, last int) string {
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d-%d", first, last)
}
