package planpage

import (
	"fmt"
	"testing"
	"time"

	"github.com/atoll-sql/atoll"
)

func drawn(x *atoll.Explanation) *drawing {
	p := placesOf(x)
	return draw(x, p, edgesOf(x, p))
}

func (b box) holds(o box) bool {
	return b.X < o.X && b.Y < o.Y && b.X+b.W > o.X+o.W && b.Y+b.H > o.Y+o.H
}

func (b box) meets(o box) bool {
	return b.X < o.X+o.W && o.X < b.X+b.W && b.Y < o.Y+o.H && o.Y < b.Y+b.H
}

// TestBoxes holds that boxes are in the drawing, and hold or avoid each other.
func TestBoxes(t *testing.T) {
	for _, x := range []*atoll.Explanation{partials(), analyzed(), alone(), many(1), many(30), hostile()} {
		d := drawn(x)
		frame := box{X: 0, Y: 0, W: d.Width, H: d.Height}
		for i, b := range d.Boxes {
			if !frame.holds(b) {
				t.Errorf("%+v is not within %+v", b, frame)
			}
			for _, o := range d.Boxes[:i] {
				if b.meets(o) && (!o.holds(b) || b.Y < o.Y+heading) {
					t.Errorf("%+v overlaps %+v", b, o)
				}
			}
			for _, l := range b.Lines {
				if l.Y < b.Y+heading || l.Y > b.Y+b.H {
					t.Errorf("%+v is not within %+v", l, b)
				}
			}
		}
	}
}

// TestPaths holds that every edge leads from a line of its shard's box to a line of the coordinator's, or back.
func TestPaths(t *testing.T) {
	for _, x := range []*atoll.Explanation{partials(), analyzed(), many(30)} {
		d := drawn(x)
		lines := map[string]map[int]bool{"shard": {}, "coordinator": {}}
		for _, b := range d.Boxes {
			for _, l := range b.Lines {
				if of := lines[b.Class]; of != nil {
					of[l.Y] = true
				}
			}
		}
		starts := map[int]bool{}
		for _, p := range d.Paths {
			format, there, here := "M%d %d H%d C%d %d %d %d %d %d", 1, 8
			if p.Step {
				format, there, here = "M%d %d C%d %d %d %d %d %d H%d", 7, 1
			}
			at := make([]int, 9)
			args := make([]any, 9)
			for i := range at {
				args[i] = &at[i]
			}
			if _, err := fmt.Sscanf(p.D, format, args...); err != nil {
				t.Fatalf("%s: %v", p.D, err)
			}
			if !lines["shard"][at[there]] || !lines["coordinator"][at[here]] || starts[at[there]] {
				t.Errorf("%s: %s", p.Describe, p.D)
			}
			starts[at[there]] = true
			if p.Mark != (p.Border != stays) || p.Mark && p.MY != at[there] {
				t.Errorf("%+v", p)
			}
		}
	}
}

// TestManyUnasked holds that shards that are not asked do not fill the drawing.
func TestManyUnasked(t *testing.T) {
	x := many(90)
	x.Fragments = nil
	count, last := map[string]int{}, ""
	for _, b := range drawn(x).Boxes {
		if count[b.Class]++; b.Class == "unasked" {
			last = b.Title
		}
	}
	if count["unasked"] != 3*maxUnasked || count["shard"] != 0 || last != "27 more shards" {
		t.Errorf("%v, %s", count, last)
	}
}

func TestBorders(t *testing.T) {
	a, b, c := place{"eu-central-1", "EU"}, place{"eu-west-3", "EU"}, place{"brazilsouth", "BR"}
	for _, x := range []struct {
		from, to place
		want     border
		says     string
	}{{a, a, stays, "no"}, {b, a, leavesRegion, "eu-west-3 → eu-central-1"}, {a, c, leavesJurisdiction, "EU → BR"}, {c, b, leavesJurisdiction, "BR → EU"}} {
		e := edge{From: x.from, To: x.to, Border: borderOf(x.from, x.to)}
		if e.Border != x.want || e.Crosses() != x.says {
			t.Errorf("%v → %v: %v, %s", x.from, x.to, e.Border, e.Crosses())
		}
	}
}

func TestFigures(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 9951: "10 kB", 999_499: "999 kB", 999_500: "1.0 MB", 1 << 62: "4.6 EB"} {
		if got := byteCount(n); got != want {
			t.Errorf("%d bytes: %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{-1: "? rows", 0: "0 rows", 1: "1 row", 999: "999 rows", 1000: "1,000 rows", 1234567: "1,234,567 rows"} {
		if got := rowCount(n); got != want {
			t.Errorf("%d rows: %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 12: "12ns", 1234: "1.23µs", 12345: "12.3µs", 1234567: "1.23ms", 99 * time.Second: "1m39s"} {
		if got := duration(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
	for _, c := range []struct {
		s    string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc…"}, {"a\nb", 3, "a b"}, {"日本", 4, "日本"}, {"日本", 3, "日…"}, {"", 0, ""}} {
		if got := cut(c.s, c.n); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.s, c.n, got, c.want)
		}
	}
}
