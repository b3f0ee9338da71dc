package sketch

import (
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/bench/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRun holds that the report is whole, that estimates are within what is allowed, and that over several servers they send less than exact forms of many values.
func TestRun(t *testing.T) {
	o := Options{Shards: []int{1, 2}, Rows: 30_000, Distinct: []int{10, 30_000}, Rounds: 2}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range questions(o) {
		for _, shards := range []string{"1", "2"} {
			for _, form := range []string{Approximate, Exact, Server} {
				for _, name := range []string{Time, Sent} {
					s := r.Find(name, "question", q.name, "shards", shards, "form", form)
					if want := form != Server || name == Time && shards == "1"; (s != nil) != want || s != nil && (len(s.Values) != o.Rounds || s.Values[0] <= 0) {
						t.Errorf("%s of %s, %s, %s shards: %+v", name, q.name, form, shards, s)
					}
				}
			}
			for _, name := range []string{TimeRatio, BytesRatio, Off} {
				if s := r.Find(name, "question", q.name, "shards", shards); s == nil || len(s.Values) != o.Rounds {
					t.Errorf("%s of %s, %s shards: %+v", name, q.name, shards, s)
				}
			}
		}
	}
	if len(r.Goals) != 1 || !r.Goals[0].Met() || r.Goals[0].Seen == 0 {
		t.Errorf("%+v", r.Goals)
	}
	if got := r.Find(BytesRatio, "question", "30000 distinct text", "shards", "2").Median(); got < 2 {
		t.Errorf("the exact form sends %.2f times as much as the estimate", got)
	}
	if got := r.Find(Off, "question", "10 distinct bigint", "shards", "2").Median(); got != 0 {
		t.Errorf("an estimate of ten values is off by %v", got)
	}
	if len(r.Charts) != 3 {
		t.Errorf("%d charts", len(r.Charts))
	}
	for _, c := range r.Charts {
		for _, l := range c.Lines {
			if len(c.Categories) == 0 || len(l.Y) != len(c.Categories) {
				t.Errorf("chart %s, line %s: %d values for %d questions", c.Name, l.Name, len(l.Y), len(c.Categories))
			}
		}
	}
}

// TestGoals holds that goals of time and bytes are about figures of enough values, and that there are none of fewer.
func TestGoals(t *testing.T) {
	for _, c := range []struct{ most, goals int }{{goalDistinct, 5}, {goalDistinct - 1, 1}} {
		m := &measurement{o: Options{Shards: []int{1, 8}, Distinct: []int{10, c.most}}, r: report.New("sketch", 1)}
		for _, kind := range []string{"bigint", "text"} {
			question := fmt.Sprintf("%d distinct %s", c.most, kind)
			m.r.Observe(Beside, report.Ratio, report.Lower, 0.5, "question", question, "shards", "1")
			m.r.Observe(BytesRatio, report.Ratio, report.Higher, 19, "question", question, "shards", "8")
			m.r.Observe(OfAllowed, report.Ratio, report.Lower, 0.5, "question", question, "shards", "8")
		}
		m.goals()
		for i, g := range m.r.Goals {
			if g.Unknown != "" || g.Met() != (i < 3) {
				t.Errorf("%+v", g)
			}
		}
		if len(m.r.Goals) != c.goals {
			t.Errorf("%d values: %d goals", c.most, len(m.r.Goals))
		}
	}
}

// TestTopOff reads lists that keep their promises, and some that do not.
func TestTopOff(t *testing.T) {
	exact := [][]string{{"tea", "90"}, {"rice", "50"}}
	for _, c := range []struct {
		list string
		off  float64
		want string
	}{
		{`[{"count": 90, "error": 0, "value": "tea", "certain": true}, {"count": 40, "error": 10, "value": "rice", "certain": true}]`, 0.25, ""},
		{`[{"count": 90, "error": 0, "value": "tea", "certain": true}, {"count": 45, "error": 9, "value": "salt", "certain": false}]`, 0.2, ""},
		{`[{"count": 91, "error": 9, "value": "tea", "certain": true}]`, 0, "the list says 91 to 100"},
		{`[{"count": 40, "error": 9, "value": "rice", "certain": true}]`, 0, "the list says 40 to 49"},
		{`[{"count": 90, "error": 0, "value": "salt", "certain": true}]`, 0, "is not among"},
		{`[`, 0, "the list of"},
	} {
		off, err := topOff([][]string{{c.list}}, exact)
		if off != c.off || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", c.list, off, err)
		}
	}
}

func TestRelative(t *testing.T) {
	for _, c := range []struct {
		approx, exact string
		off           float64
	}{{"99", "100", 0.01}, {"101", "100", 0.01}, {"-5", "-5", 0}, {"12.5", "10", 0.25}} {
		if off, err := relative([][]string{{c.approx}}, [][]string{{c.exact}}); err != nil || off < c.off-1e-12 || off > c.off+1e-12 {
			t.Errorf("%+v: %v, %v", c, off, err)
		}
	}
	for _, c := range [][2]string{{"1", "0"}, {"x", "1"}, {"1", "(null)"}} {
		if off, err := relative([][]string{{c[0]}}, [][]string{{c[1]}}); err == nil {
			t.Errorf("%q: %v", c, off)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Shards: []int{65}}, "shards: 65"}, {Options{Rows: -1}, "rows: -1"}, {Options{Rows: 10, Distinct: []int{11}}, "distinct: 11"},
		{Options{Distinct: []int{stride}}, fmt.Sprintf("distinct: %d", stride)}, {Options{Rounds: -1}, "rounds: -1"}, {Options{}, ""},
	} {
		err := c.o.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
	o, err := Options{Rows: 7, Quick: true}.complete()
	if err != nil || o.Distinct[0] != 7 || o.Rows != 7 {
		t.Errorf("%+v, %v", o, err)
	}
}
