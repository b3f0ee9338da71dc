package tpch

import (
	"context"
	"os"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/peers"
)

// openEngine is Atoll over the shards.
func (s *servers) openEngine(ctx context.Context) (peers.Peer, error) {
	cfg, err := atoll.ParseConfig([]byte(s.layout.ConfigYAML()), ".", os.LookupEnv)
	if err != nil {
		return nil, err
	}
	e, err := atoll.Open(ctx, cfg, atoll.WithoutRules(s.opts.Off...))
	if err != nil {
		return nil, err
	}
	return peers.Engine(e), nil
}
