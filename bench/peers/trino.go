package peers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/atoll-sql/atoll/bench/report"
)

// trinoPeer is a Trino server of one node.
type trinoPeer struct {
	server *trinoServer
	client *trinoClient
}

func openTrino(ctx context.Context, w World, o Options, about *report.Peer) (Peer, error) {
	for i, s := range w.Shards {
		if s.Port == 0 {
			return nil, lacks("shard %d listens on no TCP port, and Trino connects by TCP only: start the servers with one on a loopback address", i)
		}
	}
	found, err := findTrino(ctx, o)
	if err != nil {
		return nil, err
	}
	memory := orMemory(o.TrinoMemory)
	o.say("trino: starting release %s", found.release)
	server, err := startTrino(ctx, found, w, memory)
	if err != nil {
		return nil, err
	}
	p := &trinoPeer{server: server, client: newTrinoClient(server.url)}
	if err := p.views(ctx, w); err != nil {
		return nil, errors.Join(fmt.Errorf("making the views: %w", err), p.Close())
	}
	about.Version = "Trino " + found.release + ", JDK " + found.jdk
	about.Setup = fmt.Sprintf("one node, coordinator and worker, on a loopback address; a PostgreSQL catalog per shard over TCP, a UNION ALL view per "+
		"sharded table in the memory catalog, reference tables from the first shard; heap %d MiB, of which a query may have %d; push-down of predicates, projections, aggregates, "+
		"limits and joins at the release's defaults (release 368 takes limits below UNION ALL, but no aggregates, and its connector reads no table statistics); time is that of the client protocol to the last page", memory>>20, memory>>20*6/10)
	return p, nil
}

// views makes the tables readable under their names, and waits until they are: a node is told of last by each of its catalogs.
func (p *trinoPeer) views(ctx context.Context, w World) error {
	ctx, cancel := context.WithTimeout(ctx, trinoStart)
	defer cancel()
	for _, t := range w.Tables {
		if _, err := p.Ask(ctx, "create view memory.default."+t.Name+" as "+unionAll(t, len(w.Shards)), time.Minute); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	for _, t := range w.Tables {
		if err := p.readable(ctx, t); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	return nil
}

// noNodes is the error of a query over a catalog that no node has announced yet.
const noNodes = "NO_NODES_AVAILABLE"

// readable reads a table, again as long as no node has its catalogs.
func (p *trinoPeer) readable(ctx context.Context, t Table) error {
	for {
		_, err := p.Ask(ctx, "select count(*) from (select * from "+t.Name+" limit 1)", time.Minute)
		var theirs *trinoError
		if !errors.As(err, &theirs) || theirs.ErrorName != noNodes {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (p *trinoPeer) Name() string { return Trino }

// Ask cancels the query at the server when the limit is over.
func (p *trinoPeer) Ask(ctx context.Context, sql string, limit time.Duration) (Reply, error) {
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	begin := time.Now()
	pages, err := p.client.query(within, sql)
	took := time.Since(begin)
	if err != nil {
		switch {
		case ctx.Err() != nil:
			return Reply{}, ctx.Err()
		case within.Err() != nil:
			return Reply{}, ErrTimeout
		case p.server.process.gone():
			err = fmt.Errorf("the server has ended: %w", err)
		}
		return Reply{}, err
	}
	answer, err := pages.answer()
	return Reply{Answer: answer, Took: took}, err
}

func (p *trinoPeer) Close() error {
	p.client.close()
	return p.server.stop()
}
