package aggregate

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// portable is a state that can be written down, group by group, and read again by another of its kind in the same process.
type portable interface {
	// tables are the types of the columns of what it writes.
	tables() [][]arrow.DataType
	// save emits the rows of each table, at most rows at a time, each with its group; whatever a group holds. The state is of no use after it.
	save(rows int, emit saver) error
	// load adds rows that were saved to groups that have seen nothing else. The rows of a group come in the order in which they were saved.
	load(table int, ids []uint32, cols []arrow.Array) error
}

// saver takes rows of one table and releases their columns.
type saver func(table int, ids []uint32, cols ...arrow.Array) error

// Portable reports that all groups can be written down by [Hash.Save].
func (h *Hash) Portable() bool {
	for _, st := range h.states {
		if _, ok := st.(portable); !ok {
			return false
		}
	}
	return len(h.spec.Keys) > 0
}

// Tables are the schemas of what [Hash.Save] writes. The first column of each is the number of a group, an uint32. Table 0 has a row for each
// group, in the order of their numbers, with its keys.
func (h *Hash) Tables() []*arrow.Schema {
	group := arrow.Field{Name: "group", Type: arrow.PrimitiveTypes.Uint32}
	keys := []arrow.Field{group}
	for _, k := range h.spec.Keys {
		keys = append(keys, h.spec.Input.Field(k))
	}
	out := []*arrow.Schema{arrow.NewSchema(keys, nil)}
	for _, st := range h.states {
		for _, types := range st.(portable).tables() {
			fields := []arrow.Field{group}
			for i, dt := range types {
				fields = append(fields, arrow.Field{Name: fmt.Sprint("c", i), Type: dt, Nullable: true})
			}
			out = append(out, arrow.NewSchema(fields, nil))
		}
	}
	return out
}

// Save writes all groups down, table by table, in batches of at most rows rows, which emit must not keep. Then only Release may be called.
// The Hash must be [Hash.Portable].
func (h *Hash) Save(rows int, emit func(table int, rec arrow.Record) error) error {
	h.finished = true
	schemas := h.Tables()
	at := 0
	save := func(table int, ids []uint32, cols ...arrow.Array) error {
		all := append([]arrow.Array{wrap(arrow.PrimitiveTypes.Uint32, ids)}, cols...)
		rec := array.NewRecord(schemas[at+table], all, int64(len(ids)))
		releaseAll(all)
		defer rec.Release()
		return emit(at+table, rec)
	}
	if err := h.saveKeys(rows, save); err != nil {
		return err
	}
	at = 1
	for _, st := range h.states {
		p := st.(portable)
		if err := p.save(rows, save); err != nil {
			return err
		}
		at += len(p.tables())
	}
	return nil
}

func (h *Hash) saveKeys(rows int, save saver) error {
	var keys []arrow.Array
	for _, v := range h.keys {
		keys = append(keys, v.Array())
	}
	defer releaseAll(keys)
	return windows(h.groups.count(), rows, func(from, to int) error {
		return save(0, numbers(from, to), cut(keys, from, to)...)
	})
}

// Load takes a batch of a table of [Hash.Tables]: into a Hash that has seen nothing but such batches, of table 0 first. Groups are numbered
// from 0 on in the order of their rows in table 0, and by these numbers in the first column of the other tables.
func (h *Hash) Load(table int, rec arrow.Record) error {
	if h.failed != nil {
		return h.failed
	}
	h.failed = h.load(table, rec)
	return h.failed
}

var errNotSaved = errors.New("internal error: what is loaded into a hash aggregate is not what one has saved")

func (h *Hash) load(table int, rec arrow.Record) error {
	cols := rec.Columns()
	if table == 0 {
		return h.loadKeys(cols[1:], int(rec.NumRows()))
	}
	ids := cols[0].(*array.Uint32).Uint32Values()
	for _, id := range ids {
		if int(id) >= h.groups.count() {
			return errNotSaved
		}
	}
	at := 1
	for _, st := range h.states {
		p := st.(portable)
		if n := len(p.tables()); table >= at+n {
			at += n
			continue
		}
		return p.load(table-at, ids, cols[1:])
	}
	return errNotSaved
}

func (h *Hash) loadKeys(keys []arrow.Array, rows int) error {
	h.ids = extend(h.ids, rows)[:rows]
	before := h.groups.count()
	fresh, err := h.groups.assign(keys, h.ids)
	if err != nil {
		return err
	}
	if len(fresh) != rows || h.groups.count() != before+rows {
		return errNotSaved
	}
	for _, st := range h.states {
		st.grow(h.groups.count()) // also of those that have saved nothing
	}
	return h.keys.add(keys, fresh)
}

// windows calls fn for at most rows of n rows at a time.
func windows(n, rows int, fn func(from, to int) error) error {
	for from := 0; from < n; from += rows {
		if err := fn(from, min(from+rows, n)); err != nil {
			return err
		}
	}
	return nil
}

// savedBytes is about how many bytes of texts a batch that is saved holds: saving must not take as much memory again as what is saved.
const savedBytes = 1 << 20

// byteWindows is windows for rows of size(i) bytes each: one ends also where it has savedBytes bytes.
func byteWindows(n, rows int, size func(i int) int, fn func(from, to int) error) error {
	for from, to := 0, 0; from < n; from = to {
		for held := 0; to < n && to-from < rows && held < savedBytes; to++ {
			held += size(to)
		}
		if err := fn(from, to); err != nil {
			return err
		}
	}
	return nil
}

// numbers are those from (inclusive) to to (exclusive).
func numbers(from, to int) []uint32 {
	out := make([]uint32, to-from)
	for i := range out {
		out[i] = uint32(from + i)
	}
	return out
}

// cut are the rows from (inclusive) to to (exclusive) of columns.
func cut(cols []arrow.Array, from, to int) []arrow.Array {
	out := make([]arrow.Array, len(cols))
	for i, c := range cols {
		out[i] = array.NewSlice(c, int64(from), int64(to))
	}
	return out
}

// wrap makes an array of values without copying them, which must not change while it is used.
func wrap[T any](dt arrow.DataType, values []T) arrow.Array {
	var zero T
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), len(values)*int(unsafe.Sizeof(zero)))
	return makeArray(dt, len(values), 0, nil, memory.NewBufferBytes(raw))
}

// bytesOf makes an array of n byte strings.
func bytesOf(n int, at func(i int) []byte) arrow.Array {
	ends := make([]int32, n+1)
	var data []byte
	for i := range n {
		data = append(data, at(i)...)
		ends[i+1] = int32(len(data))
	}
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(ends))), 4*len(ends))
	return makeArray(arrow.BinaryTypes.Binary, n, 0, nil, memory.NewBufferBytes(raw), memory.NewBufferBytes(data))
}
