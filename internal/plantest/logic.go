package plantest

import (
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/catalog"
)

// Logic returns the world of testdata/logic: its tables, spread over the shards as the logic tests spread them.
func Logic(tb testing.TB, s Setup) *World {
	tb.Helper()
	data, err := logictest.NewDataset()
	if err != nil {
		tb.Fatal(err)
	}
	l := logictest.Layout{Shards: logictest.NewShards(3)}
	for i := range l.Shards {
		l.Shards[i].Driver, l.Shards[i].DSN = "postgres", "postgres://localhost/none"
	}
	cfg, err := config.Parse([]byte(data.ConfigYAML(l)), "logic.yaml", ".", func(string) (string, bool) { return "", false })
	if err != nil {
		tb.Fatal(err)
	}
	var tables []Table
	for _, t := range data.Tables {
		out := Table{Name: t.Name}
		for _, c := range t.Columns {
			out.Columns = append(out.Columns, connectors.Column{Name: c.Name, Type: c.Type, Native: c.Type, NotNull: c.NotNull})
		}
		tables = append(tables, out)
	}
	return &World{Map: cfg.Map, Catalog: catalog.Build(s.shards(cfg.Map, tables), Placements(cfg.Map))}
}

// LogicCase is a statement of testdata/logic with its parameters.
type LogicCase struct {
	logictest.Case
	Params []bind.Param
}

// LogicCases returns every statement of testdata/logic.
func LogicCases(tb testing.TB) []LogicCase {
	tb.Helper()
	files, err := logictest.Files()
	if err != nil {
		tb.Fatal(err)
	}
	var out []LogicCase
	for _, f := range files {
		for _, c := range f.Cases {
			out = append(out, LogicCase{c, params(c.Args)})
		}
	}
	return out
}
