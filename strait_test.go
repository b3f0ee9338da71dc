package atoll

import (
	"net/url"
	"testing"

	"github.com/atoll-sql/atoll/internal/faultproxy"
	"github.com/atoll-sql/atoll/internal/pgtest"
	"github.com/atoll-sql/atoll/internal/tdstest"
)

// strait stands between engine and server: what passes it is at the mercy of faults.
type strait struct {
	*faultproxy.Proxy
	t *testing.T
}

// newStrait leads to a PostgreSQL server.
func newStrait(t *testing.T, server *pgtest.Cluster) *strait {
	t.Helper()
	u, err := url.Parse(server.DSN)
	if err != nil {
		t.Fatal(err)
	}
	return straitTo(t, faultproxy.Options{Network: "unix", Address: u.Query().Get("host") + "/.s.PGSQL." + u.Query().Get("port"), Seed: 1})
}

// newStraitTDS leads to a SQL Server.
func newStraitTDS(t *testing.T, server *tdstest.Server) *strait {
	t.Helper()
	return straitTo(t, faultproxy.Options{Network: "tcp", Address: server.Addr(), Seed: 1})
}

func straitTo(t *testing.T, o faultproxy.Options) *strait {
	t.Helper()
	p, err := faultproxy.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return &strait{p, t}
}

// dsn leads to a PostgreSQL database through the strait.
func (x *strait) dsn(db string) string {
	return "postgres://" + pgtest.User + "@" + x.Addr() + "/" + db + "?sslmode=disable"
}

// dsnTDS leads to a SQL Server through the strait.
func (x *strait) dsnTDS(server *tdstest.Server, pairs ...string) string {
	x.t.Helper()
	u, err := url.Parse(server.DSNWith(pairs...))
	if err != nil {
		x.t.Fatal(err)
	}
	u.Host = x.Addr()
	return u.String()
}

// set puts faults in the place of those in force.
func (x *strait) set(f faultproxy.Faults) {
	x.t.Helper()
	if err := x.Set(f); err != nil {
		x.t.Fatal(err)
	}
}

func (x *strait) up() { x.t.Helper(); x.set(faultproxy.Faults{}) }

// down refuses new connections and cuts those that there are.
func (x *strait) down() {
	x.t.Helper()
	x.set(faultproxy.Faults{Refuse: true})
	x.Cut()
}
