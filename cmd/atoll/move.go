package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/progress"
)

// moveFlags is what the command line says of a move.
type moveFlags struct {
	config               *string
	keys                 []string
	span, buckets        string
	from, to, id         string
	rate                 float64
	batch                int
	drain                time.Duration
	alone, leave, dryRun bool
	resume, undo         string
	list                 bool
}

func newMove(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "move [TABLE (--key K... | --range FROM..TO | --buckets N,N-M) --to SHARD | --resume ID | --undo ID | --list]",
		Short: "Move keys, with the rows of all colocated tables, from one shard to another while queries run",
		Long: `Moves the rows of some keys of a table, and of all tables colocated with it, to another shard, and changes the shard map, which
must be kept in a store. Queries go on and see every row once; writes to the keys are refused for the time around the switch.

A move that was interrupted is resumed by its ID, which is the first that this command prints. Until it has switched it can be undone. A move that
would leave a jurisdiction is refused.`,
		Example: `  atoll move -c atoll.yaml coops --key 203 --to eu-2
  atoll move -c atoll.yaml events --range 2024-01-01..2025-01-01 --to archive --rate 5000
  atoll move -c atoll.yaml users --buckets 3,7-9 --to us-2 -n
  atoll move -c atoll.yaml --resume m-0123456789abcdef`,
		Args: cobra.MaximumNArgs(1),
	}
	f := &moveFlags{config: configFlag(cmd)}
	fs := cmd.Flags()
	fs.StringArrayVar(&f.keys, "key", nil, "a key that moves; may be given several times")
	fs.StringVar(&f.span, "range", "", "the keys that move, from the first to before the last; either may be left out: FROM..TO")
	fs.StringVar(&f.buckets, "buckets", "", "the buckets or virtual shards that move: 3,7-9")
	fs.StringVar(&f.to, "to", "", "the shard that the keys move to")
	fs.StringVar(&f.from, "from", "", "the shard that has them (default: what the map says)")
	fs.StringVar(&f.id, "id", "", "the name of the move (default: one that is made up)")
	fs.Float64Var(&f.rate, "rate", 0, "rows per second at most (default: as fast as it goes)")
	fs.IntVar(&f.batch, "batch", 0, "rows per transaction (default 10000)")
	fs.DurationVar(&f.drain, "drain", 0, "how long a statement may run under a map that is not in force any more (default and least: limits.timeout, else 10m, and 10s for commits)")
	fs.BoolVar(&f.alone, "alone", false, "no other process reads this shard map: wait for nobody")
	fs.BoolVar(&f.leave, "leave-jurisdiction", false, "let rows go to another jurisdiction, where no residency policy stands")
	fs.BoolVarP(&f.dryRun, "dry-run", "n", false, "check the move and say what it would do, nothing else")
	fs.StringVar(&f.resume, "resume", "", "go on with the move of this ID")
	fs.StringVar(&f.undo, "undo", "", "take the move of this ID back")
	fs.BoolVar(&f.list, "list", false, "list the moves under way")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		q, err := f.request(args)
		if err != nil {
			return err
		}
		return withEngine(cmd.Context(), *f.config, func(e *atoll.Engine) error { return f.run(cmd.Context(), t, e, q) })
	}
	return cmd
}

// request reads what is to move. One thing at a time can be asked of the command.
func (f *moveFlags) request(args []string) (q atoll.MoveRequest, err error) {
	const hint = "for example: atoll move coops --key 203 --to eu-2"
	asked := 0
	for _, is := range []bool{len(args) > 0, f.resume != "", f.undo != "", f.list} {
		if is {
			asked++
		}
	}
	if asked != 1 {
		return q, usage(hint, "move takes a table, or one of --resume, --undo and --list")
	}
	if len(args) == 0 {
		return q, nil
	}
	q = atoll.MoveRequest{ID: f.id, Table: args[0], From: f.from, To: f.to}
	if f.to == "" {
		return q, usage(hint, "say where the keys move to: --to SHARD")
	}
	q.Keys.Values = f.keys
	if f.span != "" {
		first, last, ok := strings.Cut(f.span, "..")
		if !ok || first == "" && last == "" {
			return q, usage("either end may be left out: 10.., ..20", "--range is FROM..TO")
		}
		if first != "" {
			q.Keys.From = &first
		}
		if last != "" {
			q.Keys.To = &last
		}
	}
	if q.Keys.Buckets, err = numbers(f.buckets); err != nil {
		return q, err
	}
	ways := 0
	for _, given := range []bool{len(f.keys) > 0, f.span != "", f.buckets != ""} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return q, usage(hint, "say which keys move, in one way: --key, --range or --buckets")
	}
	return q, nil
}

