package report

import (
	"slices"
	"testing"
)

func TestObserve(t *testing.T) {
	r := New("trial", 7)
	for round := range 3 {
		r.Observe("time", Seconds, Lower, float64(round), "engine", "a", "type", "x")
		r.Observe("time", Seconds, Lower, float64(10+round), "engine", "a", "type", "y")
	}
	r.Observe("time", Seconds, Lower, 5) // without conditions it is another series
	r.Observe("size", Bytes, Lower, 6, "engine", "a", "type", "x")
	if len(r.Series) != 4 || r.Format != Format || r.Bench != "trial" || r.Seed != 7 {
		t.Fatalf("%+v", r)
	}
	if got := r.Find("time", "type", "x").Values; !slices.Equal(got, []float64{0, 1, 2}) {
		t.Errorf("x: %v", got)
	}
	if got := r.Find("time", "type", "y"); got.Median() != 11 || got.Unit != Seconds || got.Better != Lower {
		t.Errorf("y: %+v", got)
	}
}

func TestReach(t *testing.T) {
	r := New("trial", 7)
	r.Observe("time", Seconds, Lower, 2)
	r.Reach("under two", r.Find("time"), 2, false)
	r.Reach("over two", r.Find("time"), 2.1, true)
	r.Reach("whatever", r.Find("size"), 1, false)
	r.Reach("failed", &Series{Failed: "no server"}, 1, false)
	r.Reach("empty", &Series{}, 1, false)
	r.Reach("failed later", &Series{Values: []float64{0.5}, Failed: "no server"}, 1, false)
	bound := &Series{Values: []float64{2}, AtLeast: true}
	r.Reach("cut off, and below", bound, 3, false)
	r.Reach("cut off, and not enough", bound, 3, true)
	for i, want := range []bool{true, false, false, false, false, false, false, false} {
		if g := r.Goals[i]; g.Met() != want || (g.Unknown != "") != (i > 1) {
			t.Errorf("%+v", g)
		}
	}
	decided := len(r.Goals)
	r.Reach("cut off, and enough", bound, 2, true)
	r.Reach("cut off, and too much", bound, 1, false)
	for i, want := range []bool{true, false} {
		if g := r.Goals[decided+i]; g.Met() != want || g.Unknown != "" {
			t.Errorf("%+v", g)
		}
	}
	if got := r.score(); got != "2 of 10 goals met" {
		t.Error(got)
	}
	r.TooSmall("a trial")
	if got := r.score(); got != "too little was measured to judge the goals" {
		t.Error(got)
	}
	for i, g := range r.Goals {
		if g.Unknown == "" || g.Met() || i < 2 && g.Unknown != "a trial; 2 s here" {
			t.Errorf("%+v", g)
		}
	}
}
