package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/shardmap"
)

// Config is a checked configuration. It is not changed after loading.
type Config struct {
	File        string // as given to Load or Parse
	Dialect     string // of queries: "postgres" or "mysql"
	Coordinator Coordinator
	Shards      []Shard // in the order of Map.Shards
	Map         *shardmap.Map
	Limits      Limits
}

// Coordinator says where queries are finished.
type Coordinator struct {
	Region string
}

// Limits bound one query; zero means that the engine's default applies.
type Limits struct {
	Memory      int64 // bytes held by operators
	Timeout     time.Duration
	Concurrency int // shards asked at the same time
	BatchRows   int // rows per record batch
}

// MaxFileSize bounds a configuration file, in bytes.
const MaxFileSize = 2 << 20

// Load reads a file; ${VAR} is taken from the process's environment, and relative paths are resolved
// against the file's folder.
func Load(path string) (*Config, error) {
	data, err := readFile(path, MaxFileSize)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return Parse(data, path, filepath.Dir(path), os.LookupEnv)
}

// Parse reads a configuration from memory. The name stands in errors, dir is where relative paths
// start, and env looks up a variable. The error is of type [Errors] and lists every fault found, in the
// order of the file.
func Parse(data []byte, name, dir string, env func(string) (string, bool)) (*Config, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	src := newSource(name, data)
	l := &loader{src: src, dir: dir, env: env}
	root, err := parseYAML(src, data)
	if err != nil {
		return nil, Errors{err}
	}
	c := l.config(root)
	if len(l.errs) > 0 {
		slices.SortStableFunc(l.errs, func(a, b *Error) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, l.errs
	}
	return c, nil
}

// loader walks the tree, and collects errors instead of stopping at the first.
type loader struct {
	src  *source
	dir  string
	env  func(string) (string, bool)
	errs Errors
}

// maxErrors bounds the errors reported at once.
const maxErrors = 20

func (l *loader) fail(at position, format string, args ...any) {
	if len(l.errs) < maxErrors {
		l.errs = append(l.errs, l.src.errorf(at, format, args...))
	}
}

const (
	residencyRefused = "residency policies are not enforced by this version: remove the key, or use a version that enforces them"
	version          = 1
)

func (l *loader) config(root *node) *Config {
	f := l.fields(root, "version", "coordinator", "dialect", "regions", "shards", "tables", "colocation", "residency", "limits")
	if f == nil {
		return nil
	}
	if n := f.get("residency"); n != nil {
		l.fail(n.keyAt, residencyRefused)
	}
	if n := f.need("version", "version: 1"); n != nil {
		if v, ok := l.integer(n, 1, 1<<31); ok && v != version {
			l.fail(n.at, "version %d is not supported: this program reads version %d", v, version)
		}
	}
	c := &Config{File: l.src.name, Dialect: "postgres"}
	if n := f.get("dialect"); n != nil {
		c.Dialect = l.oneOf(n, "dialect", "postgres", "mysql")
	}
	spec := shardmap.Spec{Version: version}
	spec.Regions = l.regions(f.need("regions", "regions: {eu-central-1: {jurisdiction: EU}}"))
	c.Shards = l.shards(f.need("shards", `shards: {eu-1: {region: …, driver: postgres, dsn: "${EU1_DSN}"}}`))
	for _, s := range c.Shards {
		spec.Shards = append(spec.Shards, shardmap.Shard{Name: s.Name, Region: s.Region})
	}
	spec.Tables = l.tables(f.need("tables", "tables: {orders: {sharding: {…}}}"))
	spec.Classes = l.classes(f.get("colocation"))
	c.Coordinator = l.coordinator(f.need("coordinator", "coordinator: {region: eu-central-1}"), spec.Regions)
	c.Limits = l.limits(f.get("limits"))
	if len(l.errs) > 0 {
		return nil // the map's faults would mostly follow from these
	}
	c.Map = l.buildMap(root, spec)
	return c
}

// buildMap builds the shard map and finds the place of each of its faults in the file.
func (l *loader) buildMap(root *node, spec shardmap.Spec) *shardmap.Map {
	m, err := shardmap.New(spec)
	if err == nil {
		return m
	}
	places := map[string]position{}
	root.index(places)
	for _, fault := range shardmap.Faults(err) {
		l.fail(place(places, fault.Path), "%s: %s", fault.Path, fault.Text)
	}
	if len(l.errs) == 0 {
		l.fail(root.at, "%v", err)
	}
	return nil
}

func (l *loader) regions(n *node) []shardmap.Region {
	var out []shardmap.Region
	for _, e := range l.entries(n) {
		l.checkName(e, "region")
		r := shardmap.Region{Name: e.key, Jurisdiction: e.key}
		if f := l.fields(e, "jurisdiction"); f != nil {
			if n := f.get("jurisdiction"); n != nil {
				r.Jurisdiction = l.text(n)
			}
		}
		out = append(out, r)
	}
	return out
}

func (l *loader) coordinator(n *node, regions []shardmap.Region) Coordinator {
	f := l.fields(n, "region")
	if f == nil {
		return Coordinator{}
	}
	r := f.need("region", "region: eu-central-1")
	if r == nil {
		return Coordinator{}
	}
	c := Coordinator{Region: l.text(r)}
	var names []string
	for _, region := range regions {
		names = append(names, region.Name)
	}
	if c.Region != "" && len(names) > 0 && !slices.Contains(names, c.Region) {
		l.fail(r.at, "unknown region %s%s", quote(c.Region), suggestion(c.Region, names, "the regions"))
	}
	return c
}

// readFile reads a regular file of bounded size.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}
