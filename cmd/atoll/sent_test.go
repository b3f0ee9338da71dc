package main

import (
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll"
)

func TestSentNamesEveryRegion(t *testing.T) {
	got := sent(&atoll.QueryStats{
		Planning: 1500 * time.Microsecond, Total: 250 * time.Millisecond,
		Shards: []atoll.ShardStats{
			{Shard: "eu-1", Region: "eu-central-1", Rows: 2806, Bytes: 236_100, Total: 40 * time.Microsecond},
			{Shard: "br-1", Region: "brazilsouth", Pruned: true},
			{Shard: "other", Region: "mars", Rows: 1, Bytes: 8, Total: 12 * time.Second},
		},
	})
	want := strings.TrimPrefix(`
What each region sent (answered in 250 ms, of which 1.5 ms planning):
  shard  region                    rows     bytes       time
  eu-1   eu-central-1  Frankfurt  2,806  236.1 kB    <0.1 ms
  br-1   brazilsouth   São Paulo                   not asked
  other  mars                         1       8 B     12.0 s
`, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEstimatesThatAreUnknownStayUnknown(t *testing.T) {
	s := atoll.ShardStatus{Tables: []atoll.TableStatus{{Table: "a", Rows: -1, Bytes: -1}, {Table: "b", Rows: 1200, Bytes: -1}}}
	if rows, bytes := held(s); rows != "1,200" || bytes != "" {
		t.Errorf("%q rows, %q bytes", rows, bytes)
	}
}

// A message may hold names from a query or a shard; none of it may reach the terminal as a command.
func TestMessagesCannotDriveTheTerminal(t *testing.T) {
	err := withSQL(&atoll.Error{Text: "table \"\x1b[2J\" does not exist", Pos: 14}, "SELECT *\nFROM\t\"\x1b[2J\"")
	got := message(err)
	if strings.ContainsAny(got, "\x1b\t") || !strings.Contains(got, "line 2") || !strings.Contains(got, "^") {
		t.Errorf("got %q", got)
	}
}
