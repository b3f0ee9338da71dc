// Command atoll answers SQL queries over shards in many databases and regions.
//
// Results go to standard output, everything else to standard error. The exit status says how it ended:
//
//	0  answered
//	1  the query or the command failed, or was interrupted
//	2  wrong usage or configuration; nothing was asked of a shard
//	3  refused by the residency rules
//	4  answered, but incomplete
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// terminal is where a command reads and writes.
type terminal struct {
	in       io.Reader
	out, err *os.File
}

// run executes one command line and returns the exit status. An interrupt cancels the command, which then cleans up as
// on any other failure; a second one ends the process at once.
func run(args []string, in io.Reader, out, errOut *os.File) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	// When the reader of a pipe is gone, writing fails with EPIPE instead of ending the process before it cleaned up.
	signal.Ignore(syscall.SIGPIPE)

	t := &terminal{in: in, out: out, err: errOut}
	root := newRoot(t)
	root.SetArgs(args)
	started := false
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	err := root.ExecuteContext(ctx)
	if err != nil && !started {
		err = &usageError{err: err, hint: "atoll help shows the commands and their flags"}
	}
	return t.report(ctx, err)
}

func newRoot(t *terminal) *cobra.Command {
	root := &cobra.Command{
		Use:   "atoll",
		Short: "One SQL query over data that lives in many databases and regions",
		Long: `Atoll answers one SQL query over data that lives in many databases, in many regions.

Start with a world to look at:   atoll demo
Then with your own shards:       atoll query -c atoll.yaml "SELECT count(*) FROM payments"`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	root.AddCommand(
		newDemo(t), newQuery(t), newExplain(t), newCheck(t), newShards(t), newAdvise(t), newMap(t), newRoute(t), newPolicy(t), newAudit(t), newMove(t), newBench(t), newVersion(t),
	)
	return root
}
