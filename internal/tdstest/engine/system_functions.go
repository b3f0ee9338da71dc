package engine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// databaseID is DB_ID().
const databaseID = 5

// systemFunction is a function that asks about the server. Its arguments arrive as text, nil for NULL; a string it returns
// is nvarchar(128), an int is int. Functions that return sql_variant at the vendor's return nvarchar here.
type systemFunction struct {
	number bool
	call   func(r *run, args []*string) any
}

var systemFunctions = map[string]systemFunction{
	"DB_ID":       {true, databaseByName},
	"DB_NAME":     {false, databaseByID},
	"SCHEMA_ID":   {true, schemaByName},
	"SCHEMA_NAME": {false, schemaByID},
	"OBJECT_ID":   {true, objectByName},
	"OBJECT_NAME": {false, func(r *run, args []*string) any { return ofTable(r, args, func(t *table) string { return t.name }) }},
	"OBJECT_SCHEMA_NAME": {false, func(r *run, args []*string) any {
		return ofTable(r, args, func(t *table) string { return t.schema.name })
	}},
	"TYPE_NAME":          {false, typeByID},
	"COL_NAME":           {false, columnByID},
	"SERVERPROPERTY":     {false, serverProperty},
	"DATABASEPROPERTYEX": {false, databaseProperty},
	"HAS_PERMS_BY_NAME":  {true, hasPermission},
	"SUSER_SNAME":        {false, func(r *run, _ []*string) any { return r.session.login }},
	"USER_NAME":          {false, func(*run, []*string) any { return "dbo" }},
	"APP_NAME":           {false, func(*run, []*string) any { return "" }},
	"HOST_NAME":          {false, func(*run, []*string) any { return "" }},
}

// systemCall binds a call of a system function.
func (b *binder) systemCall(f systemFunction, args []bound) (bound, error) {
	out := combine(args...)
	out.typ, out.nullable = Type{Kind: NVarchar, Length: 128, Collation: b.run.db.options.Collation}, true
	if f.number {
		out.typ = Type{Kind: Int}
	}
	for i, arg := range args {
		var err error
		if args[i], err = convertTo(arg, Type{Kind: NVarchar, Length: maxUnits, Collation: b.run.db.options.Collation}); err != nil {
			return bound{}, err
		}
	}
	out.eval = func(e *env) (Value, error) {
		texts := make([]*string, len(args))
		for i, arg := range args {
			v, err := arg.eval(e)
			if err != nil {
				return nil, err
			}
			if s, ok := v.(String16); ok {
				text := s.String()
				texts[i] = &text
			}
		}
		return cells(f.call(e.run, texts))[0], nil
	}
	return out, nil
}

// global binds @@NAME.
func (b *binder) global(v *tsql.Variable) (bound, error) {
	s, o := b.run.session, &b.run.db.options
	number := func(n int64) (bound, error) { return constantOf(n, Type{Kind: Int}), nil }
	switch strings.ToUpper(v.Name) {
	case "@@VERSION":
		return b.text(fmt.Sprintf("Microsoft SQL Server (as played by a test server) - %s (X64)", o.Version)), nil
	case "@@SPID":
		return number(int64(s.id))
	case "@@TRANCOUNT":
		return number(int64(s.depth()))
	case "@@ROWCOUNT":
		return number(s.rowCount)
	case "@@LOCK_TIMEOUT":
		return number(s.number("LOCK_TIMEOUT", -1))
	case "@@MAX_PRECISION":
		return number(maxDigits)
	case "@@DATEFIRST":
		return number(s.number("DATEFIRST", 7))
	case "@@SERVERNAME":
		return b.text("tdstest"), nil
	case "@@LANGUAGE":
		return b.text("us_english"), nil
	}
	return bound{}, placed(newError(137, "Must declare the scalar variable %q.", v.Name), b.run.batch, v.Pos)
}

// depth is @@TRANCOUNT.
func (s *Session) depth() int {
	if s.tx == nil {
		return 0
	}
	return s.tx.depth
}

// unquoted takes the brackets or quotes off a name's parts.
func unquoted(name string) []string {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if len(part) > 1 && (part[0] == '[' && part[len(part)-1] == ']' || part[0] == '"' && part[len(part)-1] == '"') {
			parts[i] = strings.ReplaceAll(part[1:len(part)-1], "]]", "]")
		}
	}
	return parts
}

