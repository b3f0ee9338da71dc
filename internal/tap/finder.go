package tap

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Finder finds planted values. It is safe for concurrent use.
type Finder struct {
	values []Value
	forms  []known
	heads  map[uint32][]int32 // first bytes of a form, to its places in forms
}

type known struct {
	form
	value int
}

// Hit is a planted value that was found.
type Hit struct {
	Value  Value
	How    string // the form
	Stream string // where, "" outside of a recorder
	Out    bool   // on its way to the shard
	Offset int    // of its first byte
}

// String says what was found and where, for messages of tests.
func (h Hit) String() string {
	return fmt.Sprintf("%q as %s at byte %d of %s", h.Value.Text, h.How, h.Offset, h.Stream)
}

// NewFinder makes a finder of values. One that is too short to be told from other bytes is an error.
func NewFinder(values ...Value) (*Finder, error) {
	f := &Finder{values: values, heads: map[uint32][]int32{}}
	seen := map[string]bool{}
	for i, v := range values {
		forms, err := v.forms()
		if err != nil {
			return nil, err
		}
		for _, one := range forms {
			if key := string(one.bytes); !seen[key] {
				seen[key] = true
				head := binary.LittleEndian.Uint32(one.bytes)
				f.heads[head] = append(f.heads[head], int32(len(f.forms)))
				f.forms = append(f.forms, known{one, i})
			}
		}
	}
	return f, nil
}

// Values returns what is looked for; callers do not change it.
func (f *Finder) Values() []Value { return f.values }

// Find returns the first hit of every value in every form.
func (f *Finder) Find(data []byte) (hits []Hit) {
	seen := map[int32]bool{}
	for at := 0; at+shortest <= len(data); at++ {
		for _, i := range f.heads[binary.LittleEndian.Uint32(data[at:])] {
			if k := f.forms[i]; !seen[i] && bytes.HasPrefix(data[at:], k.bytes) {
				seen[i] = true
				hits = append(hits, Hit{Value: f.values[k.value], How: k.how, Offset: at})
			}
		}
	}
	return hits
}
