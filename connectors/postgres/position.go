package postgres

import (
	"context"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// positionSQL asks where the end of the write-ahead log is, at a replica how far that has been replayed. On a primary it is where the next record goes, which
// is behind everything committed, flushed or not. That may be just after the header of a page or of a segment, which no record ends with: a
// replica that has all before the header has all.
//
// A log is the cluster's identity and its timeline, which a failover changes. A replica tells that of its last checkpoint, and so is taken for one of the
// primary before until it has replayed one of the new primary's.
//
// https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-BACKUP, …#FUNCTIONS-RECOVERY-CONTROL, functions-info.html#FUNCTIONS-INFO-CONTROLDATA
const positionSQL = `SELECT r.standby, s.system_identifier::text,
  CASE WHEN r.standby THEN (SELECT c.timeline_id::int8 FROM pg_catalog.pg_control_checkpoint() c)
    ELSE ('x' || left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 8))::bit(32)::int8 END,
  (CASE WHEN r.standby THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_insert_lsn() END - '0/0'::pg_lsn)::int8,
  current_setting('wal_block_size')::int8, pg_catalog.pg_size_bytes(current_setting('wal_segment_size'))
FROM (SELECT pg_catalog.pg_is_in_recovery() AS standby) r, pg_catalog.pg_control_system() s`

// The headers of a page of the log, and of the first one of a segment: XLogShortPHD and XLogLongPHD of PostgreSQL's xlog_internal.h, aligned.
const (
	pageHeader    = 24
	segmentHeader = 40
)

// Position implements [connectors.Positioned].
func (s *shard) Position(ctx context.Context) (connectors.Position, error) {
	fields := []arrow.Field{boolField("standby"), textField("identity"), intField("timeline"), intField("position"), intField("page"), intField("segment")}
	var at connectors.Position
	known := false
	err := s.ask(ctx, positionSQL, fields, nil, func(r row) {
		if r.null(0) || r.null(1) || r.null(2) || r.null(3) {
			return // a replica that has replayed nothing so far
		}
		known = true
		at = connectors.Position{Replica: r.bool(0), Log: r.text(1) + " timeline " + strconv.FormatInt(r.int(2), 10), Offset: uint64(r.int(3))}
		if !at.Replica {
			at.Offset = withoutHeader(at.Offset, uint64(r.int(4)), uint64(r.int(5)))
		}
	})
	if err == nil && !known {
		err = connectors.NewError(s.name, connectors.ClassSchema, "", "the server does not tell its position in the write-ahead log", nil)
	}
	return at, err
}

// withoutHeader is the end of the record before a position, if that is just behind a header.
func withoutHeader(at, page, segment uint64) uint64 {
	switch {
	case segment > 0 && at%segment == segmentHeader:
		return at - segmentHeader
	case page > 0 && at%page == pageHeader && (segment == 0 || at%segment != pageHeader):
		return at - pageHeader
	}
	return at
}
