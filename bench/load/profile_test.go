package load

import (
	"math"
	"strings"
	"testing"
	"time"
)

// TestProfiles says what all profiles have in common, and that none has a distance between places without naming who published it.
func TestProfiles(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Profiles() {
		if err := p.Check(); err != nil {
			t.Error(err)
		}
		if seen[p.Name] {
			t.Errorf("there are two of %s", p.Name)
		}
		seen[p.Name] = true
		if p.Text == "" || p.Jitter != 0 {
			t.Errorf("%+v", p)
		}
		if len(p.Regions) > 1 && !strings.Contains(p.Source, "https://") {
			t.Errorf("%s has distances between places, and names no source", p.Name)
		}
		for i, r := range p.Regions {
			if r.Name == p.Home && r.RoundTrip != 0 || r.Name != p.Home && r.RoundTrip == 0 {
				t.Errorf("%s: %+v", p.Name, r)
			}
			if p.Place(i+len(p.Regions)) != r {
				t.Errorf("%s: shard %d is in %+v", p.Name, i+len(p.Regions), p.Place(i+len(p.Regions)))
			}
		}
		if got, err := ProfileNamed(p.Name); err != nil || got.String() != p.String() {
			t.Errorf("%s, found by its name, is %s (%v)", p, got, err)
		}
	}
	if !seen["local"] || !seen["40ms"] || !seen["europe"] || !seen["world"] || Local.Far() {
		t.Error(seen)
	}
}

func TestProfileNamed(t *testing.T) {
	p, err := ProfileNamed("2.5ms")
	if err != nil || p.Place(7) != (Region{"away", 2500 * time.Microsecond}) || strings.Join(p.Names(), " ") != "home away" || !p.Far() {
		t.Error(p, err)
	}
	for name, want := range map[string]string{"mars": "give one of local, 40ms, europe, atlantic, world, or a round-trip time", "-5ms": "from 0 to 10s", "3h": "3h0m0s"} {
		if _, err := ProfileNamed(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", name, err, want)
		}
	}
}

func TestProfileCheck(t *testing.T) {
	home := []Region{{"home", 0}}
	for _, c := range []struct {
		p    Profile
		want []string
	}{
		{Profile{}, []string{"in no region", "no region to put shards in"}},
		{Profile{Home: "home", Regions: home, Jitter: 1.5}, []string{"jitter is 1.5"}},
		{Profile{Home: "home", Regions: home, Jitter: math.NaN()}, []string{"jitter is NaN"}},
		{Profile{Home: "home", Regions: []Region{{"", 0}}}, []string{"has no name"}},
		{Profile{Home: "home", Regions: []Region{{"a", 1}, {"a", 2}}}, []string{"region a is at two distances"}},
		{Profile{Home: "home", Regions: []Region{{"a", time.Minute}}, Jitter: -1}, []string{"takes 1m0s", "jitter is -1"}},
	} {
		err := c.p.Check()
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v, not %q", c.p, err, want)
			}
		}
	}
}
