package atoll

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/querygen"
)

// lessLapses are the ways to fail that are tried in turn.
var lessLapses = []lapse{{kind: "refuse"}, {kind: "break", after: 1}, {kind: "break", after: 2}, {kind: "hang"}, {kind: "hang", after: 1}, {kind: "refuse", after: 1}}

// mishap is which shards fail, and what may be missing.
type mishap struct {
	faults map[string]lapse
	policy Partial
}

func (m mishap) String() string { return fmt.Sprint(m.faults, " ", m.policy) }

// newMishap is one shard that fails and sometimes two, often of an answer of which all may be missing.
func newMishap(rnd *rand.Rand) mishap {
	m := mishap{faults: map[string]lapse{}}
	for range 1 + rnd.IntN(4)/3 {
		m.faults[lessShards[rnd.IntN(3)]] = lessLapses[rnd.IntN(len(lessLapses))]
	}
	switch rnd.IntN(6) {
	case 0:
		m.policy.Quorum = 2
	case 1:
		m.policy.Required = []string{lessShards[rnd.IntN(3)]}
	}
	return m
}

var lessShards = []string{"eu-1", "br-1", "us-1"} // in the order of the map

// TestPartialRandom fails one shard or two under random statements: each answer is that of one PostgreSQL without their rows, and says so; or that of one with
// all rows, and says that; or an error that names a shard. What is said of rows and columns is true of the answer over all rows. ATOLL_PARTIAL=5000 asks for more statements, ATOLL_RANDOM_SEED for others.
func TestPartialRandom(t *testing.T) {
	count, _ := envNumber(t, "ATOLL_PARTIAL", 200)
	seed, _ := envNumber(t, "ATOLL_RANDOM_SEED", randomSeed)
	w := newWorld(t)
	layouts := map[string]*lessWorld{"mixed": newLessWorld(t, w, mixed, WithBatchRows(3)),
		"sending": newLessWorld(t, w, mixed, WithBatchRows(3), WithoutRules("estimates")),
		"hostile": newLessWorld(t, w, mixed, WithBatchRows(1), WithoutRules(everyRule()...))}
	for _, l := range layouts {
		l.quick(t)
	}
	names := []string{"mixed", "sending", "hostile"}
	seen, failed := map[string]int{}, 0
	for i := range count {
		s := uint64(seed + i)
		rnd := rand.New(rand.NewPCG(s, 1))
		name := names[rnd.IntN(len(names))]
		l := layouts[name]
		q := querygen.New(s, randomLayout{l.rig, name}.lacks).Next()
		sql, args := q.SQL()
		c := logictest.Case{File: "random", Name: fmt.Sprint(sql, args), SQL: sql, Args: args, Ordered: q.Ordered(), FloatTolerance: q.Loose()}
		what := newMishap(rnd)
		outcome, err := l.less(t.Context(), c, unchosen(q), what)
		seen[outcome]++
		if err != nil {
			t.Errorf("%s, %v, ATOLL_PARTIAL=1 ATOLL_RANDOM_SEED=%d: %v\n%s\n%v", name, what, s, err, sql, args)
			if failed++; failed > 10 {
				t.Fatal("enough")
			}
		}
	}
	held := map[string]int{}
	for _, l := range layouts {
		for rows, n := range l.held {
			held[rows] += n
		}
	}
	t.Logf("%d statements from seed %d: %v; reports held against all rows: %v", count, seed, seen, held)
	if count >= 200 && (seen["in part"] < count/10 || seen["complete"] < count/50) {
		t.Errorf("too few answers for the test to mean much: %v", seen)
	}
}

