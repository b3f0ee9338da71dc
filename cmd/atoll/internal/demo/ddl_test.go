package demo

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

func TestDDL(t *testing.T) {
	table := Table{Name: "payments", Schema: schemas["payments"]}
	const want = "CREATE TABLE payments (id bigint NOT NULL, cooperative_id integer NOT NULL, member_id integer NOT NULL, " +
		"amount numeric(12,2) NOT NULL, currency text NOT NULL, due date NOT NULL, paid_at timestamp with time zone, method text, note text)"
	if got := table.DDL(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRowsEndAndStop(t *testing.T) {
	table := currencyTable(memory.DefaultAllocator)
	defer table.Release()
	rows := table.Rows()
	if rec, err := rows.Next(context.Background()); err != nil || rec.NumRows() != 3 {
		t.Error(rec, err)
	}
	if _, err := rows.Next(context.Background()); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := table.Rows().Next(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
