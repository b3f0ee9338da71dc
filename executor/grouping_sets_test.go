package executor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/aggregate"
)

// setsOf is the spec of sums by key and over all, in that order.
func setsOf(t *testing.T) GroupingSetsSpec {
	spec := sumByKey(t)
	fields := append(slices.Clone(spec.Output.Fields()), arrow.Field{Name: "set", Type: arrow.PrimitiveTypes.Int32, Nullable: true})
	spec.Output = arrow.NewSchema(fields, nil)
	return GroupingSetsSpec{Groups: GroupsSpec{Hash: spec, BatchRows: 2}, Sets: [][]int{{0}, {}}}
}

func TestGroupingSets(t *testing.T) {
	for _, c := range []struct{ script, want, fails string }{
		{"a:1 b:2;a:3 NULL:4;NULL:NULL", "NULL:10:1 NULL:4:0 a:4:0 b:2:0", ""},
		{"", "NULL:NULL:1", ""}, // over nothing the empty set has its one row
		{"a:1;err", "", "boom"},
		{"a:9223372036854775807;b:1", "a:9223372036854775807:0 b:1:0", "bigint out of range (column \"sum\") (SQLSTATE 22003)"},
	} {
		spec := setsOf(t)
		w := newWorld(t, spec.Groups.Hash.Input)
		spec.Groups.Alloc = w.alloc
		g, err := NewGroupingSets(newChecker(w.serial(c.script), w.alloc), spec)
		if err != nil {
			t.Fatal(err)
		}
		op := newChecker(g, w.alloc)
		got, err := rows(t, context.Background(), op)
		if c.fails != "" && (err == nil || err.Error() != c.fails) || c.fails == "" && err != nil {
			t.Errorf("%s: %v", c.script, err)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.script, got, c.want)
		}
		if err := op.Close(); err != nil {
			t.Fatal(err)
		}
		w.checkClosed()
	}
}

// TestGroupingSetsLimit bounds the sets together: each alone would fit.
func TestGroupingSetsLimit(t *testing.T) {
	spec := setsOf(t)
	spec.Sets = [][]int{{0}, {0}, {0}, {0}}
	one := spec
	one.Sets = spec.Sets[:1]
	script := "a:1 b:2 c:3 d:4 e:5 f:6 g:7 h:8"
	var limit *aggregate.LimitError
	for max := int64(1 << 10); ; max *= 2 {
		spec.Groups.Hash.MaxBytes, one.Groups.Hash.MaxBytes = max, max
		if runSets(t, one, script) == nil {
			break
		}
	}
	if err := runSets(t, spec, script); !errors.As(err, &limit) {
		t.Errorf("four sets fit where one does: %v", err)
	}
}

func runSets(t *testing.T, spec GroupingSetsSpec, script string) error {
	t.Helper()
	w := newWorld(t, spec.Groups.Hash.Input)
	spec.Groups.Alloc = w.alloc
	g, err := NewGroupingSets(w.serial(script), spec)
	if err != nil {
		t.Fatal(err)
	}
	_, err = rows(t, context.Background(), g)
	if cerr := g.Close(); cerr != nil {
		t.Fatal(cerr)
	}
	w.checkClosed()
	return err
}
