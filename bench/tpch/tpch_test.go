package tpch

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestPeers asks all peers all queries once, over few rows: that the servers can be set up and the answers agree.
func TestPeers(t *testing.T) {
	report, err := Run(t.Context(), Options{
		Scale: 0.01, Repetitions: 1, WarmUps: -1, Timeout: 15 * time.Second, Progress: func(line string) { t.Log(line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range report.Wrong() {
		t.Error(wrong)
	}
	if got := len(report.Queries); got != 22 {
		t.Errorf("%d queries were measured", got)
	}
}

// TestCompare measures and prints the report, if ATOLL_TPCH_BENCH is set. Of the environment it reads:
//
//	ATOLL_TPCH            scale factor, default 1
//	ATOLL_TPCH_DIR        directory that keeps the servers' files between runs
//	ATOLL_TPCH_QUERIES    numbers, separated by commas
//	ATOLL_TPCH_PEERS      names, separated by commas
//	ATOLL_TPCH_RUNS       measured runs of each query
//	ATOLL_TPCH_WARMUPS    runs before them, -1 for none
//	ATOLL_TPCH_TIMEOUT    of one run
func TestCompare(t *testing.T) {
	if os.Getenv("ATOLL_TPCH_BENCH") == "" {
		t.Skip("measures with ATOLL_TPCH_BENCH=1; see docs/tpch.md")
	}
	o := optionsOf(t)
	o.Progress = func(line string) { t.Log(time.Now().UTC().Format(time.TimeOnly), line) }
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", report.Markdown())
	for _, wrong := range report.Wrong() {
		t.Error(wrong)
	}
	for _, q := range report.Slower(2) {
		t.Logf("over twice as slow as one PostgreSQL: %s", q)
	}
}

func optionsOf(t *testing.T) Options {
	t.Helper()
	o := Options{Dir: os.Getenv("ATOLL_TPCH_DIR")}
	read := func(name string, set func(string) error) {
		if text := os.Getenv(name); text != "" {
			if err := set(text); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	read("ATOLL_TPCH", func(s string) (err error) { o.Scale, err = strconv.ParseFloat(s, 64); return err })
	read("ATOLL_TPCH_RUNS", func(s string) (err error) { o.Repetitions, err = strconv.Atoi(s); return err })
	read("ATOLL_TPCH_WARMUPS", func(s string) (err error) { o.WarmUps, err = strconv.Atoi(s); return err })
	read("ATOLL_TPCH_TIMEOUT", func(s string) (err error) { o.Timeout, err = time.ParseDuration(s); return err })
	read("ATOLL_TPCH_PEERS", func(s string) error {
		for _, p := range strings.Split(s, ",") {
			o.Peers = append(o.Peers, Peer(strings.TrimSpace(p)))
		}
		return nil
	})
	read("ATOLL_TPCH_QUERIES", func(s string) error {
		for _, n := range strings.Split(s, ",") {
			q, err := strconv.Atoi(strings.TrimSpace(n))
			if err != nil {
				return err
			}
			o.Queries = append(o.Queries, q)
		}
		return nil
	})
	return o
}
