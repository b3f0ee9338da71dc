package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// objectName splits a table's name; the schema is dbo unless it is written.
func (r *run) objectName(parts []string) (schema, name string, err error) {
	name, schema = parts[len(parts)-1], "dbo"
	if len(parts) > 1 && parts[len(parts)-2] != "" {
		schema = parts[len(parts)-2]
	}
	if len(parts) > 3 || len(parts) == 3 && !strings.EqualFold(parts[0], r.db.options.Name) {
		return "", "", newError(208, "Invalid object name '%s'.", strings.Join(parts, "."))
	}
	return schema, name, nil
}

func (r *run) createSchema(create *tsql.CreateSchema) error {
	return r.write(func(c *catalog) (*catalog, error) {
		if c.schema(create.Name) != nil {
			return nil, newError(2714, "There is already an object named '%s' in the database.", create.Name)
		}
		next := c.changed()
		next.schemas[next.key(create.Name)] = &schema{id: next.newID() % 10000, name: create.Name}
		return next, nil
	})
}

func (r *run) createTable(create *tsql.CreateTable) error {
	schemaName, name, err := r.objectName(create.Table.Parts)
	if err != nil {
		return err
	}
	r.pin()
	return r.write(func(c *catalog) (*catalog, error) {
		next, _, err := r.withTable(c, schemaName, name, create)
		return next, err
	})
}

// withTable is a version of c that has one more, empty table.
func (r *run) withTable(c *catalog, schemaName, name string, create *tsql.CreateTable) (*catalog, *table, error) {
	in := c.schema(schemaName)
	if in == nil || in.id == 4 {
		return nil, nil, newError(2760, "The specified schema name %q either does not exist or you do not have permission to use it.", schemaName)
	}
	if c.table(schemaName, name) != nil {
		return nil, nil, newError(2714, "There is already an object named '%s' in the database.", name)
	}
	columns, err := r.columns(name, create.Columns)
	if err != nil {
		return nil, nil, err
	}
	next := c.changed()
	t := &table{id: next.newID(), schema: in, name: name, columns: columns, created: time.Now().UTC().Truncate(time.Millisecond)}
	if t.keys, err = r.keysOf(name, t.id, columns, create.Keys); err != nil {
		return nil, nil, err
	}
	if err := r.constraintsOf(c, t, create); err != nil {
		return nil, nil, err
	}
	next.tables[next.key(in.name, name)] = t
	return next, t, nil
}

func (r *run) columns(tableName string, defs []tsql.ColumnDef) ([]*column, error) {
	var columns []*column
	periods := 0
	for _, def := range defs {
		for _, other := range columns {
			if r.db.sameName(other.name, def.Name) {
				return nil, newError(2705, "Column names in each table must be unique. Column name '%s' in table '%s' is specified more than once.", def.Name, tableName)
			}
		}
		made := &column{name: def.Name, nullable: !def.NotNull, hidden: def.Hidden, computed: def.Computed}
		if def.Hidden && def.Computed == nil {
			periods++
			made.generated, made.nullable = periods, false
		}
		if def.Computed == nil {
			typ, userType, err := r.declaredType(def.Type, def.Collation)
			if err != nil {
				return nil, err
			}
			made.typ, made.userType = typ, userType
			made.nullable = made.nullable && typ.Kind != RowVersion
			if made.identity, err = identityOf(tableName, def, typ, columns); err != nil {
				return nil, err
			}
		}
		columns = append(columns, made)
	}
	for _, made := range columns {
		if made.computed == nil {
			continue
		}
		value, err := r.computed(columns, made.computed)
		if err != nil {
			return nil, err
		}
		made.typ, made.nullable = Settle(value.typ), value.nullable
	}
	return columns, nil
}

