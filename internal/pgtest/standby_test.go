package pgtest

import (
	"context"
	"testing"
	"time"
)

// TestStandby: a standby gets what its primary commits, not while it is paused, and takes no writes.
func TestStandby(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	primary := Start(t, 1, Replicating...)[0]
	if err := primary.Exec(ctx, "CREATE TABLE t (n int); INSERT INTO t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	standby, err := primary.NewStandby()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := standby.Exec(ctx, "INSERT INTO t VALUES (2)"); err == nil {
		t.Error("the standby takes writes")
	}
	const two = "SELECT 1 / (count(*) - 1) FROM t"
	if err := standby.Exec(ctx, two); err == nil {
		t.Error("two rows")
	}
	if err := primary.Exec(ctx, "INSERT INTO t VALUES (2)"); err != nil {
		t.Fatal(err)
	}
	for standby.Exec(ctx, two) != nil {
		if ctx.Err() != nil {
			t.Fatal("the row does not arrive")
		}
	}
}
