package atoll

import (
	"fmt"
	"strings"
	"time"
)

// Text shows the explanation for people.
func (x *Explanation) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "coordinator (%s), planned in %s\n", x.Coordinator.Region, x.Planning.Round(time.Microsecond))
	for _, l := range x.Lookups {
		fmt.Fprintf(&b, "  %s\n", l)
	}
	for _, s := range x.Steps {
		fmt.Fprintf(&b, "  %s\n    %s\n", s.Head, strings.Join(s.Tree, "\n    "))
	}
	for _, l := range x.Coordinator.Tree {
		b.WriteString("  " + l + "\n")
	}
	for _, a := range x.Approximations {
		fmt.Fprintf(&b, "  %s\n", a)
	}
	for i := range x.Fragments {
		x.fragmentText(&b, &x.Fragments[i])
	}
	if a := x.Analyzed; a != nil {
		fmt.Fprintf(&b, "\nanswered: %s in %s; slowest shard: %s\n", counted(a.Rows, "row"), a.Total.Round(time.Microsecond), a.Slowest)
		if a.Completeness != nil {
			b.WriteString(a.Completeness.Text() + "\n")
		}
	}
	return b.String()
}

func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (x *Explanation) fragmentText(b *strings.Builder, f *ExplainFragment) {
	est := "an unknown number of rows"
	if f.EstimatedRows >= 0 {
		est = "about " + counted(f.EstimatedRows, "row")
	}
	fmt.Fprintf(b, "\nfragment %d: %s; %s from each shard\n", f.ID, f.Why, est)
	cols := make([]string, len(f.Columns))
	for i, c := range f.Columns {
		cols[i] = c.Name + " " + c.Type
	}
	fmt.Fprintf(b, "  columns: %s\n", strings.Join(cols, ", "))
	for i, s := range f.Shards {
		fmt.Fprintf(b, "  %s (%s, %s → %s)\n", s.Shard, s.Driver, s.From, s.To)
		if a := s.Actual; a != nil {
			fmt.Fprintf(b, "    actual: %s, %d bytes, first batch after %s, done after %s, %s\n", counted(a.Rows, "row"), a.Bytes,
				a.FirstBatch.Round(time.Microsecond), a.Total.Round(time.Microsecond), counted(int64(a.RoundTrips), "round trip"))
		}
		if a := s.Actual; a != nil && (a.Replica != "" || a.Attempts > 1) {
			b.WriteString("    " + servedText(a) + "\n")
		}
		for _, r := range s.Replicas {
			b.WriteString("    " + r.text() + "\n")
		}
		for i := range x.Crossings {
			if c := &x.Crossings[i]; c.Fragment == f.ID && c.Shard == s.Shard {
				c.text(b, "    ")
			}
		}
		if i+1 == len(f.Shards) || f.Shards[i+1].SQL != s.SQL { // shards in a row that run the same text show it once
			fmt.Fprintf(b, "    %s\n", s.SQL)
		}
	}
	if len(f.Pruned) > 0 {
		fmt.Fprintf(b, "  not asked, no row can match: %s\n", strings.Join(f.Pruned, ", "))
	}
	if len(f.Missing) > 0 {
		fmt.Fprintf(b, "  left out, did not answer: %s\n", strings.Join(f.Missing, ", "))
	}
}

// servedText says who answered, where it was not the shard's own server at once.
func servedText(a *ExplainActual) string {
	text := "answered by the shard's own server"
	if a.Replica != "" {
		text = fmt.Sprintf("answered by replica %s in %s", a.Replica, a.Region)
	}
	if a.Attempts > 1 {
		text += ", begun " + counted(int64(a.Attempts), "time")
	}
	if a.Hedged {
		text += ", hedged"
	}
	return text
}

func (r ExplainReplica) text() string {
	if r.Refused != "" {
		return fmt.Sprintf("replica %s (%s) may not be read: %s", r.Replica, r.Region, r.Refused)
	}
	return fmt.Sprintf("replica %s (%s) may be read", r.Replica, r.Region)
}
