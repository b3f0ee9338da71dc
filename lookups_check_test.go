package atoll

import (
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/shardmap"
)

// TestMisplacedByDirectory holds rows against what a directory lists.
func TestMisplacedByDirectory(t *testing.T) {
	p := openPort(t, "coop_directory", "none")
	found := func() string {
		t.Helper()
		all, err := p.Misplaced(t.Context(), MisplacedOptions{Tables: []string{"coops"}})
		p.must(err)
		var out []string
		for _, m := range all {
			if m.Err != nil || m.Unchecked != "" {
				t.Error(m)
			}
			out = append(out, fmt.Sprint(m.Shard, " ", m.Rows, " ", m.NullKeys, " ", m.Unlisted, " ", m.Astray))
		}
		return strings.Join(out, "; ")
	}
	// 27 is listed for a shard that there is not, 28 twice, 29 and 30 not at all: all of them may be where they are.
	if got := found(); got != "s0 10 0 2 []; s1 11 1 1 []; s2 10 0 1 []" {
		t.Error(got)
	}
	p.exec["s0"]("UPDATE coop_directory SET shard = 's1' WHERE id = 3; UPDATE coop_directory SET shard = 's0' WHERE id = 28 AND shard = 's1'")
	if got := found(); got != "s0 10 0 2 [{s1 1}]; s1 11 1 1 [{s0, s2 1}]; s2 10 0 1 []" {
		t.Error(got)
	}
	for _, c := range p.Coverage() {
		if (len(c.Open) == 1) != (c.Table == "coops" || c.Table == "accounts") {
			t.Error(c)
		}
	}
	if r, err := p.Check(t.Context()); err != nil || !r.OK() {
		t.Error(r.Problems, err)
	}
}

// TestMisplacedByACompleteDirectory finds the rows that no query by their key finds.
func TestMisplacedByACompleteDirectory(t *testing.T) {
	p := openPort(t, "{table: coop_directory, complete: true}", "none")
	all, err := p.Misplaced(t.Context(), MisplacedOptions{Tables: []string{"coops"}})
	p.must(err)
	lost := int64(0)
	for _, m := range all {
		for _, a := range m.Astray {
			if strings.Contains(a.Belongs, "does not list the key") {
				lost += a.Rows
			}
		}
	}
	if lost != 2 {
		t.Errorf("%d of 29 and 30 were found: %v", lost, all)
	}
}

// TestCheckIndexes takes entries out of indexes and counts what is missing.
func TestCheckIndexes(t *testing.T) {
	p := openPort(t, "coop_directory", "none")
	missing := func() string {
		t.Helper()
		all, err := p.CheckIndexes(t.Context())
		p.must(err)
		var out []string
		for _, r := range all {
			if r.Err != nil {
				t.Error(r.Err)
			}
			out = append(out, fmt.Sprintf("%s.%s %s %d", r.Table, r.Column, r.Index, r.Missing))
		}
		return strings.Join(out, "; ")
	}
	if got := missing(); got != "accounts.ref ref_index 0; members.email email_index 0" {
		t.Error(got)
	}
	// Of the servers; the file is the engine's while it runs. Of email_index the shards that have these members have copies.
	ref := ""
	for n := range 40 {
		if ref = fmt.Sprintf("r%d", n); p.home("ref_index", shardmap.Text(ref)) != "s1" {
			break
		}
	}
	p.exec[p.home("ref_index", shardmap.Text(ref))]("DELETE FROM ref_index WHERE ref = '" + ref + "'")
	for _, shard := range []string{"s0", "s2"} {
		p.exec[shard]("DELETE FROM email_index WHERE mail IN ('half@x', 'none@x')")
	}
	lost := 0
	p.must(p.oracle.QueryRow(t.Context(), "SELECT count(DISTINCT coop) FROM accounts WHERE ref = $1", ref).Scan(&lost))
	if got := missing(); lost == 0 || got != fmt.Sprintf("accounts.ref ref_index %d; members.email email_index 2", lost) {
		t.Error(got, lost)
	}
}

// TestIndexesOfOtherTypes are not used, and `check` says so.
func TestIndexesOfOtherTypes(t *testing.T) {
	p := openPort(t, "{table: coop_directory, shard: id, key: shard}", "none")
	if on, x := p.asked("SELECT * FROM coops WHERE id = 4"); on != "s0 s1 s2" || !strings.Contains(x.Text(), "table coop_directory has no column id of texts") {
		t.Error(x.Text())
	}
	r, err := p.Check(t.Context())
	if err != nil || r.OK() || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Text, "queries do not use table coop_directory") {
		t.Error(r.Problems, err)
	}
}
