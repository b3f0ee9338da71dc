package main

import (
	"context"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/bench/transfer"
)

func newBenchTransfer(t *terminal) *cobra.Command {
	var o transfer.Options
	var types string
	cmd := &cobra.Command{
		Use:   "transfer",
		Short: "Measure how fast rows get into Arrow, by engine and type, against the wire's limit",
		Long: `Reads tables of one type each, and of several, into Arrow batches, and measures rows and bytes a second and allocations a row; beside that, in turn, what the wire
and the bare driver allow: COPY in the binary format into /dev/null, rows not decoded, rows decoded by the driver, the engine's own scan. Before that
every reader is held to the engine's own count and sums.

PostgreSQL is a server that the command starts; DuckDB is embedded. --postgres-dsn and --sqlserver-dsn name servers of your own, on which a schema
atoll_bench_… is made and dropped again; as '${NAME}' a DSN is taken from that environment variable.`,
		Example: `  atoll bench transfer
  atoll bench transfer --quick
  atoll bench transfer --engines postgresql,duckdb --types 'bigint,numeric(15,2),mixed' --rows 2000000 --html transfer.html
  atoll bench transfer --engines sqlserver --sqlserver-dsn '${SQLSERVER_DSN}'`,
		Args: cobra.NoArgs,
	}
	out := benchOutputFlags(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&o.Engines, "engines", nil, "engines to read from: "+strings.Join(transfer.Engines(), ", ")+" (default all)")
	f.StringVar(&types, "types", "", "types to read: "+strings.Join(transfer.Types(), ", ")+" (default all)")
	f.IntVar(&o.Rows, "rows", 0, "rows of each table (default 500000)")
	f.IntVar(&o.Columns, "columns", 0, "columns of each table of one type (default 4)")
	f.Float64Var(&o.Nulls, "nulls", 0, "share of the values that are NULL")
	f.IntVar(&o.Rounds, "rounds", 0, "measured reads by each reader (default 5)")
	f.Uint64Var(&o.Seed, "seed", 0, "of which values are NULL (default 1)")
	f.BoolVar(&o.Quick, "quick", false, "small defaults, to try it in seconds")
	f.StringVar(&o.PostgresDSN, "postgres-dsn", "", "read from this PostgreSQL server instead of one that is started")
	f.StringVar(&o.SQLServerDSN, "sqlserver-dsn", "", "read from this SQL Server; without it SQL Server is not measured")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if types != "" {
			o.Types = splitTypes(types)
		}
		for flag, dsn := range map[string]*string{"postgres-dsn": &o.PostgresDSN, "sqlserver-dsn": &o.SQLServerDSN} {
			if err := secretFlag(flag, dsn); err != nil {
				return err
			}
		}
		return t.bench(cmd, out, &o, func(ctx context.Context, progress func(string)) (*report.Report, error) {
			o.Progress = progress
			return transfer.Run(ctx, o)
		}, "nulls")
	}
	return cmd
}

// betweenTypes is a comma that does not stand within the parentheses of a type.
var betweenTypes = regexp.MustCompile(`,\s*([^0-9])`)

// splitTypes splits a list of types at its commas, but for those of numeric(15,2).
func splitTypes(text string) (out []string) {
	for _, name := range strings.Split(betweenTypes.ReplaceAllString(text, "\n$1"), "\n") {
		out = append(out, strings.TrimSpace(name))
	}
	return out
}

var variable = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// secretFlag takes a flag of the form ${NAME} from the environment, so that no secret stands on a command line.
func secretFlag(flag string, value *string) error {
	name := variable.FindStringSubmatch(*value)
	if name == nil {
		return nil
	}
	found, ok := os.LookupEnv(name[1])
	if !ok || found == "" {
		return usage("", "--%s: there is no environment variable %s", flag, name[1])
	}
	*value = found
	return nil
}
