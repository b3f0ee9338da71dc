package atoll

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestSketchesOfEveryColumn holds, for every column of the data of testdata/logic and each mix of engines, the sketches that shards make in SQL
// against those of the same values, fetched and hashed here: register by register, for kept sketches show their registers. Estimates are held
// against the exact number.
func TestSketchesOfEveryColumn(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name    string
		drivers []string
	}{
		{"mixed", mixed}, {"three_engines", mixed3}, {"lesser_sqlserver", []string{lesser, "postgres", lesser}},
	} {
		t.Run(c.name, func(t *testing.T) { sketchesOf(t, w, c.drivers) })
	}
}

func sketchesOf(t *testing.T, w *world, drivers []string) {
	made, fetched := w.open(t, drivers), w.open(t, drivers, WithoutRules("sketches"))
	byValue := 0
	for _, table := range made.data.Tables {
		for _, col := range table.Columns {
			sql := fmt.Sprintf("SELECT hll_sketch(%[1]s, 10), approx_count_distinct(%[1]s), approx_count_distinct(%[1]s, 4), count(DISTINCT %[1]s) FROM %[2]s",
				strconv.Quote(col.Name), strconv.Quote(table.Name))
			what := table.Name + "." + col.Name + " " + col.Type
			got, err := ask(t.Context(), made.engine, sql)
			want, wantErr := ask(t.Context(), fetched.engine, sql)
			if stateOf(err) != stateOf(wantErr) {
				t.Errorf("%s: %v, made of values %v", what, err, wantErr)
			}
			if err != nil || wantErr != nil {
				if stateOf(err) != "42P01" {
					t.Logf("%s: %v", what, err)
				}
				continue
			}
			if got != want {
				t.Errorf("%s: shards' sketches give %s, the values %s", what, short(got), short(want))
			}
			near(t, what, got)
			if x, err := made.engine.Explain(t.Context(), sql, ExplainOptions{}); err != nil || strings.Contains(x.Text(), "made of distinct values") {
				byValue++
				t.Logf("%s: by value (%v)", what, err)
			}
		}
	}
	if lacks := slices.Contains(drivers, lesser); (byValue > 0) != lacks {
		t.Errorf("the values of %d columns travel; do the shards lack hashes: %t", byValue, lacks)
	}
}

// near holds the estimates of an answer to within three standard errors of the exact number, which is last; small sets are nearly exact.
func near(t *testing.T, what, answer string) {
	t.Helper()
	f := strings.Fields(answer)
	exact, err := strconv.ParseFloat(f[len(f)-1], 64)
	if err != nil {
		t.Fatalf("%s: %q", what, answer)
	}
	for i, p := range []int{14, 4} {
		got, err := strconv.ParseFloat(f[1+i], 64)
		if off := math.Abs(got - exact); err != nil || off > 3*1.04/math.Sqrt(float64(int(1)<<p))*exact+1 {
			t.Errorf("%s: about %v with precision %d, exactly %v", what, f[1+i], p, exact)
		}
	}
}

func short(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}
