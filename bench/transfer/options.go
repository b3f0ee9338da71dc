package transfer

import (
	"fmt"
	"slices"
)

// The engines that rows are read from.
const (
	Postgres    = "postgresql"
	PostgresTCP = "postgresql, TCP" // the same server over loopback
	DuckDB      = "duckdb"
	SQLServer   = "sqlserver"
)

// Engines lists them in the order in which they are measured.
func Engines() []string { return []string{Postgres, DuckDB, SQLServer} }

// Options say what to measure. The zero value of a field means its default.
type Options struct {
	Engines []string // of [Engines]; default all
	Types   []string // of [Types]; default all
	Rows    int      // default 500,000
	Columns int      // of each table of one type; default 4
	Nulls   float64  // share of the values that are NULL, from 0 to 0.9; default 0
	Rounds  int      // measured reads by each reader; default 5
	Seed    uint64   // of which values are NULL; default 1
	// Quick makes the defaults small, for trying.
	Quick bool
	// PostgresDSN and SQLServerDSN name servers of the caller's. Without them PostgreSQL is one that Run starts, and SQL Server is not measured. On the
	// caller's servers Run makes a schema of its own, and drops it at the end. No report and no error contains them.
	PostgresDSN, SQLServerDSN string
	// Progress, unless nil, is told of each step. It is called by one goroutine.
	Progress func(line string)
}

// mostValues keeps row numbers times columns within the ten digits that decimals are made of.
const mostValues = 9_000_000_000

func (o Options) complete() (Options, error) {
	if err := o.Check(); err != nil {
		return o, err
	}
	rows, rounds := 500_000, 5
	if o.Quick {
		rows, rounds = 5_000, 2
	}
	if len(o.Engines) == 0 {
		o.Engines = Engines()
	}
	if len(o.Types) == 0 {
		o.Types = Types()
	}
	for _, set := range []struct {
		into     *int
		standard int
	}{{&o.Rows, rows}, {&o.Columns, 4}, {&o.Rounds, rounds}} {
		if *set.into == 0 {
			*set.into = set.standard
		}
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	return o, nil
}

// Check finds mistakes before anything is measured; fields left at zero are right. Its errors begin with the option's name.
func (o Options) Check() error {
	for _, e := range o.Engines {
		if !slices.Contains(Engines(), e) {
			return fmt.Errorf("engines: there is no %q; there are %q", e, Engines())
		}
	}
	for _, name := range o.Types {
		if !slices.Contains(Types(), name) {
			return fmt.Errorf("types: there is no %q; there are %q", name, Types())
		}
	}
	switch {
	case o.Rows < 0 || o.Rows > mostValues/max(o.Columns, len(mixedKinds)):
		return fmt.Errorf("rows: %d is not from 1 to %d", o.Rows, mostValues/max(o.Columns, len(mixedKinds)))
	case o.Columns < 0 || o.Columns > 500:
		return fmt.Errorf("columns: %d is not from 1 to 500", o.Columns)
	case o.Rounds < 0 || o.Rounds > 1000:
		return fmt.Errorf("rounds: %d is not from 1 to 1000", o.Rounds)
	case !(o.Nulls >= 0 && o.Nulls <= 0.9):
		return fmt.Errorf("nulls: %v is not a share from 0 to 0.9", o.Nulls)
	}
	return nil
}
