package load

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Profile says how far shards are from the coordinator.
type Profile struct {
	Name    string
	Text    string   // one line for people
	Home    string   // the coordinator's region
	Regions []Region // where shards are, in turn; not empty
	Source  string   // who published the round-trip times, and where; "" for those that are what the profile's name says
	// Jitter is the share of a delay by which each may be longer or shorter, from 0 to 1. Profiles have none of their own: no source publishes it.
	Jitter float64
}

// Region is where shards are.
type Region struct {
	Name      string        // as configurations may call it
	RoundTrip time.Duration // to the coordinator and back; 0 for its own region
}

// longestRoundTrip is more than there is between any two places on earth.
const longestRoundTrip = 10 * time.Second

// Place returns the region of a shard, counted from 0.
func (p Profile) Place(shard int) Region { return p.Regions[shard%len(p.Regions)] }

// Far reports that some shard is at a distance.
func (p Profile) Far() bool {
	return slices.ContainsFunc(p.Regions, func(r Region) bool { return r.RoundTrip > 0 })
}

// Names are the regions' names, each once, the coordinator's first.
func (p Profile) Names() []string {
	names := []string{p.Home}
	for _, r := range p.Regions {
		if !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	return names
}

// Check reports what is wrong with a profile, all of it.
func (p Profile) Check() error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("profile %q: %w", p.Name, fmt.Errorf(format, args...)))
	}
	if p.Home == "" {
		wrong("the coordinator is in no region")
	}
	if len(p.Regions) == 0 {
		wrong("there is no region to put shards in")
	}
	if !(p.Jitter >= 0 && p.Jitter <= 1) {
		wrong("the jitter is %g, and must be a share from 0 to 1", p.Jitter)
	}
	trips := map[string]time.Duration{}
	for _, r := range p.Regions {
		before, twice := trips[r.Name]
		switch {
		case r.Name == "":
			wrong("a region has no name")
		case r.RoundTrip < 0 || r.RoundTrip > longestRoundTrip:
			wrong("the round trip to %s takes %s, and must take from 0 to %s", r.Name, r.RoundTrip, longestRoundTrip)
		case twice && before != r.RoundTrip:
			wrong("region %s is at two distances, %s and %s", r.Name, before, r.RoundTrip)
		}
		trips[r.Name] = r.RoundTrip
	}
	return errors.Join(errs...)
}

// String tells of the regions and their distances.
func (p Profile) String() string {
	parts := make([]string, len(p.Regions))
	for i, r := range p.Regions {
		parts[i] = fmt.Sprintf("%s %s", r.Name, r.RoundTrip)
	}
	return fmt.Sprintf("%s: %s (round trips to %s)", p.Name, strings.Join(parts, ", "), p.Home)
}