// numbers reads a list of numbers and runs of them.
func numbers(text string) ([]int, error) {
	var out []int
	if text == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		first, last, run := strings.Cut(strings.TrimSpace(part), "-")
		if !run {
			last = first
		}
		a, err := strconv.Atoi(first)
		b, err2 := strconv.Atoi(last)
		if err != nil || err2 != nil || a > b || b-a > 1<<20 {
			return nil, usage("for example: --buckets 3,7-9", "--buckets takes numbers and runs of them, not %q", part)
		}
		for ; a <= b; a++ {
			out = append(out, a)
		}
	}
	return out, nil
}

func (f *moveFlags) run(ctx context.Context, t *terminal, e *atoll.Engine, q atoll.MoveRequest) error {
	if f.list {
		return listMoves(ctx, t.out, e)
	}
	o := atoll.MoveOptions{Batch: f.batch, Rate: f.rate, Drain: f.drain, Alone: f.alone, LeaveJurisdiction: f.leave, Progress: func(p atoll.MoveProgress) {
		line := p.Move + "  " + string(p.Phase) + "  " + p.Text
		if p.Table != "" {
			line += "  " + p.Table
		}
		if p.Rows > 0 {
			line += "  " + progress.Count(p.Rows) + " rows"
		}
		_, _ = fmt.Fprintln(t.err, printable(line)) // that nobody listens must not end the move
	}}
	var r *atoll.MoveReport
	var err error
	switch {
	case f.resume != "":
		r, err = e.ResumeMove(ctx, f.resume, o)
	case f.undo != "":
		r, err = e.UndoMove(ctx, f.undo, o)
	case f.dryRun:
		p, err := e.PlanMove(ctx, q, o)
		if err != nil {
			return err
		}
		return printPlan(t.out, p)
	default:
		r, err = e.Move(ctx, q, o)
	}
	if err != nil {
		return err
	}
	return printMoved(t.out, r)
}

func listMoves(ctx context.Context, w io.Writer, e *atoll.Engine) error {
	moves, err := e.Moves(ctx)
	if err != nil {
		return err
	}
	g := grid{}
	g.add("move", "table", "from", "to", "phase")
	for _, m := range moves {
		g.add(m.ID, m.Table, m.From, m.To, string(m.Phase))
	}
	_, err = io.WriteString(w, g.text(""))
	return err
}

func printPlan(w io.Writer, p *atoll.MovePlan) error {
	var b strings.Builder
	fmt.Fprintf(&b, "from shard %s to shard %s, by version %d of the map\n", p.Move.From, p.Move.To, p.Version)
	if p.Jurisdiction != "" {
		fmt.Fprintf(&b, "legal: the rows stay in jurisdiction %s\n", p.Jurisdiction)
	} else {
		b.WriteString("the rows leave a jurisdiction, as --leave-jurisdiction permits\n")
	}
	g := grid{right: []bool{false, true, true}}
	g.add("table", "rows", "size")
	for _, s := range p.Tables {
		size := "unknown"
		if s.Bytes >= 0 {
			size = progress.Bytes(s.Bytes)
		}
		g.add(s.Table, progress.Count(s.Rows), size)
	}
	b.WriteString(g.text(""))
	b.WriteString("nothing was changed\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func printMoved(w io.Writer, r *atoll.MoveReport) (err error) {
	switch {
	case r == nil:
		_, err = io.WriteString(w, "the move was over; what it had left is removed\n")
	case r.Undone:
		_, err = fmt.Fprintf(w, "move %s was undone: shard %s has the keys\n", printable(r.Move.ID), printable(r.Move.From))
	default:
		_, err = fmt.Fprintf(w, "move %s is done: shard %s has the keys\n", printable(r.Move.ID), printable(r.Move.To))
		for _, s := range r.Verified {
			if err == nil {
				_, err = fmt.Fprintf(w, "  %s: %s rows, equal on both sides\n", printable(s.Table), progress.Count(s.Rows))
			}
		}
	}
	return err
}
