package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/shardmap/store"
)

// lockKey is the advisory lock under which maps are changed, so that who makes the table does so alone. Its value is arbitrary: "atollmap" in ASCII.
const lockKey = 0x61746f6c6c6d6170

// channel is where changes are told, with the map's name.
const channel = "atoll_map"

// Swap implements [store.Store]. Version and notification become visible together, and outlive a crash of the server even where its default is
// to commit without waiting for the disk.
func (s *Store) Swap(ctx context.Context, old uint64, doc store.Document) error {
	ctx, cancel := s.within(ctx)
	defer cancel()
	if err := store.CheckSwap(old, doc, s.String()); err != nil {
		return err
	}
	// It begins with a question that may be repeated, so that the transaction finds a connection that is alive.
	err := s.primary.use(ctx, func(ctx context.Context, conn *pgconn.PgConn) error { return conn.Ping(ctx) })
	if err == nil {
		tried := false
		err = s.primary.use(ctx, func(ctx context.Context, conn *pgconn.PgConn) error {
			if tried {
				return &serverError{server: s.primary.name, text: "the connection broke during the change: load the map to see whether it took effect"}
			}
			tried = true
			return s.transaction(ctx, conn, old, doc)
		})
	}
	switch sqlState(err) {
	case uniqueViolation:
		err = s.conflict(old)
	case undefinedTable:
		err = fmt.Errorf("%w: there is no such table", s.conflict(old))
	}
	return s.named(err)
}

func (s *Store) conflict(old uint64) error {
	return fmt.Errorf("%w: it is not at version %d", store.ErrConflict, old)
}

// transaction writes a version if the newest one is old. A transaction that an error leaves open ends with its connection.
func (s *Store) transaction(ctx context.Context, conn *pgconn.PgConn, old uint64, doc store.Document) error {
	begin := fmt.Sprintf(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock(%d);
		SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`, lockKey)
	if _, err := conn.Exec(ctx, begin).ReadAll(); err != nil {
		return err
	}
	if old == 0 {
		if err := s.makeTable(ctx, conn); err != nil {
			return err
		}
	}
	insert := `INSERT INTO ` + s.table + ` (name, version, document) SELECT $1, $2, $3
		WHERE coalesce((SELECT max(version) FROM ` + s.table + ` WHERE name = $1), 0) = $4`
	result := conn.ExecParams(ctx, insert, [][]byte{[]byte(s.name), number(doc.Version), doc.Text, number(old)},
		[]uint32{textOID, int8OID, textOID, int8OID}, nil, nil).Read()
	if result.Err != nil {
		return result.Err
	}
	if result.CommandTag.RowsAffected() != 1 {
		if _, err := conn.Exec(ctx, "ROLLBACK").ReadAll(); err != nil {
			return err
		}
		return s.conflict(old)
	}
	if _, err := one(conn.ExecParams(ctx, "SELECT pg_notify($1, $2)", [][]byte{[]byte(channel), []byte(s.name)}, []uint32{textOID, textOID}, nil, nil)); err != nil {
		return err
	}
	done, err := conn.Exec(ctx, "COMMIT").ReadAll()
	if err == nil && (len(done) != 1 || done[0].CommandTag.String() != "COMMIT") {
		err = &serverError{server: s.primary.name, text: "the transaction was rolled back"}
	}
	return err
}

// OIDs of parameters' types.
const (
	textOID = 25
	int8OID = 20
)

func number(n uint64) []byte { return strconv.AppendUint(nil, n, 10) }

// makeTable makes the table if it is missing. It looks first, since CREATE TABLE IF NOT EXISTS asks for a permission that it may not need.
func (s *Store) makeTable(ctx context.Context, conn *pgconn.PgConn) error {
	row, err := one(conn.ExecParams(ctx, "SELECT to_regclass($1) IS NULL", [][]byte{[]byte(s.table)}, []uint32{textOID}, nil, nil))
	if err != nil || len(row) == 1 && string(row[0]) != "t" {
		return err
	}
	create := `CREATE TABLE ` + s.table + ` (name text, version bigint CHECK (version > 0), document text NOT NULL, changed_at timestamptz NOT NULL DEFAULT now(),
		PRIMARY KEY (name, version))`
	_, err = conn.Exec(ctx, create).ReadAll()
	return err
}
