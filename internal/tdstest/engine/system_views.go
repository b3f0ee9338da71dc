package engine

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// view is a system view: its columns as "name:type", with ? behind a type that may be NULL, and what makes its rows.
type view struct {
	columns string
	rows    func(*run) [][]Value
}

const objectColumns = "name:sysname object_id:int principal_id:int? schema_id:int parent_object_id:int type:char(2) type_desc:nvarchar(60) " +
	"create_date:datetime modify_date:datetime is_ms_shipped:bit is_published:bit is_schema_published:bit"

const columnColumns = "object_id:int name:sysname? column_id:int system_type_id:tinyint user_type_id:int max_length:smallint precision:tinyint " +
	"scale:tinyint collation_name:sysname? is_nullable:bit is_ansi_padded:bit is_rowguidcol:bit is_identity:bit is_computed:bit " +
	"is_hidden:bit generated_always_type:tinyint is_masked:bit is_sparse:bit is_column_set:bit default_object_id:int"

// systemViews are the catalog views that clients ask for tables, columns and sizes, each with its most used columns.
var systemViews = map[string]*view{
	"sys.schemas":     {"name:sysname schema_id:int principal_id:int?", schemaRows},
	"sys.objects":     {objectColumns, objectRows},
	"sys.all_objects": {objectColumns, objectRows},
	"sys.tables":      {objectColumns + " temporal_type:tinyint is_external:bit is_memory_optimized:bit", tableRows},
	"sys.views":       {objectColumns, func(*run) [][]Value { return nil }},
	"sys.columns":     {columnColumns, columnRows},
	"sys.all_columns": {columnColumns, columnRows},
	"sys.computed_columns": {"object_id:int name:sysname? column_id:int system_type_id:tinyint user_type_id:int is_computed:bit is_persisted:bit",
		computedRows},
	"sys.types": {"name:sysname system_type_id:tinyint user_type_id:int schema_id:int principal_id:int? max_length:smallint precision:tinyint " +
		"scale:tinyint collation_name:sysname? is_nullable:bit is_user_defined:bit is_assembly_type:bit is_table_type:bit", typeRows},
	"sys.databases": {"name:sysname database_id:int create_date:datetime compatibility_level:tinyint collation_name:sysname? is_read_only:bit " +
		"state:tinyint state_desc:nvarchar(60) snapshot_isolation_state:tinyint snapshot_isolation_state_desc:nvarchar(60) " +
		"is_read_committed_snapshot_on:bit", databaseRows},
	"sys.indexes": {"object_id:int name:sysname? index_id:int type:tinyint type_desc:nvarchar(60) is_unique:bit is_primary_key:bit", indexRows},
	"sys.index_columns": {"object_id:int index_id:int index_column_id:int column_id:int key_ordinal:tinyint is_descending_key:bit is_included_column:bit",
		indexColumnRows},
	"sys.foreign_keys": {"name:sysname object_id:int principal_id:int? schema_id:int parent_object_id:int type:char(2) type_desc:nvarchar(60) " +
		"referenced_object_id:int? key_index_id:int? is_disabled:bit is_not_trusted:bit delete_referential_action:tinyint? " +
		"delete_referential_action_desc:nvarchar(60) update_referential_action:tinyint? update_referential_action_desc:nvarchar(60)", foreignKeyRows},
	"sys.foreign_key_columns": {"constraint_object_id:int constraint_column_id:int parent_object_id:int parent_column_id:int " +
		"referenced_object_id:int referenced_column_id:int", foreignKeyColumnRows},
	"sys.partitions": {"partition_id:bigint object_id:int index_id:int partition_number:int hobt_id:bigint rows:bigint", func(r *run) [][]Value {
		return eachTable(r, func(t *table) []Value { return cells(t.id, t.id, 0, 1, t.id, len(t.rows)) })
	}},
	"sys.allocation_units": {"allocation_unit_id:bigint type:tinyint type_desc:nvarchar(60) container_id:bigint total_pages:bigint used_pages:bigint " +
		"data_pages:bigint", func(r *run) [][]Value {
		return eachTable(r, func(t *table) []Value { return cells(t.id, 1, "IN_ROW_DATA", t.id, pages(t)+1, pages(t)+1, pages(t)) })
	}},
	"sys.dm_db_partition_stats": {"partition_id:bigint object_id:int index_id:int partition_number:int in_row_data_page_count:bigint " +
		"used_page_count:bigint reserved_page_count:bigint row_count:bigint", func(r *run) [][]Value {
		return eachTable(r, func(t *table) []Value { return cells(t.id, t.id, 0, 1, pages(t), pages(t)+1, pages(t)+1, len(t.rows)) })
	}},
	"sys.dm_exec_sessions": {"session_id:smallint login_name:nvarchar(128) transaction_isolation_level:smallint open_transaction_count:int", sessionRows},
}

