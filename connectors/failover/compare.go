package failover

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// compareEvery is how long a replica that was found to be like the primary is taken to be so.
const compareEvery = time.Minute

// looks is what plans know of a server: statements made for one server run on another only if both look alike.
type looks struct {
	caps   connectors.Capabilities
	tables map[string]connectors.Table
	names  []string // those asked for
}

func look(ctx context.Context, c connectors.Connector, names []string) (*looks, error) {
	caps, err := c.Calibrate(ctx)
	if err != nil {
		return nil, err
	}
	l := &looks{caps: caps, tables: map[string]connectors.Table{}, names: names}
	if len(names) == 0 {
		return l, nil
	}
	found, err := c.Describe(ctx, names)
	for _, t := range found {
		l.tables[t.Name] = t
	}
	return l, err
}

// due reports whether a replica is to be compared with the primary.
func (srv *server) due(now time.Time) bool {
	k := srv.known()
	return !k.alike || now.Sub(k.compared) >= compareEvery || !slices.Equal(k.tables, srv.shard.expect())
}

// compare finds out whether a replica is like the primary; while that does not answer, like it was when it was last asked. A replica that answers before the
// primary ever did is taken as it is: what is known of the shard is then known from it.
func (s *Shard) compare(ctx context.Context, srv *server) error {
	names := slices.Clone(s.expect())
	want := s.reference.Load()
	if s.servers[0].breaker.closed() {
		now, err := look(ctx, s.servers[0].Conn, names)
		if err == nil {
			want = now
			s.reference.Store(now)
		} else if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	have, err := look(ctx, srv.Conn, names)
	if err != nil {
		return err
	}
	text := ""
	if want != nil && slices.Equal(want.names, names) {
		text = want.difference(have)
	}
	srv.learn(func(k *standing) {
		k.alike, k.differs, k.compared, k.tables = text == "", text, s.clock.Now(), names
	})
	return nil
}

// difference says in what a replica is unlike its primary; "" if in nothing that matters to statements.
func (l *looks) difference(r *looks) string {
	p, q := l.caps, r.caps
	switch {
	case p.Dialect != q.Dialect:
		return fmt.Sprintf("its engine is another one: it speaks %s, the primary %s", q.Dialect, p.Dialect)
	case p.BinaryCollation != q.BinaryCollation:
		return "its database has another collation than the primary's"
	case p.FoldedNames != q.FoldedNames:
		return "it tells upper from lower case in names otherwise than the primary"
	case !slices.Equal(p.Missing, q.Missing):
		return fmt.Sprintf("it lacks other features than the primary: %s, the primary %s", listed(q.Missing), listed(p.Missing))
	}
	for _, name := range l.names {
		t, has := l.tables[name]
		u, had := r.tables[name]
		switch {
		case has && !had:
			return fmt.Sprintf("table %q is missing", name)
		case !has && had:
			return fmt.Sprintf("table %q is not on the primary", name)
		}
		if text := columnsDiffer(t, u); text != "" {
			return fmt.Sprintf("table %q: %s", name, text)
		}
	}
	return ""
}

func listed(features []string) string {
	if len(features) == 0 {
		return "none"
	}
	return strings.Join(features, ", ")
}

// columnsDiffer says in what two tables' columns differ, whatever their order.
func columnsDiffer(t, u connectors.Table) string {
	have := map[string]connectors.Column{}
	for _, c := range u.Columns {
		have[c.Name] = c
	}
	for _, c := range t.Columns {
		o, ok := have[c.Name]
		delete(have, c.Name)
		switch {
		case !ok:
			return fmt.Sprintf("column %q is missing", c.Name)
		case o.Type != c.Type || o.Native != c.Native:
			return fmt.Sprintf("column %q is %s, on the primary %s", c.Name, o.Native, c.Native)
		case o.NotNull != c.NotNull:
			return fmt.Sprintf("column %q may be NULL on one of the servers only", c.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		return fmt.Sprintf("column %q is not on the primary", name)
	}
	return ""
}
