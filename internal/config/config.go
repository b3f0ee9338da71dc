package config

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/atoll-sql/atoll/internal/yamldoc"
	"github.com/atoll-sql/atoll/shardmap"
)

// Config is a checked configuration. It is not changed after loading.
type Config struct {
	File        string // as given to Load or Parse
	Dialect     string // of queries: "postgres" or "mysql"
	Coordinator Coordinator
	Regions     []shardmap.Region
	Shards      []Shard // in the order of Map.Shards
	Map         *shardmap.Map
	Store       *MapStore // where the map is kept; then Shards and Map are not set. nil if it is in the configuration
	Limits      Limits
	Spill       Spill
	Health      Health
	Residency   string // the residency policy's file; "" means that nothing is checked
	Audit       Audit
	Heat        Heat

	dir string
	env yamldoc.Env
}

// Coordinator says where queries are finished.
type Coordinator struct {
	Region string
}

// Limits bound single queries, all that run at once, and what they hold open; zero means that the engine's default applies.
type Limits struct {
	Memory      int64 // bytes held by the operators of one query
	Timeout     time.Duration
	Concurrency int // shards asked at the same time
	BatchRows   int // rows per record batch

	Connections int           // open at the same time, to all shards together
	OpenShards  int           // with an open connection at the same time
	Idle        time.Duration // after which a connection that nobody uses is closed

	Queries      int           // that run at the same time
	PerUser      int           // of one user, that run at the same time
	Waiting      int           // queries that may wait for their turn; less than 0 means none
	Queue        time.Duration // a query's wait for its turn
	Planning     time.Duration // a query's planning: what shards tell of their tables, and lookups
	ShardTimeout time.Duration // one statement on one shard, with all of its attempts
	TotalMemory  int64         // bytes that the whole process should take; QueriesShare and its kin divide them
	Rows         int64         // rows of one answer
	Egress       int64         // bytes that one query takes out of one region other than the coordinator's
	Retries      int           // of all statements of one query together; less than 0 means none
}

// Spill says where operators put what does not fit in memory.
type Spill struct {
	Dir     string // "" means the system's folder for temporary files
	Limit   int64  // bytes on disk of all queries; 0 means no limit but the disk's
	Encrypt bool   // also where no residency policy asks for it
}

// Health says how servers are watched.
type Health struct {
	Every time.Duration // between two probes of one server; 0 means the engine's default, less than 0 that only servers that fail or have replicas are probed
}

// Error is one fault of a configuration file. Its text holds no credential.
type Error = yamldoc.Error

// Errors lists the faults of one file in the order of their places; it is never empty.
type Errors = yamldoc.Errors

// MaxFileSize bounds a configuration file, in bytes.
const MaxFileSize = yamldoc.MaxFileSize

// Load reads a file; ${VAR} is taken from the process's environment, and relative paths are resolved
// against the file's folder.
func Load(path string) (*Config, error) {
	data, err := yamldoc.ReadFile(path, MaxFileSize)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return Parse(data, path, filepath.Dir(path), os.LookupEnv)
}

// Parse reads a configuration from memory. The name stands in errors, dir is where relative paths
// start, and env looks up a variable. The error is of type [Errors] and lists every fault found, in the
// order of the file.
func Parse(data []byte, name, dir string, env func(string) (string, bool)) (*Config, error) {
	r, root, err := yamldoc.Parse(data, name, "docs/configuration.md shows an example")
	if err != nil {
		return nil, err
	}
	l := &loader{Reader: r, name: name, dir: dir, env: env}
	c := l.config(root)
	if err := r.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

// loader walks the tree, and collects errors instead of stopping at the first.
type loader struct {
	*yamldoc.Reader
	name string
	dir  string
	env  yamldoc.Env
	// stored says that what is read is a map document of a store.
	stored bool
}

const version = 1

func (l *loader) config(root *yamldoc.Node) *Config {
	f := l.Fields(root, "version", "coordinator", "dialect", "regions", "map", "shards", "tables", "colocation", "residency", "audit", "heat", "limits", "spill", "health")
	if f == nil {
		return nil
	}
	if n := f.Need("version", "version: 1"); n != nil {
		if v, ok := l.Integer(n, 1, 1<<31); ok && v != version {
			l.Fail(n.At, "version %d is not supported: this program reads version %d", v, version)
		}
	}
	c := &Config{File: l.name, Dialect: "postgres", dir: l.dir, env: l.env}
	if n := f.Get("dialect"); n != nil {
		c.Dialect = l.OneOf(n, "dialect", "postgres", "mysql")
	}
	c.Regions = l.regions(f.Need("regions", "regions: {eu-central-1: {jurisdiction: EU}}"))
	c.Store = l.mapStore(f.Get("map"))
	spec := l.inlineMap(f, c)
	c.Coordinator = l.coordinator(f.Need("coordinator", "coordinator: {region: eu-central-1}"), c.Regions)
	c.Limits = l.limits(f.Get("limits"))
	l.agreeOnShards(f.Get("shards"), c.Limits)
	c.Spill = l.spill(f.Get("spill"))
	c.Health = l.health(f.Get("health"))
	c.Residency = l.residency(f.Get("residency"))
	c.Audit = l.audit(f.Get("audit"), c.Residency != "")
	c.Heat = l.heat(f.Get("heat"))
	if l.Failed() {
		return nil // the map's faults would mostly follow from these
	}
	if c.Store == nil {
		spec.Version = version
		c.Map = l.buildMap(root, spec)
	}
	return c
}

// inlineMap reads the shard map where it stands in the configuration itself.
func (l *loader) inlineMap(f *yamldoc.Fields, c *Config) shardmap.Spec {
	if f.Get("map") == nil {
		doc := &MapDocument{}
		spec := l.mapSpec(f, c.Regions, doc)
		c.Shards = doc.Shards
		return spec
	}
	for _, key := range mapSections {
		if n := f.Get(key); n != nil {
			l.Fail(n.KeyAt, "%s stands in the map document if there is a map section: move it there", key)
		}
	}
	return shardmap.Spec{}
}

// buildMap builds the shard map and finds the place of each of its faults in the file.
func (l *loader) buildMap(root *yamldoc.Node, spec shardmap.Spec) *shardmap.Map {
	m, err := shardmap.New(spec)
	if err == nil {
		return m
	}
	places := root.Index()
	for _, fault := range shardmap.Faults(err) {
		l.Fail(places.Place(fault.Path), "%s: %s", fault.Path, fault.Text)
	}
	if !l.Failed() {
		l.Fail(root.At, "%v", err)
	}
	return nil
}

func (l *loader) regions(n *yamldoc.Node) []shardmap.Region {
	var out []shardmap.Region
	for _, e := range l.Entries(n) {
		l.CheckName(e.Key, e.KeyAt, "region")
		r := shardmap.Region{Name: e.Key, Jurisdiction: e.Key}
		if f := l.Fields(e, "jurisdiction"); f != nil {
			if n := f.Get("jurisdiction"); n != nil {
				r.Jurisdiction = l.Text(n)
			}
		}
		out = append(out, r)
	}
	return out
}

func (l *loader) coordinator(n *yamldoc.Node, regions []shardmap.Region) Coordinator {
	f := l.Fields(n, "region")
	if f == nil {
		return Coordinator{}
	}
	r := f.Need("region", "region: eu-central-1")
	if r == nil {
		return Coordinator{}
	}
	c := Coordinator{Region: l.Text(r)}
	l.knownRegion(r, c.Region, regions)
	return c
}
