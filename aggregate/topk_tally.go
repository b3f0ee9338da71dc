package aggregate

import (
	"bytes"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// tally counts the values of every group, equal ones being those that PostgreSQL calls equal. Its memory grows with the distinct values.
type tally struct {
	enc    *column.Encoder
	table  *byteTable     // a group's number, then the value's key
	values *column.Vector // by entry
	counts []int64        // by entry
	taken  arrow.Array    // values, once results are asked for
	starts []int          // by group: where its entries begin in sorted
	sorted []uint32       // entries, group by group

	encoded column.Encoded
	key     []byte
	fresh   []int32
	at      []uint32 // entries of the rows of the last batch; those of skipped rows mean nothing
}

const groupBytes = 4 // of an entry's key

func newTally(alloc memory.Allocator, in arrow.Field) (*tally, error) {
	t := &tally{table: newByteTable()}
	var err error
	if t.enc, err = column.NewEncoder([]column.Key{{Field: in}}); err != nil {
		return nil, err
	}
	t.values, err = column.NewVector(alloc, in.Type)
	return t, err
}

// add counts the rows of a batch whose value is not NULL, row i counts[i] times, and returns each row's entry.
func (t *tally) add(ids []uint32, values arrow.Array, counts []int64) ([]uint32, error) {
	t.enc.Encode([]arrow.Array{values}, len(ids), &t.encoded)
	t.at, t.fresh = extend(t.at, len(ids))[:len(ids)], t.fresh[:0]
	for i, id := range ids {
		if values.IsNull(i) {
			continue
		}
		t.key = append(putGroup(t.key[:0], id), t.encoded.Row(i)...)
		n, fresh, err := t.table.insert(t.key)
		if err != nil {
			return nil, err
		}
		if fresh {
			t.fresh, t.counts = append(t.fresh, int32(i)), append(t.counts, 0)
		}
		t.at[i] = n
		if err := addTo(&t.counts[n], counts[i]); err != nil {
			return nil, err
		}
	}
	if err := t.values.AppendRows(values, t.fresh); err != nil {
		return nil, &Error{SQLState: "54000", Text: err.Error()}
	}
	return t.at, nil
}

// addTo adds a count to a sum.
func addTo(sum *int64, n int64) error {
	if n < 0 || *sum > math.MaxInt64-n {
		return outOfRange("bigint out of range")
	}
	*sum += n
	return nil
}

// arrange ends counting and puts the entries of each of the groups together.
func (t *tally) arrange(groups int, room func(int64) error) error {
	if t.starts != nil {
		return nil
	}
	if err := room(int64(8*(groups+1) + 4*len(t.counts))); err != nil {
		return err
	}
	t.starts = make([]int, groups+1)
	for n := range t.counts {
		t.starts[t.group(n)+1]++
	}
	for i := range groups {
		t.starts[i+1] += t.starts[i]
	}
	next := slices.Clone(t.starts)
	t.sorted = make([]uint32, len(t.counts))
	for n := range t.counts {
		g := t.group(n)
		t.sorted[next[g]] = uint32(n)
		next[g]++
	}
	t.taken = t.values.Array()
	return nil
}

func (t *tally) group(n int) uint32 { return groupOf(t.table.entry(n)) }

// of are the entries of a group, whose order the caller may change.
func (t *tally) of(group int) []uint32 { return t.sorted[t.starts[group]:t.starts[group+1]] }

// compare orders the values of two entries of one group as PostgreSQL orders them.
func (t *tally) compare(a, b uint32) int {
	return bytes.Compare(t.table.entry(int(a))[groupBytes:], t.table.entry(int(b))[groupBytes:])
}

func (t *tally) bytes() int64 {
	n := t.table.bytes() + t.encoded.Bytes() + t.arrowBytes()
	return n + int64(8*cap(t.counts)+8*cap(t.starts)+4*(cap(t.sorted)+cap(t.at)+cap(t.fresh))+cap(t.key))
}

// arrowBytes is the part of bytes that the allocator gave.
func (t *tally) arrowBytes() int64 {
	if t.taken != nil {
		return t.values.Bytes() + int64(t.taken.Data().SizeInBytes())
	}
	return t.values.Bytes()
}

func (t *tally) release() {
	t.values.Release()
	if t.taken != nil {
		t.taken.Release()
		t.taken = nil
	}
	t.table, t.counts, t.starts, t.sorted = newByteTable(), nil, nil, nil
}

// texts makes a column of n texts, each written by write, which returns nil for NULL.
func texts(alloc memory.Allocator, n int, room func(int64) error, write func(dst []byte, i int) ([]byte, error)) (arrow.Array, error) {
	b := array.NewStringBuilder(alloc)
	defer b.Release()
	var scratch []byte
	total := 0
	for i := range n {
		out, err := write(scratch[:0], i)
		if err != nil {
			return nil, err
		}
		if out == nil {
			b.AppendNull()
			continue
		}
		scratch, total = out, total+len(out)
		if len(out) > maxText || total > math.MaxInt32 {
			return nil, &Error{SQLState: "54000", Text: "a list of values is longer than 1 GiB, or those of one batch than 2 GiB"}
		}
		if err := room(int64(total)); err != nil {
			return nil, err
		}
		b.BinaryBuilder.Append(out)
	}
	return b.NewArray(), nil
}
