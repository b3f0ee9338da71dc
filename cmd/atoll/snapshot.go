package main

import (
	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/progress"
)

// snapshot is what the progress line shows of a running query.
func snapshot(r *atoll.Result) progress.Snapshot {
	p := r.Progress()
	return progress.Snapshot{Shards: p.Shards, Answered: p.Answered, Rows: p.Rows, Bytes: p.Bytes}
}
