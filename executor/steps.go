package executor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/apache/arrow/go/v17/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/scalar"
)

// TooManyRowsError says that a step brought more rows than may be sent to the shards. The query can be answered by a plan
// without that step.
type TooManyRowsError struct {
	Step *plan.Step
}

// Error implements error.
func (e *TooManyRowsError) Error() string {
	return fmt.Sprintf("more than %d rows would have to be sent to the shards: %s", e.Step.MaxRows, e.Step.Why)
}

// errSeveralRows is PostgreSQL's, of a scalar subquery.
var errSeveralRows = connectors.NewError("", connectors.ClassData, "21000", "more than one row returned by a subquery used as an expression", nil)

// Steps runs a plan's steps at its first Next, those at once that do not need each other, and then the operator to whose
// statements they give parameters. It owns them all.
type Steps struct {
	operator
	steps []step
	main  Operator
	args  []connectors.Arg // of the whole plan; what no step is done with yet is not read
	done  func(int, Given)
	ran   bool
}

// Given is what a step gave to the statements that read it.
type Given struct {
	Rows, Bytes int64 // bytes of the parameters' texts
}

// step is a step of the plan, the operator that brings its rows, and what it needs and gives.
type step struct {
	*plan.Step
	op    Operator
	after []int        // the steps whose parameters it reads
	used  map[int]bool // the parameters that some statement reads
}

// Next implements Operator.
func (s *Steps) Next(ctx context.Context) (arrow.Record, error) {
	return s.next(ctx, func(ctx context.Context) (arrow.Record, error) {
		if !s.ran {
			s.ran = true
			if err := s.run(ctx); err != nil {
				return nil, err
			}
		}
		rec, err := s.main.Next(ctx)
		if err == nil {
			rec.Retain()
		}
		return rec, err
	})
}

func (s *Steps) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	done := make([]chan struct{}, len(s.steps))
	for i := range done {
		done[i] = make(chan struct{})
	}
	for i, st := range s.steps {
		g.Go(func() (err error) {
			defer func() {
				if v := recover(); v != nil {
					err = &PanicError{Where: "running a step of the query", Value: v, Stack: debug.Stack()}
				}
			}()
			for _, before := range st.after {
				select {
				case <-done[before]:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			rows, err := st.run(ctx, s.args)
			if err != nil {
				return err
			}
			if s.done != nil {
				s.done(i, Given{Rows: rows, Bytes: st.bytes(s.args)})
			}
			close(done[i])
			return st.op.Close() // what it holds at the shards is not needed any more
		})
	}
	return g.Wait()
}

// run reads the step's rows and sets its parameters.
func (st step) run(ctx context.Context, args []connectors.Arg) (int64, error) {
	columns := make([][]scalar.ArrayItem, len(st.Cols))
	rows := int64(0)
	for {
		rec, err := st.op.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		switch rows += rec.NumRows(); {
		case st.Value && rows > 1:
			return 0, errSeveralRows
		case !st.Value && rows > st.MaxRows:
			return 0, &TooManyRowsError{st.Step}
		}
		for i := range columns {
			if columns[i], err = appendItems(columns[i], rec.Column(i)); err != nil {
				return 0, err
			}
		}
	}
	return rows, st.set(args, columns, int(rows))
}

// bytes is the size of the parameters that the step has set, each once: a statement reads either the arrays or the list of rows.
func (st step) bytes(args []connectors.Arg) int64 {
	n := int64(0)
	for _, p := range st.Params {
		n += int64(len(args[p-1].Text))
	}
	if n == 0 && !st.Value {
		n = int64(len(args[st.Rows-1].Text))
	}
	return n
}

func appendItems(items []scalar.ArrayItem, column arrow.Array) ([]scalar.ArrayItem, error) {
	text, err := scalar.ColumnText(column)
	if err != nil {
		return nil, err
	}
	for i := range column.Len() {
		if column.IsNull(i) {
			items = append(items, scalar.ArrayItem{Null: true})
			continue
		}
		items = append(items, scalar.ArrayItem{Text: string(text(nil, i))})
	}
	return items, nil
}

// set writes the parameters; those that no statement reads stay NULL.
func (st step) set(args []connectors.Arg, columns [][]scalar.ArrayItem, rows int) error {
	if st.Value {
		args[st.Params[0]-1] = connectors.Arg{Null: true}
		if rows > 0 && !columns[0][0].Null {
			args[st.Params[0]-1] = connectors.Arg{Text: columns[0][0].Text}
		}
		return nil
	}
	for i, p := range st.Params {
		if st.used[p] {
			args[p-1] = connectors.Arg{Text: scalar.VectorOf(columns[i]).String()}
		}
	}
	if !st.used[st.Rows] {
		return nil
	}
	list := make([][]*string, rows)
	for r := range list {
		list[r] = make([]*string, len(columns))
		for i := range columns {
			if !columns[i][r].Null {
				list[r][i] = &columns[i][r].Text
			}
		}
	}
	text, err := json.Marshal(list)
	args[st.Rows-1] = connectors.Arg{Text: string(text)}
	return err
}

// Close implements Operator.
func (s *Steps) Close() error {
	s.shut()
	first := s.main.Close()
	for _, st := range s.steps {
		if err := st.op.Close(); first == nil {
			first = err
		}
	}
	return first
}
