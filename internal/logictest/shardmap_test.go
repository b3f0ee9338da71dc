package logictest

import (
	"fmt"
	"testing"

	"github.com/atoll-sql/atoll/internal/config"
)

// configured returns a layout of n shards and its configuration; the layout hashes by the shard map it is read into.
func configured(t *testing.T, d *Dataset, n int, driver string) (Layout, *config.Config) {
	t.Helper()
	l := Layout{Shards: NewShards(n)}
	for i := range l.Shards {
		l.Shards[i].Driver, l.Shards[i].DSN = driver, "postgres://atoll@/db?host=/tmp"
		if driver == "duckdb" {
			l.Shards[i].DSN = l.Shards[i].Name + ".duckdb"
		}
	}
	cfg, err := config.Parse([]byte(d.ConfigYAML(l)), "atoll.yaml", t.TempDir(), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	l.Hash = func(table string, key []Cell) (string, error) {
		place, err := cfg.Map.Explain(table, []string{key[0].Text})
		if err != nil || len(place.Shards) != 1 {
			return "", fmt.Errorf("%d shards for a hash key: %w", len(place.Shards), err)
		}
		return place.Shards[0].Name, nil
	}
	return l, cfg
}

// TestConfigurationPlacesRowsAlike compares this package's placement of every row with the shard map's.
func TestConfigurationPlacesRowsAlike(t *testing.T) {
	d := newDataset(t)
	for _, n := range []int{1, 2, 3, 5} {
		for _, driver := range []string{"postgres", "duckdb"} {
			l, cfg := configured(t, d, n, driver)
			for _, table := range d.tablesFor(l) {
				for _, row := range table.Rows {
					comparePlaces(t, l, cfg, table, row)
				}
			}
		}
	}
}

func comparePlaces(t *testing.T, l Layout, cfg *config.Config, table Table, row []Cell) {
	t.Helper()
	names, err := l.Place(table, row)
	if err != nil {
		t.Fatal(err)
	}
	var key []string
	for _, name := range table.strategy.key {
		cell := row[table.column(name)]
		if cell.Null {
			return // a NULL key may live on any shard
		}
		key = append(key, cell.Text)
	}
	if table.strategy.kind == "reference" {
		return
	}
	place, err := cfg.Map.Explain(table.Name, key)
	if err != nil {
		t.Fatal(table.Name, err)
	}
	if len(place.Shards) != 1 || place.Shards[0].Name != names[0] {
		t.Errorf("%s %v: placed on %v, the map says %v (%s)", table.Name, key, names, place.Shards, place.Why)
	}
}
