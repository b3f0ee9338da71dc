package main

import (
	"github.com/spf13/pflag"

	"github.com/atoll-sql/atoll/bench/peers"
)

// benchPeerFlags says what peers are made of. Only those that are asked are downloaded.
func benchPeerFlags(f *pflag.FlagSet, o *peers.Options) {
	f.StringVar(&o.Dir, "cache", "", "keep what was downloaded for peers in this directory (default: atoll/peers in the user's cache directory)")
	f.BoolVar(&o.Download, "download", true, "download peers that are asked and not there yet")
	f.StringVar(&o.DuckDBExtension, "duckdb-extension", "", "a file of DuckDB's postgres extension (default: that of Python's wheel)")
	f.StringVar(&o.TrinoTarball, "trino-tarball", "", "a file trino-server-N.tar.gz (default: from Maven Central)")
}