// systemView is the view of that name, nil if it is none.
func (r *run) systemView(parts []string) *view {
	n := len(parts)
	if n < 2 || n == 3 && !strings.EqualFold(parts[0], r.db.options.Name) || n > 3 {
		return nil
	}
	return systemViews[strings.ToLower(parts[n-2]+"."+parts[n-1])]
}

// relation is the view as a source.
func (v *view) relation(r *run, alias scopeTable) *relation {
	rel := &relation{node: viewNode{v}, tables: []scopeTable{alias}}
	for _, spec := range strings.Fields(v.columns) {
		name, typ, _ := strings.Cut(spec, ":")
		typ, nullable := strings.CutSuffix(typ, "?")
		rel.columns = append(rel.columns, scopeColumn{table: alias.name, name: name, typ: r.viewType(typ), strength: ImplicitCollation, nullable: nullable})
	}
	return rel
}

// viewType is the type of a view's column.
func (r *run) viewType(name string) Type {
	name, facet, _ := strings.Cut(strings.TrimSuffix(name, ")"), "(")
	length, err := strconv.Atoi(facet)
	if err != nil {
		length = 128
	}
	kind := typeKinds[name]
	if !isText(kind) {
		return Type{Kind: kind}
	}
	return Type{Kind: kind, Length: length, Collation: r.db.options.CatalogCollation}
}

type viewNode struct{ view *view }

func (n viewNode) open(e *env) (iterator, error) {
	return &rowsIterator{rows: n.view.rows(e.run), run: e.run}, nil
}

// cells makes a row of Go values; nil is NULL.
func cells(values ...any) []Value {
	row := make([]Value, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case int:
			row[i] = int64(v)
		case string:
			row[i] = NewString16(v)
		default:
			row[i] = v
		}
	}
	return row
}

// tables are the tables by identity, so that answers do not change from one question to the next.
func (c *catalog) sorted() []*table {
	return slices.SortedFunc(maps.Values(c.tables), func(a, b *table) int { return a.id - b.id })
}

func eachTable(r *run, row func(*table) []Value) [][]Value {
	var rows [][]Value
	for _, t := range r.state.sorted() {
		rows = append(rows, row(t))
	}
	return rows
}

func schemaRows(r *run) [][]Value {
	schemas := slices.SortedFunc(maps.Values(r.state.schemas), func(a, b *schema) int { return a.id - b.id })
	var rows [][]Value
	for _, s := range schemas {
		rows = append(rows, cells(s.name, s.id, 1))
	}
	return rows
}

func objectRow(t *table) []Value {
	return cells(t.name, t.id, nil, t.schema.id, 0, "U ", "USER_TABLE", t.created, t.created, false, false, false)
}

func objectRows(r *run) [][]Value { return eachTable(r, objectRow) }

func tableRows(r *run) [][]Value {
	return eachTable(r, func(t *table) []Value { return append(objectRow(t), cells(temporal(t), false, false)...) })
}

func temporal(t *table) int {
	for _, c := range t.columns {
		if c.generated > 0 {
			return 2
		}
	}
	return 0
}

// pages is a guess at a table's size in pages of 8 KiB.
func pages(t *table) int {
	width := 9
	for _, c := range t.columns {
		length, _, _ := facets(c.typ)
		if isVariable(c.typ.Kind) || length < 0 {
			length = 24
		}
		width += length
	}
	return (len(t.rows)*width + 8095) / 8096
}

