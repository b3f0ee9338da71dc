package atoll

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/executor"
	"github.com/atoll-sql/atoll/planner/plan"
)

// Crossing is what leaves a region over one edge, and under which terms the residency rules permit it. It is known before anything runs, and nothing in
// it depends on rows.
type Crossing struct {
	Fragment int             `json:"fragment"` // whose rows leave
	Shard    string          `json:"shard"`
	Replica  string          `json:"replica,omitempty"` // of the shard, which may be asked in its place; "" for its own server
	From     string          `json:"from_region"`
	To       []string        `json:"to_regions"` // all that the rows, or what is made of them, get to: the coordinator's, those of shards, the caller's
	Form     string          `json:"form"`       // "rows", "pseudonym", "aggregate" or "sketch"
	Columns  []string        `json:"columns"`    // that are shipped
	Tables   []CrossingTable `json:"tables,omitempty"`
	OnSmall  string          `json:"on_small,omitempty"` // what becomes of groups below a minimum: "drop", "remainder" or "error"
	// Ungrouped says that one row is shipped for all rows: its values are NULL where a minimum is not met.
	Ungrouped bool `json:"ungrouped,omitempty"`
}

// CrossingTable is the share of one reference to a table in a crossing.
type CrossingTable struct {
	Table     string      `json:"table"`
	Rule      string      `json:"rule"` // by which it is permitted
	Uses      []ColumnUse `json:"uses,omitempty"`
	Recipient string      `json:"recipient,omitempty"` // by whose basis it is permitted
	Where     string      `json:"where,omitempty"`     // only rows for which this is true count
	Entity    string      `json:"entity,omitempty"`    // of which a group needs Min different ones
	Min       int64       `json:"min,omitempty"`
	Dominance *Dominance  `json:"dominance,omitempty"`
}

// ColumnUse is a column of a table and one thing that is done with it: "value", "argument", "key", "filter", "join" or "order".
type ColumnUse struct {
	Column string `json:"column"`
	Use    string `json:"use"`
}

// Dominance keeps groups back of whose total the Largest entities have more than Percent.
type Dominance struct {
	Largest int64 `json:"largest"`
	Percent int64 `json:"percent"`
}

// Crossings lists what the query sends over the borders of regions; nothing where the configuration names no residency policy. Of a shard that has not
// answered yet it lists what its own server would send and what each replica would; then only what the one has sent that did answer. It may be called from
// any goroutine.
func (r *Result) Crossings() []Crossing {
	p, progress := r.running.state()
	return r.engine.crossed(crossings(p), progress)
}

// crossed leaves of crossings those that are over the edges of the servers that have answered, and those of shards that have not.
func (t *topology) crossed(all []Crossing, progress []executor.FragmentProgress) []Crossing {
	read := map[shipKey]string{}
	for _, f := range progress {
		for _, p := range f.Shards() {
			if p.State == executor.Done || p.Batches > 0 {
				read[shipKey{fragment: f.Fragment.ID, shard: p.Shard}] = p.Stats.Replica
			}
		}
	}
	return slices.DeleteFunc(all, func(c Crossing) bool {
		server, ok := read[shipKey{fragment: c.Fragment, shard: c.Shard}]
		return ok && c.Replica != server && (c.Replica != "" || !t.near(c.Shard, server))
	})
}

func crossings(p *plan.Plan) []Crossing {
	if p == nil {
		return nil
	}
	var out []Crossing
	for _, x := range p.Crossings {
		c := Crossing{Fragment: x.Fragment, Shard: x.Shard, Replica: x.Replica, From: x.From, To: slices.Clone(x.To), Form: x.Form, Columns: slices.Clone(x.Columns),
			OnSmall: x.OnSmall, Ungrouped: x.Ungrouped}
		for _, t := range x.Tables {
			share := CrossingTable{Table: t.Table, Rule: t.Rule, Recipient: t.Recipient, Where: t.Where, Entity: t.Entity, Min: t.Min}
			if t.Largest > 0 {
				share.Dominance = &Dominance{t.Largest, t.Percent}
			}
			for _, u := range t.Uses {
				share.Uses = append(share.Uses, ColumnUse(u))
			}
			c.Tables = append(c.Tables, share)
		}
		out = append(out, c)
	}
	return out
}