func databaseByName(r *run, args []*string) any {
	switch {
	case len(args) == 0:
		return databaseID
	case args[0] == nil:
		return nil
	case r.db.sameName(*args[0], r.db.options.Name):
		return databaseID
	case strings.EqualFold(*args[0], "master"):
		return 1
	}
	return nil
}

func databaseByID(r *run, args []*string) any {
	switch {
	case len(args) == 0:
		return r.db.options.Name
	case args[0] == nil:
		return nil
	case *args[0] == strconv.Itoa(databaseID):
		return r.db.options.Name
	case *args[0] == "1":
		return "master"
	}
	return nil
}

func schemaByName(r *run, args []*string) any {
	name := "dbo"
	if len(args) > 0 {
		if args[0] == nil {
			return nil
		}
		name = *args[0]
	}
	if s := r.state.schema(name); s != nil {
		return s.id
	}
	return nil
}

func schemaByID(r *run, args []*string) any {
	if len(args) == 0 {
		return "dbo"
	}
	for _, s := range r.state.schemas {
		if args[0] != nil && strconv.Itoa(s.id) == *args[0] {
			return s.name
		}
	}
	return nil
}

// tableNamed finds a table by a text such as dbo.t or [dbo].[t].
func (r *run) tableNamed(name *string) *table {
	if name == nil {
		return nil
	}
	schemaName, local, err := r.objectName(unquoted(*name))
	if err != nil {
		return nil
	}
	return r.state.table(schemaName, local)
}

func objectByName(r *run, args []*string) any {
	t := r.tableNamed(args[0])
	if t == nil || len(args) > 1 && (args[1] == nil || !strings.EqualFold(strings.TrimSpace(*args[1]), "U")) {
		return nil
	}
	return t.id
}

func ofTable(r *run, args []*string, what func(*table) string) any {
	for _, t := range r.state.tables {
		if args[0] != nil && strconv.Itoa(t.id) == *args[0] {
			return what(t)
		}
	}
	return nil
}

func typeByID(_ *run, args []*string) any {
	for _, s := range systemTypes {
		if args[0] != nil && strconv.Itoa(s.user) == *args[0] {
			return s.name
		}
	}
	return nil
}

func columnByID(r *run, args []*string) any {
	if args[1] == nil {
		return nil
	}
	n, err := strconv.Atoi(*args[1])
	if err != nil {
		return nil
	}
	name := ofTable(r, args, func(t *table) string {
		if n < 1 || n > len(t.columns) {
			return ""
		}
		return t.columns[n-1].name
	})
	if name == "" {
		return nil
	}
	return name
}

func serverProperty(r *run, args []*string) any {
	if args[0] == nil {
		return nil
	}
	o := &r.db.options
	major, _, _ := strings.Cut(o.Version, ".")
	switch strings.ToLower(*args[0]) {
	case "productversion":
		return o.Version
	case "productmajorversion":
		return major
	case "productlevel":
		return "RTM"
	case "engineedition":
		return strconv.Itoa(o.EngineEdition)
	case "edition":
		if o.EngineEdition == 5 {
			return "SQL Azure"
		}
		return "Developer Edition (64-bit)"
	case "collation":
		return DefaultCollation
	case "servername", "machinename":
		return "tdstest"
	}
	return nil
}

func databaseProperty(r *run, args []*string) any {
	if args[0] == nil || args[1] == nil || !r.db.sameName(*args[0], r.db.options.Name) {
		return nil
	}
	switch strings.ToLower(*args[1]) {
	case "collation":
		return r.db.options.Collation
	case "status":
		return "ONLINE"
	case "updateability":
		return "READ_WRITE"
	}
	return nil
}

// hasPermission is HAS_PERMS_BY_NAME for the database, objects and their columns; what is no table is not denied.
// A login that reads masks may not UNMASK.
func hasPermission(r *run, args []*string) any {
	if args[0] == nil {
		return 1
	}
	if len(args) > 2 && args[1] != nil && args[2] != nil && strings.EqualFold(*args[1], "DATABASE") {
		if strings.EqualFold(*args[2], "UNMASK") && r.db.masking() {
			return 0
		}
		return 1
	}
	t := r.tableNamed(args[0])
	if t == nil {
		return nil
	}
	if r.db.denies(t.schema.name, t.name, "") {
		return 0
	}
	if len(args) > 3 && args[3] != nil && r.db.denies(t.schema.name, t.name, *args[3]) {
		return 0
	}
	return 1
}
