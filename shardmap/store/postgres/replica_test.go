package postgres

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/shardmap/store/storetest"
)

// twins opens a map whose replica, in the region eu, is a table on another server that the test fills by hand.
func twins(t *testing.T, o Options) (*Store, *[]string) {
	o.DSN, o.Region, o.Replicas = database(t, 0), "us", []Replica{{DSN: database(t, 1), Region: "eu"}}
	run(t, 1, "CREATE TABLE atoll_map (name text, version bigint, document text)")
	s := open(t, o)
	var from []string
	s.readFrom = func(server string) { from = append(from, server) }
	for _, server := range s.servers {
		server.trip, server.measured = time.Millisecond, time.Now()
	}
	return s, &from
}

func replicate(t *testing.T, version uint64, text string) {
	t.Helper()
	run(t, 1, fmt.Sprintf("INSERT INTO atoll_map VALUES ('default', %d, '%s')", version, text))
}

const primary, replica = "its primary", "its replica 1"

func readFrom(t *testing.T, from *[]string, want ...string) {
	t.Helper()
	if !slices.Equal(*from, want) {
		t.Errorf("read from %v; want %v", *from, want)
	}
	*from = nil
}

func TestTheNearestServerIsRead(t *testing.T) {
	s, from := twins(t, Options{Reader: "eu"})
	swap(t, s, 1)
	replicate(t, 1, string(storetest.Text(1, "x")))
	holds(t, s, 1)
	readFrom(t, from, replica)
	holds(t, s, 1)
	readFrom(t, from) // a text that is known is not read again
}

func TestNoServerOfTheRegionTheNextByRoundTrip(t *testing.T) {
	s, from := twins(t, Options{Reader: "br"})
	swap(t, s, 1)
	replicate(t, 1, string(storetest.Text(1, "x")))
	s.servers[0].trip = time.Second
	holds(t, s, 1)
	readFrom(t, from, replica)
	swap(t, s, 2)
	s.servers[0].trip, s.servers[1].trip = time.Millisecond, time.Second
	holds(t, s, 2)
	readFrom(t, from, primary)
}

// Whatever a replica holds, the answer is what the primary says.
func TestReplicasProveNothing(t *testing.T) {
	s, from := twins(t, Options{Reader: "eu"})
	swap(t, s, 1)
	holds(t, s, 1)
	readFrom(t, from, replica, primary) // it has nothing yet
	replicate(t, 1, string(storetest.Text(1, "x")))
	swap(t, s, 2)
	holds(t, s, 2)
	readFrom(t, from, replica, primary) // it lags
	swap(t, s, 3)
	replicate(t, 3, string(storetest.Text(3, "another text")))
	holds(t, s, 3)
	readFrom(t, from, replica, primary) // it differs
	replicate(t, 9, string(storetest.Text(9, "x")))
	holds(t, s, 3) // it is ahead
	swap(t, s, 4)
	run(t, 1, "DROP TABLE atoll_map")
	holds(t, s, 4)
	readFrom(t, from, replica, primary)
}

func TestReplicaThatIsDown(t *testing.T) {
	s := open(t, Options{DSN: database(t, 0), Reader: "eu", Replicas: []Replica{{DSN: "host=/none", Region: "eu"}}})
	var from []string
	s.readFrom = func(server string) { from = append(from, server) }
	swap(t, s, 1)
	holds(t, s, 1)
	readFrom(t, &from, primary)
	if s.servers[1].trip != unreachable || s.servers[0].trip == unreachable {
		t.Errorf("measured %s and %s", s.servers[0].trip, s.servers[1].trip)
	}
}

// Without the primary nobody can say what is the newest, however many replicas there are.
func TestWithoutThePrimaryNothingIsServed(t *testing.T) {
	good := database(t, 1)
	writer := open(t, Options{DSN: good})
	swap(t, writer, 1)
	s := open(t, Options{DSN: "host=/none", Replicas: []Replica{{DSN: good}}})
	if doc, err := s.Load(t.Context()); err == nil {
		t.Errorf("served version %d", doc.Version)
	}
}
