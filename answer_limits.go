package atoll

import (
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/planner/plan"
)

// The limits of one query's traffic, by their keys in the configuration.
const (
	limitRows   = "limits.rows"
	limitEgress = "limits.egress"
)

// egress counts what one query takes out of each region other than the coordinator's, over all plans that it was answered by. A nil one counts nothing.
type egress struct {
	topology *topology
	max      int64

	mu    sync.Mutex
	bytes map[string]int64 // by region
}

// newEgress is nil where nothing limits what leaves a region.
func (t *topology) newEgress() *egress {
	if t.cfg.Limits.Egress == 0 {
		return nil
	}
	return &egress{topology: t, max: t.cfg.Limits.Egress, bytes: map[string]int64{}}
}

// arrived sees a batch of a shard, after whoever keeps record of it: what is over the limit has arrived, but goes no further.
type arrived = func(f *plan.Fragment, shard, replica string, rec arrow.Record) error

// after returns what counts batches after they were recorded.
func (x *egress) after(recorded arrived) arrived {
	if x == nil {
		return recorded
	}
	return func(f *plan.Fragment, shard, replica string, rec arrow.Record) error {
		if recorded != nil {
			if err := recorded(f, shard, replica, rec); err != nil {
				return err
			}
		}
		return x.add(shard, replica, rec)
	}
}

func (x *egress) add(shard, replica string, rec arrow.Record) error {
	region := x.topology.regionOf(shard, replica)
	if region == x.topology.cfg.Coordinator.Region {
		return nil
	}
	n := int64(0)
	for _, c := range rec.Columns() {
		n += payload(c.Data())
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.bytes[region] += n
	if used := x.bytes[region]; used > x.max {
		return &Error{SQLState: "53400", Limit: limitEgress, Pos: -1, Shard: shard,
			Text: fmt.Sprintf("%s: the query takes more than %d bytes out of region %s", limitEgress, x.max, region),
			Hint: "ask for fewer rows or columns, aggregate them, or raise " + limitEgress}
	}
	return nil
}

// payload is what the values of an array take: of a slice, its own part. Offsets and validity are counted with them.
func payload(d arrow.ArrayData) int64 {
	n := int64(0)
	for i, b := range d.Buffers() {
		if b == nil {
			continue
		}
		size := int64(b.Len())
		if t, ok := d.DataType().(arrow.FixedWidthDataType); ok && i == 1 {
			size = min(size, (int64(d.Len())*int64(t.BitWidth())+7)/8)
		}
		n += size
	}
	for _, child := range d.Children() {
		n += payload(child)
	}
	return n
}

// tooMany refuses a batch of an answer with which that would have more rows than one may have.
func (t *topology) tooMany(before int64, rec arrow.Record) error {
	if most := t.cfg.Limits.Rows; most > 0 && before+rec.NumRows() > most {
		return &Error{SQLState: "53400", Limit: limitRows, Pos: -1, Text: fmt.Sprintf("%s: the answer has more than %d rows", limitRows, most),
			Hint: "add a LIMIT or a condition, aggregate, or raise " + limitRows}
	}
	return nil
}
