package load

import (
	"fmt"
	"strings"
	"time"
)

// azure is where the round-trip times between regions are from: medians (P50) of Microsoft's probes, which measure once a minute over its own network, here over the
// 30 days that ended on 29 June 2025, in whole milliseconds. A later edition of the page gives 95th percentiles instead.
const azure = "Microsoft, Azure network round-trip latency statistics, medians of the 30 days to 29 June 2025, " +
	"https://learn.microsoft.com/en-us/azure/networking/azure-network-latency"

// frankfurt is the region from which the distances below are measured: its column of that page's table of Central Europe.
const frankfurt = "germanywestcentral"

// Local is the profile of shards that are where the coordinator is.
var Local = Profile{Name: "local", Text: "every shard beside the coordinator, no distance added", Home: "home", Regions: []Region{{Name: "home"}}}

var europe = Profile{
	Name: "europe", Text: "a coordinator in Frankfurt, shards there and in five other countries of Europe", Home: frankfurt, Source: azure,
	Regions: []Region{
		{frankfurt, 0}, {"switzerlandnorth", ms(9)}, {"francecentral", ms(12)}, {"westeurope", ms(13)}, {"uksouth", ms(17)}, {"swedencentral", ms(34)},
	},
}

var atlantic = Profile{
	Name: "atlantic", Text: "a coordinator in Frankfurt, shards there, in Virginia and in São Paulo", Home: frankfurt, Source: azure,
	Regions: []Region{{frankfurt, 0}, {"eastus", ms(93)}, {"brazilsouth", ms(195)}},
}

var world = Profile{
	Name: "world", Text: "a coordinator in Frankfurt, shards there and on all inhabited continents", Home: frankfurt, Source: azure,
	Regions: []Region{
		{frankfurt, 0}, {"eastus", ms(93)}, {"centralindia", ms(131)}, {"southeastasia", ms(157)}, {"southafricanorth", ms(162)}, {"brazilsouth", ms(195)},
		{"japaneast", ms(219)}, {"australiaeast", ms(247)},
	},
}

// Profiles lists those that have a name, the nearest first. [ProfileNamed] makes more.
func Profiles() []Profile { return []Profile{Local, Even(ms(40)), europe, atlantic, world} }

// Even is the profile of shards that are all at the same distance, in one region that is not the coordinator's. It is called by it: "40ms".
func Even(roundTrip time.Duration) Profile {
	return Profile{
		Name: roundTrip.String(), Text: "every shard at the same distance, a round trip of " + roundTrip.String(), Home: "home",
		Regions: []Region{{"away", roundTrip}},
	}
}

// ProfileNamed finds a profile by its name; a duration such as "25ms" is the name of [Even].
func ProfileNamed(name string) (Profile, error) {
	var names []string
	for _, p := range Profiles() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	d, err := time.ParseDuration(name)
	if err != nil {
		return Profile{}, fmt.Errorf("there is no latency profile %q: give one of %s, or a round-trip time such as 25ms", name, strings.Join(names, ", "))
	}
	p := Even(d)
	return p, p.Check()
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }
