package tpch

import "fmt"

const mib = 1 << 20

// memory is how the machine's memory is shared out, in MiB: what each server keeps of its rows, and what peers with a process of their own may have.
type memory struct {
	single, shard, fdw int // buffers of PostgreSQL servers
	peer               int // for Trino's heap, and for DuckDB; 0 leaves it to package peers
	short              bool
}

// share gives every server buffers for all the rows it holds, about 2 GB for scale factor 1: then nothing is read from disk. All buffers together
// are at most a third of the machine's memory, Trino and DuckDB have a sixth each, and a third is left for what queries need and for this process.
// total is 0 where the system does not say how much it has.
func share(scale float64, shards, total int) memory {
	const all, reference = 2048, 160 // MiB at scale factor 1: all tables with their indexes; those that are on every shard
	size := func(mb float64) int { return max(64, int(mb*scale)) }
	m := memory{single: size(all), shard: size(all/float64(shards) + reference), fdw: size(reference)}
	if total == 0 {
		return m
	}
	m.peer = total / 6
	if sum := m.single + shards*m.shard + m.fdw; sum > total/3 {
		m.short = true
		shrink := func(mb int) int { return max(32, mb*(total/3)/sum) }
		m.single, m.shard, m.fdw = shrink(m.single), shrink(m.shard), shrink(m.fdw)
	}
	return m
}

// common are the settings of every server alike.
func (o Options) common() []string {
	return append([]string{
		"work_mem=256MB", "maintenance_work_mem=256MB", "random_page_cost=1.1", "max_parallel_workers_per_gather=2", "jit=on",
		"autovacuum=off", "max_wal_size=8GB", "max_connections=100",
	}, o.Settings...)
}

// settings are those of a server with buffers of so many MiB. What the user wants comes last, and wins.
func (o Options) settings(buffers int) []string {
	return append([]string{fmt.Sprintf("shared_buffers=%dMB", buffers), fmt.Sprintf("effective_cache_size=%dMB", 2*buffers)}, o.common()...)
}
