package bounds_test

import (
	"encoding/json"
	"testing"

	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/bounds"
)

// TestWords: people read sentences, programs words.
func TestWords(t *testing.T) {
	w := plantest.Housing(t, plantest.Setup{})
	q, err := w.Bind("select rooms, count(*) n, avg(rent) from units group by 1")
	if err != nil {
		t.Fatal(err)
	}
	m, err := bounds.Of(q.Root, q.Output, missing(w, []string{"us-1"}, true))
	if err != nil {
		t.Fatal(err)
	}
	const people = `rows: every row stands for one of the whole answer, its columns as said; rows may be missing (rows of units are missing)
n: at least (rows that are missing can only add to it)
avg: of the shards that answered (it is avg over the rows of the shards that answered)`
	if m.String() != people {
		t.Errorf("got\n%s\nwant\n%s", m, people)
	}
	const programs = `{"rows":"groups","reason":"rows of units are missing","columns":[{"name":"rooms","kind":"exact"},` +
		`{"name":"n","kind":"at_least","reason":"rows that are missing can only add to it"},` +
		`{"name":"avg","kind":"of_answered","reason":"it is avg over the rows of the shards that answered"}]}`
	if got, err := json.Marshal(m); err != nil || string(got) != programs {
		t.Errorf("got %s, %v\nwant %s", got, err, programs)
	}
	if m.Complete() {
		t.Error("an answer that lacks rows is complete")
	}
	if m, err = bounds.Of(q.Root, q.Output, missing(w, nil, true)); err != nil || !m.Complete() {
		t.Errorf("an answer that lacks nothing is %v, %v", m, err)
	}
}