// userTypeID is the identity of a column's type, which may be an alias.
func (r *run) userTypeID(c *column) int {
	if strings.EqualFold(c.userType, "sysname") {
		return 256
	}
	for i, a := range r.db.typeAliases() {
		if c.userType == a.name {
			return 257 + i
		}
	}
	return systemTypeOf(c.typ).user
}

func collationName(t Type) any {
	if !isText(t.Kind) {
		return nil
	}
	return t.Collation
}

func columnRows(r *run) [][]Value {
	var rows [][]Value
	for _, t := range r.state.sorted() {
		for i, c := range t.columns {
			length, precision, scale := facets(c.typ)
			rows = append(rows, cells(t.id, c.name, i+1, systemTypeOf(c.typ).system, r.userTypeID(c), length, precision, scale, collationName(c.typ), c.nullable,
				true, false, c.identity != nil, c.computed != nil, c.hidden, c.generated, r.db.hasMask(t.schema.name, t.name, c.name), false, false, 0))
		}
	}
	return rows
}

func computedRows(r *run) [][]Value {
	var rows [][]Value
	for _, t := range r.state.sorted() {
		for i, c := range t.columns {
			if c.computed != nil {
				rows = append(rows, cells(t.id, c.name, i+1, systemTypeOf(c.typ).system, r.userTypeID(c), true, false))
			}
		}
	}
	return rows
}

func typeRows(r *run) [][]Value {
	var rows [][]Value
	for _, s := range systemTypes {
		typ := Type{Kind: s.kind, Collation: r.db.options.Collation}
		rows = append(rows, cells(s.name, s.system, s.user, 4, nil, s.length, s.precision, s.scale, collationName(typ), s.name != "sysname", false, s.system == 240, false))
	}
	for i, a := range r.db.typeAliases() {
		base, err := ParseType(a.base, r.db.options.Collation)
		if err != nil || r.db.denies(a.schema, a.name, "") {
			continue // CreateAlias was given no type, and a column of it cannot be made either; or the login may not see it
		}
		length, precision, scale := facets(base)
		schemaID := 1
		if in := r.state.schema(a.schema); in != nil {
			schemaID = in.id
		}
		rows = append(rows, cells(a.name, systemTypeOf(base).system, 257+i, schemaID, nil, length, precision, scale, collationName(base), a.nullable, true, false, false))
	}
	return rows
}

func databaseRows(r *run) [][]Value {
	o, made := &r.db.options, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	state, description := 0, "OFF"
	if o.AllowSnapshot {
		state, description = 1, "ON"
	}
	return [][]Value{
		cells("master", 1, made, o.level(), DefaultCollation, false, 0, "ONLINE", 1, "ON", false),
		cells(o.Name, databaseID, made, o.level(), o.Collation, false, 0, "ONLINE", state, description, false),
	}
}

// level is the compatibility level that goes with the version.
func (o *Options) level() int {
	major, _, _ := strings.Cut(o.Version, ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return 160
	}
	return n * 10
}

// indexRows has a row for every constraint's index, the primary key's first and clustered, and one for the heap of a table without it.
func indexRows(r *run) [][]Value {
	var rows [][]Value
	for _, t := range r.state.sorted() {
		if len(t.keys) == 0 || !t.keys[0].primary {
			rows = append(rows, cells(t.id, nil, 0, 0, "HEAP", false, false))
		}
		for i, k := range t.keys {
			if k.primary {
				rows = append(rows, cells(t.id, k.name, i+1, 1, "CLUSTERED", true, true))
			} else {
				rows = append(rows, cells(t.id, k.name, i+2, 2, "NONCLUSTERED", true, false))
			}
		}
	}
	return rows
}

func indexColumnRows(r *run) [][]Value {
	var rows [][]Value
	for _, t := range r.state.sorted() {
		for i, k := range t.keys {
			number := i + 2
			if k.primary {
				number = 1
			}
			for j, c := range k.columns {
				rows = append(rows, cells(t.id, number, j+1, c+1, j+1, false, false))
			}
		}
	}
	return rows
}

func sessionRows(r *run) [][]Value {
	level := map[string]int{readUncommitted: 1, readCommitted: 2, repeatableRead: 3, serializable: 4, snapshot: 5}[r.session.isolation]
	return [][]Value{cells(r.session.id, r.session.login, level, r.session.depth())}
}
