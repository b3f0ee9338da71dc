package peers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/bench/report"
)

// duckPeer is DuckDB in a process of its own. It is started again after a query that failed or took too long.
type duckPeer struct {
	launch func(ctx context.Context) (*driver, error)
	driver *driver // nil if none runs
	temp   string
}

func openDuckDB(ctx context.Context, w World, o Options, about *report.Peer) (Peer, error) {
	python, err := findPython(ctx, o)
	if err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "atoll-duckdb-")
	if err != nil {
		return nil, err
	}
	memory := orMemory(o.DuckDBMemory)
	setup, err := duckSetup(w, temp, memory)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(temp))
	}
	p := &duckPeer{temp: temp}
	p.launch = func(ctx context.Context) (*driver, error) {
		return startDriver(ctx, python.command(temp), hello{Extension: o.DuckDBExtension, Setup: setup})
	}
	if p.driver, err = p.launch(ctx); err != nil {
		err = errors.Join(err, os.RemoveAll(temp))
		return nil, lacks("DuckDB with its postgres extension does not start: %v", err)
	}
	about.Version = fmt.Sprintf("DuckDB %s (Python package), postgres extension %s", p.driver.about.Version, p.driver.about.Extension)
	about.Setup = fmt.Sprintf("a process of its own; each shard attached over its unix socket, a UNION ALL view per sharded table, reference tables from "+
		"the first shard; %d threads, memory limit %d MiB, other settings at their defaults; time is that of execute and fetchall",
		runtime.NumCPU(), memory>>20)
	return p, nil
}

// duckSetup writes the statements that make the shards' tables readable.
func duckSetup(w World, temp string, memory int64) ([]string, error) {
	out := []string{
		fmt.Sprintf("set threads = %d", runtime.NumCPU()), fmt.Sprintf("set memory_limit = '%dMiB'", memory>>20),
		"set temp_directory = " + quoteText(temp), "set TimeZone = 'UTC'", "set enable_progress_bar = false",
	}
	for i, s := range w.Shards {
		host, port, err := socketOf(s)
		if err != nil {
			return nil, fmt.Errorf("shard %d: %w", i, err)
		}
		var params []string
		for _, p := range [][2]string{{"host", host}, {"port", port}, {"dbname", w.Database}, {"user", s.User}} {
			params = append(params, p[0]+"="+quoteParam(p[1]))
		}
		out = append(out, fmt.Sprintf("attach %s as shard_%d (type postgres, read_only)", quoteText(strings.Join(params, " ")), i))
	}
	for _, t := range w.Tables {
		out = append(out, "create view "+t.Name+" as "+unionAll(t, len(w.Shards)))
	}
	return out, nil
}

// unionAll reads a table from the catalogs shard_0, shard_1, …; a reference table from the first.
func unionAll(t Table, shards int) string {
	if t.Reference {
		shards = 1
	}
	parts := make([]string, shards)
	for i := range parts {
		parts[i] = fmt.Sprintf("select * from shard_%d.public.%s", i, t.Name)
	}
	return strings.Join(parts, " union all ")
}

// quoteParam writes a value of libpq's connection strings.
func quoteParam(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func (p *duckPeer) Name() string { return DuckDB }

// overrun is how long an interrupted query may still take.
const overrun = 15 * time.Second

// Ask leaves the limit to the process, which interrupts the query. One that does not heed that is killed, and another one started when it is needed.
func (p *duckPeer) Ask(ctx context.Context, sql string, limit time.Duration) (Reply, error) {
	if p.driver == nil {
		var err error
		if p.driver, err = p.launch(ctx); err != nil {
			return Reply{}, err
		}
	}
	within, cancel := context.WithTimeout(ctx, limit+overrun)
	defer cancel()
	answer, err := p.driver.ask(within, sql, limit)
	switch {
	case errors.Is(err, errDriver):
		err = errors.Join(err, p.driver.close())
		p.driver = nil
		if within.Err() != nil && ctx.Err() == nil {
			err = ErrTimeout
		}
		return Reply{}, err
	case err != nil:
		return Reply{}, err
	case answer.Timeout:
		return Reply{}, errors.Join(ErrTimeout, p.restart())
	case answer.Error != "":
		return Reply{}, errors.Join(errors.New("duckdb: "+answer.Error), p.restart())
	}
	out, err := answerOf(answer.Columns, answer.Types, duckTypes, answer.Rows)
	return Reply{Answer: out, Took: time.Duration(answer.Took * float64(time.Second))}, err
}

// restart has the next query asked of a process of its own: the extension keeps connections to the shards, and one whose statement was ended is not always
// good for another.
func (p *duckPeer) restart() error {
	err := p.driver.close()
	p.driver = nil
	return err
}

func (p *duckPeer) Close() (err error) {
	if p.driver != nil {
		err = p.driver.close()
	}
	return errors.Join(err, os.RemoveAll(p.temp))
}
