package pgtest

import "testing"

// TestKillAndRestart: what a checkpoint wrote is there again, and who was connected is not.
func TestKillAndRestart(t *testing.T) {
	c := Start(t, 1)[0]
	for _, sql := range []string{"CREATE TABLE t (a int); INSERT INTO t VALUES (7)", "CHECKPOINT"} {
		if err := c.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	sleeping := make(chan error, 1)
	go func() { sleeping <- c.Exec(t.Context(), "SELECT pg_sleep(60)") }()
	for query(t, c.DSN, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()") != "1" {
	}
	for range 2 {
		if err := c.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-sleeping; err == nil {
		t.Error("a statement outlived its server")
	}
	if err := c.Exec(t.Context(), "SELECT 1"); err == nil {
		t.Error("a killed server answers")
	}
	if err := c.Restart(); err != nil {
		t.Fatal(err)
	}
	if got := query(t, c.DSN, "SELECT a FROM t"); got != "7" {
		t.Error(got)
	}
}