// Terms says in words, each in a phrase of its own, what is or may be missing of the rows that cross: groups below a minimum, rows that do not meet a
// condition. None where nothing can be missing. They hold whether or not something really is missing, since that would tell of single rows.
func (c *Crossing) Terms() []string {
	var out []string
	add := func(format string, args ...any) {
		if text := fmt.Sprintf(format, args...); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	for _, t := range c.Tables {
		if t.Min > 0 {
			add("%s", c.small(t))
		}
		if d := t.Dominance; d != nil {
			add("%s", c.dominated(t, d))
		}
	}
	for _, t := range c.Tables {
		if t.Where != "" {
			add("of %s only rows with %s count", t.Table, strings.Join(strings.Split(strings.TrimSpace(t.Where), "\n"), " "))
		}
	}
	return out
}

func (c *Crossing) small(t CrossingTable) string {
	few := fmt.Sprintf("fewer than %d %s", t.Min, plural(t.Entity))
	switch {
	case c.OnSmall == "error":
		return "the query fails if there is a group of " + few
	case c.Ungrouped:
		return "a shard's share of " + few + " is missing in a value, which is NULL if no other share is there"
	case c.OnSmall == "remainder":
		return "groups of " + few + " are put together into one, if there are any"
	}
	return "groups of " + few + " are left out, if there are any"
}

func (c *Crossing) dominated(t CrossingTable, d *Dominance) string {
	who := fmt.Sprintf("%d %s have", d.Largest, plural(t.Entity))
	if d.Largest == 1 {
		who = "one " + t.Entity + " has"
	}
	return fmt.Sprintf("the same holds where %s more than %d %% of a total", who, d.Percent)
}

// plural makes of the name of a kind of entity that of several.
func plural(name string) string {
	switch n := len(name); {
	case n > 1 && name[n-1] == 'y' && !strings.ContainsRune("aeiou", rune(name[n-2])):
		return name[:n-1] + "ies"
	case n > 0 && name[n-1] == 's':
		return name
	}
	return name + "s"
}

// Rules lists the rules by which it is permitted, each once.
func (c *Crossing) Rules() []string {
	var out []string
	for _, t := range c.Tables {
		if !slices.Contains(out, t.Rule) {
			out = append(out, t.Rule)
		}
	}
	return out
}

// text shows the crossing for people, below the line of its shard.
func (c *Crossing) text(b *strings.Builder, indent string) {
	if c.Replica != "" {
		fmt.Fprintf(b, "%sof replica %s ", indent, c.Replica)
		indent += "  "
	} else {
		b.WriteString(indent)
	}
	fmt.Fprintf(b, "leaves %s for %s, form %s: %s\n", c.From, strings.Join(c.To, ", "), c.Form, strings.Join(c.Columns, ", "))
	for _, t := range c.Tables {
		fmt.Fprintf(b, "%s  rule %s, table %s", indent, t.Rule, t.Table)
		if reads := t.Reads(); reads != "" {
			b.WriteString(": " + reads)
		}
		if t.Recipient != "" {
			b.WriteString("; recipient " + t.Recipient)
		}
		b.WriteString("\n")
	}
	for _, term := range c.Terms() {
		fmt.Fprintf(b, "%s  %s\n", indent, term)
	}
}

// Reads says in words what is done with each column of the table, "" if none is read.
func (t *CrossingTable) Reads() string {
	var out []string
	for i, u := range t.Uses {
		if i > 0 && t.Uses[i-1].Column == u.Column {
			out[len(out)-1] += " and " + u.Use
			continue
		}
		out = append(out, u.Column+" as "+u.Use)
	}
	return strings.Join(out, ", ")
}
