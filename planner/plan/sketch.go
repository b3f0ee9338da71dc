package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// HashKind names the 64-bit hash of values that a statement's sketches are made of. All shards of a statement use one.
type HashKind uint8

// The hashes. Each is defined over canonical forms of values, equal for equal values, in package scalar ([scalar.Hasher]).
const (
	HashFast     HashKind = iota // PostgreSQL's own hash…extended functions, where every shard has them
	HashPortable                 // the first 8 bytes of MD5 over canonical text, which every engine has
	HashKeyed                    // the first 8 bytes of HMAC-SHA-256 over canonical text, under a key of the query's purpose
)

var hashNames = [...]string{"fast", "portable", "keyed"}

func (k HashKind) String() string { return hashNames[k] }

// Names of the calls that hash a value to int8, by kind: of x, and for the keyed one of the two blocks of its key (see pseudonym).
var hashCalls = [...]string{"hash_fast", "hash_portable", "hash_keyed"}

// Fn is the name of the call that hashes to int8.
func (k HashKind) Fn() string { return hashCalls[k] }

// Sketch is what an approximate aggregate is told besides its arguments. Fields that a function has no use for are zero.
type Sketch struct {
	Precision int // of HyperLogLog: 4 to 18, for 2^Precision registers
	Hash      HashKind
	// Inner and Outer are the blocks of the key of [HashKeyed], hidden parameters; nil else.
	Inner, Outer Expr
	K            int     // of approx_top_k: how many
	Capacity     int     // of approx_top_k: how many values each shard sends for a group
	Apart        bool    // of approx_top_k: no two shards have a value in common, so that K values of each are enough for an exact answer
	Share        float64 // of approx_heavy_hitters: the least share of a group's rows
	Alpha        float64 // of approx_percentile of numbers: the relative error
	Width        int64   // of approx_percentile of timestamps: the width of a bucket in microseconds
	ByValue      bool    // distinct values arrive, not what shards made of them
	Mixed        bool    // distinct values arrive from some shards

	// What is said of it: the call as it is written, what the query asked for instead, if anything, and why the hash is the one that it is.
	Of, For, HashWhy string
}

// Call is the hash of x.
func (s *Sketch) Call(x Expr) Expr {
	args := []Expr{x}
	if s.Hash == HashKeyed {
		args = append(args, s.Inner, s.Outer)
	}
	return &Call{Fn: s.Hash.Fn(), Args: args, T: T(Int8)}
}

// String prints what is not zero.
func (s *Sketch) String() string {
	if s == nil {
		return ""
	}
	var out []string
	if s.Precision > 0 {
		out = append(out, fmt.Sprintf("precision %d, %s hash", s.Precision, s.Hash))
	}
	if s.K > 0 {
		out = append(out, fmt.Sprintf("%d of %d", s.K, s.Capacity))
	}
	if s.Apart {
		out = append(out, "exact: each value is on one shard")
	}
	if s.Share > 0 {
		out = append(out, "share "+strconv.FormatFloat(s.Share, 'g', -1, 64)+", "+s.Hash.String()+" hash")
	}
	if s.Alpha > 0 {
		out = append(out, "relative error "+strconv.FormatFloat(s.Alpha, 'g', -1, 64))
	}
	if s.Width > 0 {
		out = append(out, "buckets of "+(time.Duration(s.Width)*time.Microsecond).String())
	}
	switch {
	case s.ByValue:
		out = append(out, "by value")
	case s.Mixed:
		out = append(out, "of some shards by value")
	}
	return " {" + strings.Join(out, ", ") + "}"
}

// StandardError is the relative standard error of an estimate from HyperLogLog's registers (Flajolet and others, 2007), 0 for other sketches.
func (s *Sketch) StandardError() float64 {
	if s.Precision == 0 {
		return 0
	}
	return 1.04 / math.Sqrt(float64(int(1)<<s.Precision))
}

// Exact reports an answer that is no estimate, of whatever rows.
func (s *Sketch) Exact(fn string) bool {
	switch fn {
	case "approx_top_k", "approx_heavy_hitters":
		return s.ByValue || s.Apart
	case "approx_percentile":
		return s.Alpha == 0 && s.Width == 0
	}
	return false
}

// Method says in a few words how the approximate aggregates without HyperLogLog work, and Bound what is known of their error.
func (s *Sketch) Method(fn string) string {
	switch {
	case fn == "hll_merge":
		return "sketches that were kept are merged"
	case fn != "approx_top_k" && fn != "approx_heavy_hitters":
		if s.ByValue {
			return "a histogram of the values, made at the coordinator"
		}
		return "a histogram of each shard's values"
	case s.ByValue:
		return "all values are counted at the coordinator"
	case fn == "approx_heavy_hitters":
		return "values that are as frequent on a shard, and count-min sketches of the others"
	case s.Apart:
		return fmt.Sprintf("the %d most frequent values of each shard, no two of which have a value in common", s.Capacity)
	}
	return fmt.Sprintf("the %d most frequent values of each shard", s.Capacity)
}

// Bound is described with [Sketch.Method].
func (s *Sketch) Bound(fn string) string {
	switch fn {
	case "hll_merge":
		return "as each sketch tells"
	case "approx_top_k", "approx_heavy_hitters":
		if s.Exact(fn) {
			return "counts are exact"
		}
		return "each count is too small by no more than its error"
	}
	switch {
	case s.Alpha > 0:
		return "each answer is within " + strconv.FormatFloat(100*s.Alpha, 'g', 6, 64) + " % of the exact percentile_disc"
	case s.Width > 0:
		return "each answer is within " + (time.Duration(s.Width/2) * time.Microsecond).String() + " of the exact percentile_disc"
	}
	return "percentiles of dates are exact"
}
