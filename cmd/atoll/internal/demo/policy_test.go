package demo

import (
	"testing"
	"time"

	"github.com/atoll-sql/atoll/residency"
	"github.com/atoll-sql/atoll/residency/verdicts"
)

// The policy speaks of the demo's tables and columns, and says nothing that is hardly meant.
func TestPolicyFitsTheWorld(t *testing.T) {
	w := residency.World{Regions: map[string]string{}, Columns: map[string][]string{}, Coordinator: Sites[0].Region}
	for _, s := range Sites {
		w.Regions[s.Region] = s.Jurisdiction
		w.Sites = append(w.Sites, s.Region)
	}
	for name, schema := range schemas {
		w.Tables = append(w.Tables, name)
		for _, f := range schema.Fields() {
			w.Columns[name] = append(w.Columns[name], f.Name)
		}
	}
	p, err := residency.Parse([]byte(Policy()), PolicyFile, w, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	for _, warning := range p.Warnings(time.Now()) {
		t.Error(warning)
	}
	if _, err := verdicts.Parse([]byte(Verdicts()), VerdictsFile); err != nil {
		t.Error(err)
	}
}
