package logictest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// caseTimeout bounds one statement on one side.
const caseTimeout = 60 * time.Second

// shownSQL bounds how much of a statement a failure shows, in bytes.
const shownSQL = 2000

// Ask runs one statement on the side under test. Args are int64, bool, string or nil, without a type of their own.
type Ask func(ctx context.Context, sql string, args []any) (Answer, error)

// Oracle is one PostgreSQL that holds all the rows. It remembers its answers, so that several runs ask it once
// per case. It is safe for concurrent use; statements run one at a time.
type Oracle struct {
	mu   sync.Mutex
	conn *pgx.Conn
	past map[string]outcome
	// order compares values; nil until it is first asked.
	order func(ctx context.Context, typ, a, b string) (int, error)
}

type outcome struct {
	answer Answer
	err    error
}

// NewOracle fills the empty database behind conn with all rows and returns the oracle. The connection is the
// oracle's from then on; the caller closes it at the end.
func NewOracle(ctx context.Context, conn *pgx.Conn, d *Dataset, l Layout) (*Oracle, error) {
	if _, err := conn.Exec(ctx, sessionSettings); err != nil {
		return nil, err
	}
	if err := d.LoadOracle(ctx, conn, l); err != nil {
		return nil, err
	}
	return &Oracle{conn: conn, past: map[string]outcome{}}, nil
}

// Answer returns the oracle's answer to a case, or the error PostgreSQL raised.
func (o *Oracle) Answer(ctx context.Context, c Case) (Answer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := c.File + "/" + c.Name
	if past, known := o.past[key]; known {
		return past.answer, past.err
	}
	answer, err := o.ask(ctx, c)
	if err == nil || sqlState(err) != "" {
		o.past[key] = outcome{answer, err}
	}
	return answer, err
}

func (o *Oracle) ask(ctx context.Context, c Case) (Answer, error) {
	schema := plainSchema
	if c.Pseudo {
		schema = pseudoSchema
	}
	if _, err := o.conn.Exec(ctx, "set search_path = "+schema); err != nil {
		return Answer{}, err
	}
	return FromPostgres(ctx, o.conn, c.SQL, c.Args)
}

// Runner compares one configuration with the oracle.
type Runner struct {
	Oracle *Oracle
	// Config is the name of the configuration that directives refer to: "postgres", "duckdb", "mixed", "hostile",
	// "sqlserver", "pgsqlserver", ….
	Config string
	Ask    Ask
	// SQLState finds the SQLSTATE of an error of Ask; nil takes the first error in the chain with a method
	// SQLState() string.
	SQLState func(error) string
	// Off reports that a rule is switched off, nil that none is.
	Off func(rule string) bool
	// SkipPseudo leaves out the cases on atoll_shard and atoll_region, for a layout other than the oracle's.
	SkipPseudo bool
	// Reduced says that the oracle holds less than the whole data set. An error that a case states may then be missing,
	// with the row that raises it; the answers must be equal all the same.
	Reduced bool
	// Unreadable are the columns that the layout cannot read. A case that touches one must be refused for it.
	Unreadable []Unreadable
}

// Run runs every case as a subtest named file/case. A case skipped in this configuration shows its reason.
func (r Runner) Run(t *testing.T, files []File) {
	t.Helper()
	if n := r.refusals(files); n > maxRefusals {
		t.Errorf("%d cases touch a column that the layout cannot read: too many to test anything", n)
	}
	for _, file := range files {
		t.Run(file.Name, func(t *testing.T) {
			for _, c := range file.Cases {
				t.Run(c.Name, func(t *testing.T) { r.one(t, c) })
			}
		})
	}
}

func (r Runner) one(t *testing.T, c Case) {
	if reason := c.Skipped(r.Config); reason != "" {
		t.Skip(reason)
	}
	if c.Pseudo && r.SkipPseudo {
		t.Skip("the oracle's rows are placed for another layout")
	}
	ctx, cancel := context.WithTimeout(t.Context(), caseTimeout)
	defer cancel()
	if err := r.check(ctx, c); err != nil {
		t.Errorf("testdata/logic/%s.test:%d: %v\n%s", c.File, c.Line, err, c.SQL[:min(len(c.SQL), shownSQL)])
	}
}

// check asks both sides and returns what is wrong with the answer under test, or with the case itself.
func (r Runner) check(ctx context.Context, c Case) error {
	if touched := r.touched(c); len(touched) > 0 {
		return r.checkRefusal(ctx, c, touched)
	}
	want, err := r.Oracle.Answer(ctx, c)
	wantState := c.SQLState
	switch state := sqlState(err); {
	case err == nil || state != "" && state == c.SQLState:
	case state == undefinedColumn && r.Reduced:
		wantState = undefinedColumn // no shard of the layout has it
	default:
		return fmt.Errorf("the oracle: %w", err)
	}
	if err == nil && c.SQLState != "" {
		if !r.Reduced {
			return fmt.Errorf("the oracle answers, but the case expects the error %s", c.SQLState)
		}
		wantState = ""
	}
	got, err := r.Ask(ctx, c.SQL, c.Args)
	if err != nil && c.Needs != "" && r.Off != nil && r.Off(c.Needs) {
		return nil
	}
	if c.Refused != "" && wantState != undefinedColumn && (err != nil || !r.Reduced) {
		wantState = c.Refused
	}
	if wantState == "" {
		if err != nil {
			return fmt.Errorf("failed: %w", err)
		}
		return Compare(c, want, got)
	}
	if err == nil {
		return fmt.Errorf("answered with %d rows, want the error %s", len(got.Rows), wantState)
	}
	if found := r.stateOf(err); found != wantState {
		return fmt.Errorf("failed with SQLSTATE %q, want %s: %w", found, wantState, err)
	}
	return nil
}

// undefinedColumn is the SQLSTATE of a name that no column has.
const undefinedColumn = "42703"

func (r Runner) stateOf(err error) string {
	if r.SQLState != nil {
		return r.SQLState(err)
	}
	return sqlState(err)
}

// maxRefusals bounds the cases that a layout may refuse for columns it cannot read.
const maxRefusals = 40

func (r Runner) refusals(files []File) int {
	n := 0
	for _, f := range files {
		for _, c := range f.Cases {
			if c.Skipped(r.Config) == "" && len(r.touched(c)) > 0 {
				n++
			}
		}
	}
	return n
}

// touched lists the unreadable columns that a case reads.
func (r Runner) touched(c Case) []Unreadable {
	return slices.DeleteFunc(slices.Clone(r.Unreadable), func(u Unreadable) bool { return !u.touches(c.SQL) })
}

// checkRefusal holds the refusal of a case to the columns it touches.
func (r Runner) checkRefusal(ctx context.Context, c Case, touched []Unreadable) error {
	got, err := r.Ask(ctx, c.SQL, c.Args)
	if err == nil {
		return fmt.Errorf("answered with %d rows, although it reads %s.%s", len(got.Rows), touched[0].Table, touched[0].Column)
	}
	if !slices.ContainsFunc(touched, func(u Unreadable) bool { return u.refuses(r.stateOf(err), err.Error()) }) {
		return fmt.Errorf("refused, but not by the name of what it cannot read (%v): %w", touched, err)
	}
	return nil
}

// sqlState returns the SQLSTATE that an error in the chain carries, or "".
func sqlState(err error) string {
	var stated interface{ SQLState() string }
	if errors.As(err, &stated) {
		return stated.SQLState()
	}
	return ""
}
