package postgres

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// limitGrace is how much later than the coordinator the server ends a statement at its deadline: the coordinator stops it first as long as it
	// lives, with a word of its own, and the server's clock is never that far off in how long a time takes.
	limitGrace = 500 * time.Millisecond
	// limitStep is what the limits of single statements are rounded up to.
	limitStep = 100 * time.Millisecond
)

// watchful are parameters of a session by which the server finds out that the coordinator is gone, and ends its transactions: within a minute
// where its machine went, within ten seconds where only its process did. tcp_user_timeout is not among them, for the kernel counts the time in which a
// slow consumer makes the server wait as if nobody were there; nor is idle_in_transaction_session_timeout, for a snapshot's first session
// waits for as long as its query takes.
var watchful = map[string]string{
	"tcp_keepalives_idle":              "30",
	"tcp_keepalives_interval":          "10",
	"tcp_keepalives_count":             "3",
	"client_connection_check_interval": "10s",
}

const statementTimeout = "statement_timeout"

// timeouts are the limits that a shard's sessions have at the server.
type timeouts struct {
	session time.Duration // of every statement; 0 means that the server's own holds
	// framed says that a session does not have the limit, because somebody on the way refuses it or keeps it to themselves: each statement brings
	// it along.
	framed atomic.Bool

	mu      sync.Mutex
	refused map[string]bool // parameters that are not sent any more
}

// adorn adds the parameters to those that a session is begun with. What the DSN says of watching stays; the limit of statements is the configuration's.
func (t *timeouts) adorn(params map[string]string) {
	for name, value := range watchful {
		if _, given := params[name]; !given {
			params[name] = value
		}
	}
	if t.session > 0 {
		params[statementTimeout] = milliseconds(t.session)
	}
}

// optional reports a parameter that a session can do without.
func optional(name string) bool { return watchful[name] != "" || name == statementTimeout }

// without is the configuration less the parameters that were refused.
func (t *timeouts) without(cfg *pgconn.Config) *pgconn.Config {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.refused) == 0 {
		return cfg
	}
	less := *cfg
	less.RuntimeParams = maps.Clone(cfg.RuntimeParams)
	for name := range t.refused {
		delete(less.RuntimeParams, name)
	}
	return &less
}

// refuses learns from a failure to connect which parameters the server, being too old, or a pooler before it does not take, and reports whether
// to try again without them. A server names the one that it does not know; a pooler complains of one after the other, so all go at once.
func (t *timeouts) refuses(cfg *pgconn.Config, failure error) bool {
	var pe *pgconn.PgError
	if !errors.As(failure, &pe) || pe.Code != "42704" && pe.Code != "08P01" {
		return false
	}
	named := false
	for name := range cfg.RuntimeParams {
		named = named || optional(name) && strings.Contains(pe.Message, name)
	}
	if !named {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refused == nil {
		t.refused = map[string]bool{}
	}
	for name := range cfg.RuntimeParams {
		if optional(name) && (pe.Code == "08P01" || strings.Contains(pe.Message, name)) {
			t.refused[name] = true
		}
	}
	if t.refused[statementTimeout] {
		t.framed.Store(true)
	}
	return true
}

// limit is what a statement that begins now brings along as its limit: none where the session's is as good. Set is true on a connection whose open
// transaction has another limit from a statement before.
func (t *timeouts) limit(ctx context.Context, set bool) (sql string, limit time.Duration) {
	limit = t.session
	own := t.framed.Load() && limit > 0
	if at, ok := ctx.Deadline(); ok {
		left := max(time.Until(at), 0) + limitGrace
		left = (left + limitStep - 1).Truncate(limitStep)
		if limit == 0 || left < limit {
			limit, own = left, true
		}
	}
	switch {
	case own:
		return "SET LOCAL " + statementTimeout + " TO " + milliseconds(limit), limit
	case set:
		return "SET LOCAL " + statementTimeout + " TO DEFAULT", limit
	}
	return "", limit
}

// milliseconds is a duration as the server takes it, of at least one.
func milliseconds(d time.Duration) string {
	return strconv.FormatInt(max((d+time.Millisecond-1).Milliseconds(), 1), 10)
}

// begun is how a transaction that writes begins: with the limit of statements where the session has none.
func (t *timeouts) begun(sql string) string {
	if t.session > 0 && t.framed.Load() {
		sql += "; SET LOCAL " + statementTimeout + " TO " + milliseconds(t.session)
	}
	return sql
}

// found notes the limit that a session really has, in milliseconds.
func (t *timeouts) found(reset int64) {
	if t.session > 0 && strconv.FormatInt(reset, 10) != milliseconds(t.session) {
		t.framed.Store(true)
	}
}

// text is the finding about the limit.
func (t *timeouts) text() string {
	if t.framed.Load() {
		return t.session.String() + ", set with each statement: the server or a pooler does not take it from a session"
	}
	return t.session.String() + ", set at the server"
}

// expiredError is a statement that the server ended at the limit that its session has from the configuration.
type expiredError struct {
	cause *pgconn.PgError
	limit time.Duration
}

func (e *expiredError) Error() string { return e.cause.Error() }
func (e *expiredError) Unwrap() error { return e.cause }

// expired tells, of an error of the server, whether it is the end of a statement at its limit: by the server's words, or where those are in
// another language by the time that has passed.
func expired(pe *pgconn.PgError, began time.Time, limit time.Duration) error {
	if pe.Code == "57014" && limit > 0 && time.Since(began) >= limit-limitStep {
		return &expiredError{pe, limit}
	}
	return pe
}