// TestPartialLogic does the same with the cases of testdata/logic, a part of them in a usual run.
func TestPartialLogic(t *testing.T) {
	w := newWorld(t)
	l := newLessWorld(t, w, mixed, WithBatchRows(2))
	l.quick(t)
	seen := map[string]int{}
	for _, f := range w.part("partial", 0, 6).files {
		for _, c := range f.Cases {
			if c.Skipped("mixed") != "" || c.Refused != "" || c.SQLState != "" {
				continue
			}
			what := newMishap(rand.New(rand.NewPCG(uint64(partOf("lapse", f.Name, c.Name, 1<<16)), 1)))
			outcome, err := l.less(t.Context(), c, nil, what)
			seen[outcome]++
			if err != nil {
				t.Errorf("%s/%s, %v: %v\n%s", f.Name, c.Name, what, err, c.SQL)
			}
		}
	}
	t.Logf("%v; reports held against all rows: %v", seen, l.held)
}

// quick bounds what the oracles may take for one statement.
func (l *lessWorld) quick(t *testing.T) {
	t.Helper()
	for _, o := range append(slices.Collect(maps.Values(l.without)), l.oracle) {
		for _, sql := range []string{fmt.Sprintf("set statement_timeout = %d", oracleTimeout.Milliseconds()), "set jit = off"} {
			if _, err := o.Answer(t.Context(), logictest.Case{Name: sql, SQL: sql}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// unchosen is the statement without what chooses among its rows, against which the rows that were chosen are held; nil where several things do, one of which
// may choose among rows that are all there.
func unchosen(q *querygen.Query) *logictest.Case {
	if sql, _ := q.SQL(); querygen.Choices(sql) != 1 {
		return nil
	}
	sql, args := q.Unlimited().SQL()
	return &logictest.Case{File: "unchosen", Name: fmt.Sprint(sql, args), SQL: sql, Args: args}
}

// less asks one statement while shards fail. It tells how that ended, and an error if that is wrong. unchosen may be nil.
func (l *lessWorld) less(ctx context.Context, c logictest.Case, unchosen *logictest.Case, what mishap) (string, error) {
	whole, wholeErr := l.oracle.Answer(ctx, c)
	if stateOfPostgres(wholeErr) == "57014" {
		return "too slow", nil
	}
	short, cancel := context.WithTimeout(ctx, randomTimeout)
	defer cancel()
	for shard, fault := range what.faults {
		l.lapses.set(shard, fault)
	}
	defer l.lapses.clear()
	got, complete, err := askLess(short, l.engine, what.policy, c.SQL, c.Args)
	if err != nil {
		return l.lessFailed(ctx, err, what, c)
	}
	if err := what.misreported(complete); err != nil {
		return "in part", err
	}
	want, wantErr := whole, wholeErr
	if !complete.Complete {
		if want, wantErr = l.without[strings.Join(complete.Lost(), " ")].Answer(ctx, c); stateOfPostgres(wantErr) == "57014" {
			return "too slow", nil
		}
	}
	outcome := map[bool]string{true: "complete", false: "in part"}[complete.Complete]
	if strings.HasPrefix(stateOfPostgres(wantErr), "42") {
		return "refused by PostgreSQL", nil // whatever the rows are
	}
	if wantErr != nil {
		return outcome, fmt.Errorf("only PostgreSQL fails: %w", wantErr)
	}
	if err := logictest.Compare(c, want, got); err != nil {
		return outcome, fmt.Errorf("%s: %w", outcome, err)
	}
	if complete.Complete && (complete.Rows != "all" || slices.ContainsFunc(complete.Columns, func(c ColumnCompleteness) bool { return c.Bound != "exact" })) {
		return outcome, fmt.Errorf("a complete answer is said to be %+v", complete)
	}
	if complete.Rows == "of_answered" && unchosen != nil {
		whole, wholeErr = l.oracle.Answer(ctx, *unchosen)
	} else if complete.Rows == "of_answered" {
		return outcome, nil
	}
	return outcome, l.said(ctx, c, complete, got, whole, wholeErr)
}

// mostPaired bounds the rows that are held one by one against others.
const mostPaired = 2000

// said holds what the report says of rows and columns against the answer over all rows, if there is one.
func (l *lessWorld) said(ctx context.Context, c logictest.Case, complete *Completeness, got, whole logictest.Answer, wholeErr error) error {
	if wholeErr != nil || len(whole.Rows) > mostPaired {
		return nil
	}
	l.held[complete.Rows]++
	if err := claimsOf(complete, c.FloatTolerance, l.oracle.Order).Broken(ctx, got, whole); err != nil {
		return fmt.Errorf("the report is not true of all rows: %w\n%s", err, complete.Text())
	}
	return nil
}

// claimsOf are what a report says.
func claimsOf(c *Completeness, loose bool, order func(ctx context.Context, typ, a, b string) (int, error)) logictest.Claims {
	out := logictest.Claims{Rows: c.Rows, Loose: loose, Order: order}
	for _, col := range c.Columns {
		out.Columns = append(out.Columns, col.Bound)
	}
	return out
}

// misreported says what cannot be true of a report: that shards are missing which did not fail, or without which there must be no answer.
func (m mishap) misreported(c *Completeness) error {
	lost, answered := c.Lost(), 0
	for _, s := range c.Shards {
		if s.State == ShardAnswered || s.State == ShardUnneeded {
			answered++
		}
	}
	switch {
	case c.Complete != (len(lost) == 0) || len(lost) == len(lessShards) || slices.ContainsFunc(lost, func(s string) bool { return m.faults[s].kind == "" }):
		return fmt.Errorf("complete: %v, without %v", c.Complete, lost)
	case slices.ContainsFunc(lost, func(s string) bool { return slices.Contains(m.policy.Required, s) }), len(lost) > 0 && answered < m.policy.Quorum:
		return fmt.Errorf("without %v, and %d answered", lost, answered)
	case strings.Contains(c.Text(), planted):
		return errors.New("the report repeats what a shard said")
	}
	return nil
}

// lessFailed judges an error: one that a statement has anyway, or one that says why it cannot be answered in part.
func (l *lessWorld) lessFailed(ctx context.Context, err error, what mishap, c logictest.Case) (string, error) {
	var e *Error
	if !errors.As(err, &e) {
		return "failed", err
	}
	if strings.Contains(e.Text+e.Hint, planted) {
		return "failed", fmt.Errorf("the error repeats what a shard said: %w", err)
	}
	for lost, oracle := range l.without {
		if !what.fails(strings.Fields(lost)) {
			continue
		}
		if _, oracleErr := oracle.Answer(ctx, c); oracleErr != nil && sameClass(stateOfPostgres(oracleErr), e.SQLState) {
			return "data", nil
		}
	}
	if _, oracleErr := l.oracle.Answer(ctx, c); oracleErr != nil && sameClass(stateOfPostgres(oracleErr), e.SQLState) {
		return "data", nil
	}
	switch {
	case admitted(err):
		return "admitted", nil
	case !what.fails([]string{e.Shard}): // and so it is not for want of a shard
	case strings.Contains(e.Hint, "a partial answer would be wrong"):
		return "unsound", nil
	case strings.Contains(e.Text, "is required and has not answered") && len(what.policy.Required) > 0 && what.fails(what.policy.Required),
		strings.Contains(e.Text, "must answer, and at most") && what.policy.Quorum > 0:
		return "policy", nil
	case strings.Contains(e.Text, "none of the shards that"), strings.Contains(e.Hint, "had been handed out"), strings.Contains(e.Text, "must answer, and at most 0 can"):
		return "none", nil // the second where it is the only shard that is asked, of which nothing is held back
	}
	l.lapses.clear()
	if _, again := asker(l.engine)(ctx, c.SQL, c.Args); again != nil && again.Error() == err.Error() {
		return "refused", nil // when nothing fails, too, which is TestRandom's matter
	}
	return "failed", err
}

// fails reports that all of the shards are told to fail.
func (m mishap) fails(shards []string) bool {
	return !slices.ContainsFunc(shards, func(s string) bool { return m.faults[s].kind == "" })
}
