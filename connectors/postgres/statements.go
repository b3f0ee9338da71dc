package postgres

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

const (
	maxStatements = 256      // prepared statements kept per connection
	maxKeptSQL    = 64 << 10 // longer texts are not worth the memory on both sides
)

// wireColumn is what the server says about a result column.
type wireColumn struct {
	name string
	oid  uint32
}

// prepared is one statement prepared on one connection.
type prepared struct {
	name    string // "" for the unnamed statement
	sql     string
	ready   bool // parsed and described by the server
	parsed  bool
	columns []wireColumn
	used    uint64
}

// statements is a connection's least-recently-used cache of prepared statements.
type statements struct {
	bySQL map[string]*prepared
	clock uint64
	// stale are statements that the server may still hold and nobody needs.
	stale []string

	// The statement whose Parse is under way, and how many ParseComplete come before its own.
	preparing *prepared
	awaiting  int
}

func newStatements() *statements { return &statements{bySQL: map[string]*prepared{}} }

// use returns the statement for sql, to be parsed first unless ready, and the names of statements to close. Before it, others
// are parsed of which nothing is kept.
func (s *statements) use(sql string, before int) (*prepared, []string) {
	s.clock++
	s.preparing, s.awaiting = nil, before
	if p, ok := s.bySQL[sql]; ok {
		p.used = s.clock
		return p, nil
	}
	p := &prepared{sql: sql, used: s.clock}
	s.preparing = p
	if len(sql) > maxKeptSQL {
		return p, nil
	}
	p.name = "atoll_" + strconv.FormatUint(s.clock, 10)
	for len(s.bySQL) >= maxStatements {
		s.forget(s.oldest())
	}
	stale := s.stale
	s.stale = nil
	return p, stale
}

func (s *statements) oldest() *prepared {
	var oldest *prepared
	for _, p := range s.bySQL {
		if oldest == nil || p.used < oldest.used {
			oldest = p
		}
	}
	return oldest
}

// forget drops a statement, to be closed at the server when the next one is prepared.
func (s *statements) forget(p *prepared) {
	delete(s.bySQL, p.sql)
	s.stale = append(s.stale, p.name)
}

// parsed notes a ParseComplete.
func (s *statements) parsed() {
	if s.awaiting > 0 {
		s.awaiting--
		return
	}
	if s.preparing != nil {
		s.preparing.parsed = true
	}
}

// described notes what Describe answered; a nil body means that the statement returns no rows.
func (s *statements) described(body []byte) error {
	p := s.preparing
	if p == nil || !p.parsed {
		return nil
	}
	columns, err := parseRowDescription(body)
	if err != nil {
		return err
	}
	p.columns, p.ready = columns, true
	if p.name != "" {
		s.bySQL[p.sql] = p
	}
	s.preparing = nil
	return nil
}

// failed notes an error: what was under way will not complete.
func (s *statements) failed() { s.preparing = nil }

// parseRowDescription reads names and types of the result columns.
func parseRowDescription(body []byte) ([]wireColumn, error) {
	if body == nil {
		return nil, nil
	}
	if len(body) < 2 {
		return nil, errMalformed
	}
	n := int(binary.BigEndian.Uint16(body))
	body = body[2:]
	if n > len(body)/19 { // a column takes 19 bytes at least
		return nil, errMalformed
	}
	columns := make([]wireColumn, 0, n)
	for range n {
		end := bytes.IndexByte(body, 0)
		if end < 0 || len(body) < end+19 {
			return nil, errMalformed
		}
		columns = append(columns, wireColumn{
			name: string(body[:end]), oid: binary.BigEndian.Uint32(body[end+7:])})
		body = body[end+19:]
	}
	return columns, nil
}