// declaredType resolves a type name, built in or an alias; sysname is an alias of nvarchar(128).
func (r *run) declaredType(name tsql.TypeName, collation string) (Type, string, error) {
	if collation == "" {
		collation = r.db.options.Collation
	}
	collation, bad := r.db.options.collation(collation)
	if bad != nil {
		return Type{}, "", bad
	}
	if strings.EqualFold(name.Name, "sysname") {
		typ, err := ParseType(name, collation)
		return typ, "sysname", lift(err)
	}
	typ, err := ParseType(name, collation)
	if err == nil {
		return typ, "", nil
	}
	_, local, qualified := strings.Cut(name.Name, ".")
	for _, alias := range r.db.typeAliases() {
		if strings.EqualFold(alias.name, name.Name) || qualified && strings.EqualFold(alias.name, local) {
			typ, err := ParseType(alias.base, collation)
			return typ, alias.name, lift(err)
		}
	}
	return Type{}, "", err
}

// computed binds a computed column's expression over the columns of its table.
func (r *run) computed(columns []*column, expr tsql.Expr) (bound, error) {
	s := &scope{clause: inComputed}
	for _, c := range columns {
		if c.computed == nil {
			s.columns = append(s.columns, scopeColumn{name: c.name, typ: c.typ, strength: ImplicitCollation, nullable: c.nullable})
		} else {
			s.columns = append(s.columns, scopeColumn{name: c.name, forbidden: newError(1759, "Computed column '%s' in table is not allowed to be used in "+
				"another computed-column definition.", c.name)})
		}
	}
	return (&binder{run: r}).expr(s, expr)
}

func (r *run) drop(drop *tsql.Drop) error {
	if drop.Kind == "SCHEMA" {
		return r.dropSchema(drop)
	}
	schemaName, name, err := r.objectName(drop.Table.Parts)
	if err != nil {
		return err
	}
	return r.write(func(c *catalog) (*catalog, error) {
		if c.table(schemaName, name) == nil {
			if drop.IfExists {
				return c, nil
			}
			return nil, newError(3701, "Cannot drop the table '%s', because it does not exist or you do not have permission.", strings.Join(drop.Table.Parts, "."))
		}
		gone := c.key(schemaName, name)
		for _, t := range c.sorted() {
			if t != c.tables[gone] && slices.ContainsFunc(t.foreign, func(f foreignKey) bool { return f.to == gone }) {
				return nil, newError(3726, "Could not drop object '%s' because it is referenced by a FOREIGN KEY constraint.", joinName(drop.Table.Parts))
			}
		}
		next := c.changed()
		delete(next.tables, gone)
		return next, nil
	})
}

func (r *run) dropSchema(drop *tsql.Drop) error {
	name := drop.Table.Parts[len(drop.Table.Parts)-1]
	return r.write(func(c *catalog) (*catalog, error) {
		gone := c.schema(name)
		if gone == nil || gone.id <= 4 {
			if drop.IfExists && gone == nil {
				return c, nil
			}
			return nil, newError(15151, "Cannot drop the schema '%s', because it does not exist or you do not have permission.", name)
		}
		for _, t := range c.tables {
			if t.schema == gone {
				return nil, newError(3729, "Cannot drop schema '%s' because it is being referenced by object '%s'.", name, t.name)
			}
		}
		next := c.changed()
		delete(next.schemas, next.key(name))
		return next, nil
	})
}

// Load appends rows to a table, which it creates with the given columns if it does not exist. A row has one value for
// each column of the table, in order, exactly as its type keeps it (see Value): nothing is converted or checked, and
// computed and rowversion columns are given, not made. The rows belong to the database afterwards.
func (d *Database) Load(schema, name string, columns []tsql.ColumnDef, rows [][]Value) error {
	r := &run{ctx: context.Background(), session: d.NewSession(), db: d}
	return r.write(func(c *catalog) (*catalog, error) {
		t, next := c.table(schema, name), c
		if t == nil {
			var err error
			if next, t, err = r.withTable(c, schema, name, &tsql.CreateTable{Columns: columns}); err != nil {
				return nil, err
			}
		}
		for _, row := range rows {
			if len(row) != len(t.columns) {
				return nil, newError(213, "Column name or number of supplied values does not match table definition.")
			}
		}
		return next.withRows(t, rows), nil
	})
}
