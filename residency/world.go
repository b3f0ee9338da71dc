package residency

import (
	"slices"
	"strings"
)

// World is what a policy speaks about: the configuration's regions and tables, as far as they are known when the policy is read.
type World struct {
	Regions map[string]string // the jurisdiction of each region
	Tables  []string
	// Columns are those of each table; names of columns of tables without an entry are not checked.
	Columns map[string][]string
	// Coordinator is the region in which queries are finished, Sites are the regions that hold a shard. Where both are left out nothing is said
	// about rules that have no effect.
	Coordinator string
	Sites       []string
}

// Within reports whether a region is what a rule names: the region itself or its jurisdiction. A name that is both is refused when a policy is read,
// unless both mean the same.
func (w World) Within(region, name string) bool {
	jurisdiction, known := w.Regions[region]
	return region == name || known && jurisdiction == name
}

// regionsOf lists the regions that any of the names of regions and jurisdictions stands for, in order.
func (w World) regionsOf(names []string) []string {
	var out []string
	for region := range w.Regions {
		if slices.ContainsFunc(names, func(name string) bool { return w.Within(region, name) }) {
			out = append(out, region)
		}
	}
	slices.Sort(out)
	return out
}

// places lists what a rule may name as a place: regions and jurisdictions, in order.
func (w World) places() []string {
	var out []string
	for region, jurisdiction := range w.Regions {
		out = append(out, region, jurisdiction)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// split takes a name apart into table and column. It is not ok if no table of the configuration begins it, or several do.
func (w World) split(name string) (ColumnName, bool) {
	var found []ColumnName
	for _, table := range w.Tables {
		if column, ok := strings.CutPrefix(name, table+"."); ok && column != "" {
			found = append(found, ColumnName{table, column})
		}
	}
	if len(found) != 1 {
		return ColumnName{}, false
	}
	return found[0], true
}

// reaches reports whether a region holds a shard or the coordinator, as far as that is known.
func (w World) reaches(region string) bool {
	return w.Coordinator == "" && w.Sites == nil || region == w.Coordinator || slices.Contains(w.Sites, region)
}
