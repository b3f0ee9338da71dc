package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/shardmap/store"
)

// Store is a map in a table. It is safe for concurrent use.
type Store struct {
	name, table string // the table is quoted
	label       string
	primary     *server
	servers     []*server // the primary among them

	texts store.Texts
	ctx   context.Context // ends with Close
	stop  context.CancelFunc

	mu   sync.Mutex
	last known

	readFrom func(server string) // for tests; may be nil
}

// known is the text that was read last.
type known struct {
	newest
	text []byte
}

// newest is what the primary says of the newest version.
type newest struct {
	version uint64
	sum     string // SHA-256 of the text in UTF-8, in hexadecimal digits
}

var _ store.Store = (*Store)(nil)

var errClosed = errors.New("the store is closed")

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func newStore(name, schema string) *Store {
	s := &Store{name: name, table: quote(schema) + ".atoll_map", label: fmt.Sprintf("PostgreSQL table %s.atoll_map, map %q", schema, name)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// String implements [store.Store].
func (s *Store) String() string { return s.label }

// Close implements [store.Store]. It ends what is under way, but for watches, which end with their contexts.
func (s *Store) Close() error {
	s.stop()
	for _, server := range s.servers {
		server.close()
	}
	return nil
}

// within returns a context that ends with Close too.
func (s *Store) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.ctx, func() { cancel(errClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// named puts the store's name before an error.
func (s *Store) named(err error) error {
	if err == nil {
		return nil
	}
	if s.ctx.Err() != nil {
		err = errClosed
	}
	return fmt.Errorf("%s: %w", s, err)
}

// Load implements [store.Store].
func (s *Store) Load(ctx context.Context) (store.Document, error) {
	ctx, cancel := s.within(ctx)
	defer cancel()
	asOf := time.Now()
	what, err := s.ask(ctx)
	if err != nil {
		return store.Document{}, s.named(err)
	}
	text, err := s.text(ctx, what)
	if err != nil {
		return store.Document{}, s.named(err)
	}
	doc, err := s.texts.Document(text, asOf, s.String())
	if err == nil && doc.Version != what.version {
		err = fmt.Errorf("%w: %s: the row of version %d holds a text that states version %d", store.ErrBad, s, what.version, doc.Version)
	}
	if err != nil {
		return store.Document{}, err
	}
	return doc, nil
}

// ask asks the primary which version is the newest.
func (s *Store) ask(ctx context.Context) (newest, error) {
	sql := `SELECT pg_catalog.pg_is_in_recovery(), m.version, m.sum FROM (VALUES (1)) one LEFT JOIN (
		SELECT version, encode(sha256(convert_to(document, 'UTF8')), 'hex') AS sum FROM ` + s.table + ` WHERE name = $1 ORDER BY version DESC LIMIT 1) m ON true`
	var row [][]byte
	err := s.primary.use(ctx, func(ctx context.Context, conn *pgconn.PgConn) (err error) {
		row, err = one(conn.ExecParams(ctx, sql, [][]byte{[]byte(s.name)}, nil, nil, nil))
		return err
	})
	switch {
	case sqlState(err) == undefinedTable:
		return newest{}, fmt.Errorf("%w: there is no such table", store.ErrNotFound)
	case err != nil:
		return newest{}, err
	case len(row) != 3:
		return newest{}, fmt.Errorf("%s gave no answer", s.primary.name)
	case string(row[0]) != "f":
		return newest{}, fmt.Errorf("%s is a standby, which cannot say what the newest version is: let its DSN lead to the primary", s.primary.name)
	case row[1] == nil:
		return newest{}, fmt.Errorf("%w: no row has its name", store.ErrNotFound)
	}
	version, err := strconv.ParseUint(string(row[1]), 10, 63)
	if err != nil || version == 0 {
		return newest{}, fmt.Errorf("%w: a row has version %s", store.ErrBad, row[1])
	}
	return newest{version, string(row[2])}, nil
}

// one reads the only row of a result, nil if there is none.
func one(r *pgconn.ResultReader) ([][]byte, error) {
	result := r.Read()
	if result.Err != nil || len(result.Rows) == 0 {
		return nil, result.Err
	}
	return result.Rows[0], nil
}

// text returns the text of a version, from the nearest server that has it.
func (s *Store) text(ctx context.Context, what newest) ([]byte, error) {
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	if last.newest == what {
		return last.text, nil
	}
	var faults []error
	for _, server := range s.nearestFirst(ctx) {
		text, err := s.read(ctx, server, what)
		if err == nil {
			s.mu.Lock()
			s.last = known{what, text}
			s.mu.Unlock()
			return text, nil
		}
		faults = append(faults, err)
	}
	return nil, errors.Join(faults...)
}

// nearestFirst returns the servers in the order in which to ask them for a text. Those that did not answer lately are the last.
func (s *Store) nearestFirst(ctx context.Context) []*server {
	if len(s.servers) == 1 {
		return s.servers
	}
	var all sync.WaitGroup
	trips := make(map[*server]time.Duration, len(s.servers))
	var mu sync.Mutex
	for _, server := range s.servers {
		all.Go(func() {
			trip := server.distance(ctx)
			mu.Lock()
			defer mu.Unlock()
			trips[server] = trip
		})
	}
	all.Wait()
	out := slices.Clone(s.servers)
	slices.SortStableFunc(out, func(a, b *server) int {
		if down := trips[a] == unreachable; down != (trips[b] == unreachable) {
			return order(!down)
		}
		if a.near != b.near {
			return order(a.near)
		}
		return int(trips[a] - trips[b])
	})
	return out
}

func order(first bool) int {
	if first {
		return -1
	}
	return 1
}

// read reads the text of a version from a server, and checks that it is the primary's.
func (s *Store) read(ctx context.Context, from *server, what newest) ([]byte, error) {
	if from != s.primary {
		bounded, cancel := context.WithTimeout(ctx, replicaTimeout)
		defer cancel()
		ctx = bounded
	}
	if s.readFrom != nil {
		s.readFrom(from.name)
	}
	sql := `SELECT document FROM ` + s.table + ` WHERE name = $1 AND version = $2`
	var row [][]byte
	err := from.use(ctx, func(ctx context.Context, conn *pgconn.PgConn) (err error) {
		row, err = one(conn.ExecParams(ctx, sql, [][]byte{[]byte(s.name), strconv.AppendUint(nil, what.version, 10)}, nil, nil, nil))
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case len(row) != 1:
		return nil, fmt.Errorf("%s has no version %d", from.name, what.version)
	}
	sum := sha256.Sum256(row[0])
	if hex.EncodeToString(sum[:]) != what.sum {
		return nil, fmt.Errorf("%s has another text of version %d than the primary had", from.name, what.version)
	}
	return row[0], nil
}
