package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/output"
)

// partialHelp is the part of a command's help that tells of answers in part.
const partialHelp = `
With --partial the query is answered without shards that fail or are late: "available" takes what there is, "quorum:N" asks for N of the
shards that the query asks, "required:SHARD,…" for those wherever it asks them. A shard is left out with all of its rows or not at all. What
the answer is worth without it is told with the answer; then the exit status is 4. A query that would have wrong rows is not answered in part.`

func partialFlag(cmd *cobra.Command) *string {
	p := cmd.Flags().String("partial", "", "answer without shards that fail or are late: =available, =quorum:N or =required:SHARD,…")
	cmd.Flags().Lookup("partial").NoOptDefVal = "available"
	return p
}

// inPart reads a --partial, and makes of sessions those whose answers may be in part; without one they need all shards.
func inPart(policy string) (func(*atoll.Session) *atoll.Session, error) {
	if policy == "" {
		return func(s *atoll.Session) *atoll.Session { return s }, nil
	}
	p, err := atoll.ParsePartial(policy)
	return func(s *atoll.Session) *atoll.Session { return s.Partial(p) }, err
}

// incomplete ends a command that has said of its answer what is missing.
type incomplete struct{ lost []string }

// Error implements error.
func (e *incomplete) Error() string {
	return "the answer is incomplete: it has no rows of " + strings.Join(e.lost, ", ")
}

// ended is nil for an answer that has all rows.
func ended(c *atoll.Completeness) error {
	if c == nil || c.Complete {
		return nil
	}
	return &incomplete{c.Lost()}
}

// writeCompleteness tells how complete an answer is: below a table, and beside other formats on standard error, for programs that read JSON as
// one line of it.
func (t *terminal) writeCompleteness(c *atoll.Completeness, f output.Format) error {
	if c == nil {
		return nil
	}
	switch f {
	case output.JSON, output.NDJSON:
		enc := json.NewEncoder(t.err)
		enc.SetEscapeHTML(false)
		return enc.Encode(map[string]*atoll.Completeness{"completeness": c})
	}
	to := io.Writer(t.err)
	if f == output.Table {
		to = t.out
	}
	_, err := fmt.Fprintln(to, printable(c.Text()))
	return err
}
