package residency

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

func (p *parser) world() World { return p.policy.World }

// known reports a name that is not among those known. An empty one has been reported.
func (p *parser) known(name string, at Position, what string, known []string, title string) bool {
	if name == "" || slices.Contains(known, name) {
		return true
	}
	p.Fail(at, "unknown %s %s%s", what, yamldoc.Quote(name), yamldoc.Suggestion(name, known, title))
	return false
}

// name reads a text of one line that shows all it holds; "" after a fault.
func (p *parser) name(n *yamldoc.Node) string {
	name := p.Text(n)
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) || strings.TrimSpace(name) != name {
		p.Fail(n.At, "%s holds characters that do not print, or begins or ends with a space: write plain text", n.Path)
		return ""
	}
	return name
}

// names reads a list of names, which has an item and none twice; nil for a node that is not given. What an absent list means differs from key to
// key, so that an empty one is refused instead of guessed.
func (p *parser) names(n *yamldoc.Node, check func(name string, at Position)) []string {
	if n == nil || !p.Is(n, yamldoc.List) {
		return nil
	}
	if len(n.Children) == 0 {
		p.Fail(n.KeyAt, "%s is an empty list: name something, or leave the key out", n.Path)
	}
	var out []string
	for _, c := range n.Children {
		name := p.name(c)
		switch {
		case name == "":
			continue
		case slices.Contains(out, name):
			p.Fail(c.At, "%s is listed twice", yamldoc.Quote(name))
			continue
		case check != nil:
			check(name, c.At)
		}
		out = append(out, name)
	}
	return out
}

// placeNames reads a list of regions and jurisdictions, and of recipients if they may be named.
func (p *parser) placeNames(n *yamldoc.Node, recipients bool) []string {
	known, what, title := p.world().places(), "region or jurisdiction", "the regions and jurisdictions"
	if recipients {
		known = append(known, slices.Sorted(maps.Keys(p.policy.Recipients))...)
		what, title = "region, jurisdiction or recipient", "the regions, jurisdictions and recipients"
	}
	return p.names(n, func(name string, at Position) {
		if !recipients && p.policy.Recipients[name] != nil {
			p.Fail(at, "%s is a recipient, to which data goes: data comes from regions", yamldoc.Quote(name))
			return
		}
		if p.known(name, at, what, known, title) {
			p.oneMeaning(name, at)
		}
	})
}

// oneMeaning refuses a name that is a region and also the jurisdiction of another region.
func (p *parser) oneMeaning(name string, at Position) {
	if _, region := p.world().Regions[name]; !region {
		return
	}
	if all := p.world().regionsOf([]string{name}); len(all) > 1 {
		p.Fail(at, "%s is a region and also the jurisdiction of %s: rename the jurisdiction in the configuration", yamldoc.Quote(name),
			strings.Join(slices.DeleteFunc(all, func(r string) bool { return r == name }), ", "))
	}
}

// tables reads a list of tables.
func (p *parser) tables(n *yamldoc.Node) []string {
	return p.names(n, func(name string, at Position) { p.known(name, at, "table", p.world().Tables, "the tables") })
}

// column reads the name of a column that is in one of the tables.
func (p *parser) column(n *yamldoc.Node, tables []string) string {
	name := p.name(n)
	if name != "" {
		p.checkColumn(name, n.At, tables)
	}
	return name
}

// checkColumn refuses what is no column of any of the tables; no table stands for all of them.
func (p *parser) checkColumn(name string, at Position, tables []string) {
	if len(tables) == 0 {
		tables = p.world().Tables
	}
	if name == "*" {
		p.Fail(at, "* is not a column: name the columns one by one")
		return
	}
	if full, ok := p.world().split(name); ok {
		p.Fail(at, "%s is a column with its table: write %s alone", yamldoc.Quote(name), full.Column)
		return
	}
	var known []string
	for _, table := range tables {
		columns, described := p.world().Columns[table]
		if !described {
			return
		}
		known = append(known, columns...)
	}
	slices.Sort(known)
	p.known(name, at, "column", slices.Compact(known), "the columns")
}

// day reads a day of UTC and returns its first moment; zero after a fault.
func (p *parser) day(n *yamldoc.Node) time.Time {
	t, err := time.Parse(time.DateOnly, n.Text)
	if n.Kind != yamldoc.Text || err != nil || t.IsZero() {
		p.Fail(n.Place(), "%s must be a day such as 2026-12-31", n.Path)
		return time.Time{}
	}
	return t
}
