package sketch

import (
	"fmt"
	"slices"
)

// Options say what to measure. The zero value of a field means its default.
type Options struct {
	Shards   []int // numbers of PostgreSQL servers; default 1 and 8
	Rows     int   // of each server; default 500,000
	Distinct []int // numbers of different values, each not above Rows: every server has all of them; default 1,000 and as many as Rows
	Rounds   int   // measured rounds; default 5
	Seed     uint64
	// Quick makes the defaults small, for trying.
	Quick bool
	// Progress, unless nil, is told of each step. It is called by one goroutine.
	Progress func(line string)
}

const (
	mostShards = 64
	mostRows   = 100_000_000
)

func (o Options) complete() (Options, error) {
	shards, rows, rounds := []int{1, 8}, 500_000, 5
	if o.Quick {
		shards, rows, rounds = []int{1, 2}, 4_000, 2
	}
	if o.Rows == 0 {
		o.Rows = rows
	}
	if len(o.Shards) == 0 {
		o.Shards = shards
	}
	if len(o.Distinct) == 0 {
		o.Distinct = []int{min(1000, o.Rows), o.Rows}
	}
	if o.Rounds == 0 {
		o.Rounds = rounds
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	o.Shards, o.Distinct = sorted(o.Shards), sorted(o.Distinct)
	return o, o.check()
}

// sorted is the list in order, each number once.
func sorted(list []int) []int { return slices.Compact(slices.Sorted(slices.Values(list))) }

// Check finds mistakes before anything is measured; fields left at zero are right. Its errors begin with the option's name.
func (o Options) Check() error {
	_, err := o.complete()
	return err
}

// check is Check of options that are complete.
func (o Options) check() error {
	for _, n := range o.Shards {
		if n < 1 || n > mostShards {
			return fmt.Errorf("shards: %d is not from 1 to %d", n, mostShards)
		}
	}
	if o.Rows < 0 || o.Rows > mostRows {
		return fmt.Errorf("rows: %d is not from 1 to %d", o.Rows, mostRows)
	}
	for _, n := range o.Distinct {
		if n < 1 || n > o.Rows || n%stride == 0 {
			return fmt.Errorf("distinct: %d is not from 1 to the number of rows, or is a multiple of %d", n, stride)
		}
	}
	if o.Rounds < 0 || o.Rounds > 1000 {
		return fmt.Errorf("rounds: %d is not from 1 to 1000", o.Rounds)
	}
	return nil
}
