package engine

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// Database is a set of tables that sessions share. Its methods are safe for concurrent use.
type Database struct {
	options Options
	state   atomic.Pointer[catalog]
	locks   locks
	// publishing is held while a version takes the place of another.
	publishing sync.Mutex
	version    atomic.Uint64 // of the last rowversion given

	mu      sync.Mutex
	aliases []alias
	denied  []denial
	memory  []denial // tables that are memory-optimized
	masked  []denial // columns under a mask
}

// alias is a type made by CREATE TYPE … FROM.
type alias struct {
	schema, name string
	base         tsql.TypeName
	nullable     bool
}

// denial is a DENY SELECT; column "" is the whole table.
type denial struct{ schema, table, column string }

// NewDatabase makes an empty database with the schema dbo.
func NewDatabase(options Options) *Database {
	d := &Database{options: options.withDefaults(), locks: locks{held: map[string]*owner{}, writers: map[*owner]struct{}{}}}
	d.version.Store(2000)
	first := &catalog{fold: d.options.folds(), nextID: 901578250, tables: map[string]*table{}, schemas: map[string]*schema{}}
	for id, name := range map[int]string{1: "dbo", 2: "guest", 3: "INFORMATION_SCHEMA", 4: "sys"} {
		first.schemas[first.key(name)] = &schema{id: id, name: name}
	}
	d.state.Store(first)
	return d
}

// Name is the database's name.
func (d *Database) Name() string { return d.options.Name }

// Collation is the database's collation.
func (d *Database) Collation() string { return d.options.Collation }

// Version is the server's product version.
func (d *Database) Version() string { return d.options.Version }

// CreateAlias does what CREATE TYPE schema.name FROM base does.
func (d *Database) CreateAlias(schema, name string, base tsql.TypeName) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.aliases = append(d.aliases, alias{schema: schema, name: name, base: base, nullable: true})
}

// MemoryOptimized makes a table one that SNAPSHOT isolation cannot read: error 41332.
func (d *Database) MemoryOptimized(schema, table string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.memory = append(d.memory, denial{schema, table, ""})
}

// Mask puts a mask over a column in the catalogue, and takes the right to UNMASK from all sessions. Answers are not masked.
func (d *Database) Mask(schema, table, column string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.masked = append(d.masked, denial{schema, table, column})
}

func (d *Database) masking() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.masked) > 0
}

func (d *Database) hasMask(schema, table, column string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return listed(d.masked, schema, table, column)
}

func (d *Database) inMemory(schema, table string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return listed(d.memory, schema, table, "")
}

// Deny takes away the right to SELECT the named columns of a table, or all of it if none is named, from all sessions.
// The catalogue goes on showing them; a type by that name it shows no more.
func (d *Database) Deny(schema, table string, columns ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(columns) == 0 {
		d.denied = append(d.denied, denial{schema, table, ""})
	}
	for _, column := range columns {
		d.denied = append(d.denied, denial{schema, table, column})
	}
}

// denies reports whether the column, or with "" the table itself, was denied by that very name.
func (d *Database) denies(schema, table, column string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return listed(d.denied, schema, table, column)
}

func listed(list []denial, schema, table, column string) bool {
	return slices.ContainsFunc(list, func(d denial) bool {
		return strings.EqualFold(d.schema, schema) && strings.EqualFold(d.table, table) && strings.EqualFold(d.column, column)
	})
}

func (d *Database) typeAliases() []alias {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.aliases
}

// catalog is one version of the database: its schemas and tables. It is never changed; a write makes another.
type catalog struct {
	fold    bool // names ignore case
	nextID  int
	schemas map[string]*schema
	tables  map[string]*table // by schema and name
}

type schema struct {
	id   int
	name string
}

// table is one version of a table. Rows are in the order of insertion; a later version may share their memory.
type table struct {
	id      int
	schema  *schema
	name    string
	columns []*column
	keys    []key
	checks  []rule
	foreign []foreignKey
	rows    [][]Value
	index   *keyIndex
	created time.Time
}

type column struct {
	name      string
	typ       Type
	userType  string // the name of its alias type, "sysname", or ""
	nullable  bool
	hidden    bool
	generated int // 1: row start, 2: row end of a system-versioned table
	computed  tsql.Expr
	identity  *numbering
}

// key is a name as the catalog looks it up.
func (c *catalog) key(parts ...string) string {
	name := strings.Join(parts, "\x00")
	if c.fold {
		return strings.ToLower(name)
	}
	return name
}

func (c *catalog) schema(name string) *schema { return c.schemas[c.key(name)] }

func (c *catalog) table(schema, name string) *table { return c.tables[c.key(schema, name)] }

// changed is a copy in which schemas and tables can be put and removed.
func (c *catalog) changed() *catalog {
	next := *c
	next.schemas, next.tables = maps.Clone(c.schemas), maps.Clone(c.tables)
	return &next
}

// withRows is a copy in which t has more rows.
func (c *catalog) withRows(t *table, rows [][]Value) *catalog {
	grown := *t
	grown.rows, grown.index = append(t.rows, rows...), nil
	return c.with(&grown)
}

// with is a copy in which t is the version of its table.
func (c *catalog) with(t *table) *catalog {
	next := c.changed()
	next.tables[next.key(t.schema.name, t.name)] = t
	return next
}

// newID is the next object's identity.
func (c *catalog) newID() int {
	c.nextID += 16
	return c.nextID
}

// sameName compares two names as the database's collation does.
func (d *Database) sameName(a, b string) bool {
	if d.options.folds() {
		return strings.EqualFold(a, b)
	}
	return a == b
}
