package atoll

import (
	"encoding/json"
	"slices"
	"testing"
)

// TestExplainPlaces holds that an explanation tells of every region and shard, and which statements read the rows of which
// step; with Analyze, what the step gave.
func TestExplainPlaces(t *testing.T) {
	s := calmSea(t)
	e := s.open(t, WithoutRules("estimates"))
	const sql = "SELECT name FROM people WHERE fee > (SELECT avg(fee) FROM people) AND id IN (SELECT g FROM generate_series(1, 300) g)"
	x, err := e.Explain(t.Context(), sql, ExplainOptions{Analyze: true})
	if err != nil {
		t.Fatal(err)
	}
	shards := 0
	for _, r := range x.Regions {
		shards += len(r.Shards)
		if r.Region == "" || r.Jurisdiction == "" || len(r.Shards) > 0 && r.Shards[0].Driver == "" {
			t.Errorf("%+v", r)
		}
	}
	if x.SQL != sql || shards != 3 || len(x.Regions) != 3 || len(x.Steps) == 0 {
		t.Fatalf("%+v", x)
	}
	read := map[int]bool{}
	for _, f := range x.Fragments {
		for _, sh := range f.Shards {
			for _, n := range sh.Steps {
				read[n] = true
			}
			if !slices.IsSorted(sh.Steps) || f.ID == 1 && len(sh.Steps) > 0 {
				t.Errorf("fragment %d of %s reads %v", f.ID, sh.Shard, sh.Steps)
			}
		}
	}
	for i, step := range x.Steps {
		want := int64(1)
		if step.Columns[0].Name != "avg" {
			want = 300
		}
		if step.Number != i+1 || !read[step.Number] || step.Actual == nil || step.Actual.Rows != want || step.Actual.Bytes < want {
			t.Errorf("%+v %+v; read: %v", step, step.Actual, read)
		}
	}
	if text, err := json.Marshal(x); err != nil || !json.Valid(text) {
		t.Errorf("%s, %v", text, err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
