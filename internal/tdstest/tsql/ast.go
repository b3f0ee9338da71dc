// Package tsql parses the part of Transact-SQL that Atoll's dialect may emit, and what tests need to fill tables.
//
// The parser is strict: what it does not know is a syntax error, as at a real server what SQL Server does not know
// would be. Predicates and scalar expressions are different things in T-SQL, and so they are here: a condition is never
// a value. The grammar follows the vendor's reference, https://learn.microsoft.com/sql/t-sql/language-reference.
package tsql

// Statement is one statement of a batch: *Query, *Insert, *Update, *Delete, *CreateTable, *Drop, *CreateSchema, *Set, *Transaction or *Wait.
type Statement interface{ statement() }

// Query is a query expression with what may follow it once.
type Query struct {
	Body    Body
	OrderBy []OrderItem
	Offset  Expr // nil without OFFSET
	Fetch   Expr // nil without FETCH NEXT
}

// Body is *Select or *SetOp.
type Body interface{ body() }

// SetOp combines two bodies: "UNION", "UNION ALL", "EXCEPT" or "INTERSECT".
type SetOp struct {
	Op          string
	Left, Right Body
}

// Select is one query specification. Top is nil without TOP (n).
type Select struct {
	Distinct bool
	Top      Expr
	Items    []Item
	From     []Source // joined by commas
	Where    Cond
	GroupBy  []Expr
	Having   Cond
}

// Item is one column of the select list. Alias is "" if it has none; Star is * (or Table.*).
type Item struct {
	Expr  Expr
	Alias string
	Star  bool
	Table string
}

// OrderItem is one sort key.
type OrderItem struct {
	Expr Expr
	Desc bool
}

// Source is *Table, *Derived, *Values, *OpenJSON or *Join.
type Source interface{ source() }

// Table is a table or view; Parts are its name's parts, the last is the name itself. Hints are in upper case.
type Table struct {
	Parts []string
	Alias string
	Hints []string
	Pos   int
}

// Derived is a derived table. Columns rename its columns; none if empty.
type Derived struct {
	Query   *Query
	Alias   string
	Columns []string
}

// Values is a table value constructor used as a derived table.
type Values struct {
	Rows    [][]Expr
	Alias   string
	Columns []string
}

// OpenJSON is OPENJSON(arg) WITH (name type 'path', …).
type OpenJSON struct {
	Arg   Expr
	With  []JSONColumn
	Alias string
}

// JSONColumn is one column of an OPENJSON's WITH clause.
type JSONColumn struct {
	Name string
	Type TypeName
	Path string
}

// Join is a joined table; Kind is "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "CROSS APPLY" or "OUTER APPLY". On is nil for the last three.
type Join struct {
	Kind        string
	Left, Right Source
	On          Cond
}

// Expr is a scalar expression.
type Expr interface{ expr() }

// LiteralKind says how a literal was written, which fixes its type.
type LiteralKind uint8

// The kinds of literals.
const (
	Null     LiteralKind = iota
	Integer              // 42: int, or decimal where int does not hold it
	Decimal              // 1.50: decimal of the digits written
	Float                // 1e3: float
	Varchar              // 'x'
	Nvarchar             // N'x'
	Binary               // 0x0aff
)

// Literal is a constant; Text is without quotes, doubled quotes undone; of Binary the digits after 0x.
type Literal struct {
	Kind LiteralKind
	Text string
	Pos  int
}

// Variable is @name, with the sign.
type Variable struct {
	Name string
	Pos  int
}

// Column is a column reference; the last part is the column.
type Column struct {
	Parts []string
	Pos   int
}

// Unary is -x, +x or ~x.
type Unary struct {
	Op byte
	X  Expr
}

// BinaryOp is + - * / % & | ^.
type BinaryOp struct {
	Op   byte
	L, R Expr
	Pos  int
}

// Collate is x COLLATE name.
type Collate struct {
	X         Expr
	Collation string
	Pos       int
}

// Call is a function or aggregate call; Name is in upper case. Part is the first argument of date functions, in lower
// case and without synonyms ("day", not "dd"). Within is the WITHIN GROUP order of STRING_AGG. Over is nil but for
// functions of a window.
type Call struct {
	Name     string
	Part     string
	Args     []Expr
	Star     bool
	Distinct bool
	Within   []OrderItem
	Over     *Over
	Pos      int
}

// Over is an OVER clause. Frame is nil where none is written.
type Over struct {
	Partition []Expr
	OrderBy   []OrderItem
	Frame     *Frame
}

// Frame is ROWS or RANGE with its bounds; where only the first is written, the last is CURRENT ROW.
type Frame struct {
	Rows        bool
	First, Last Bound
}

// Bound is one end of a frame: "UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING" or "UNBOUNDED FOLLOWING";
// Offset is how many rows away it is where a number stands before the word.
type Bound struct {
	Word   string
	Offset int
}

// Cast is CAST(x AS t), CONVERT(t, x, style), or their TRY_ forms. Style is nil where none is given.
type Cast struct {
	X     Expr
	To    TypeName
	Style Expr
	Try   bool
	Pos   int
}

// Case is a CASE expression: searched, with Conds; or simple, with Operand and Values.
type Case struct {
	Operand Expr
	Whens   []When
	Else    Expr
	Pos     int
}

// When is one arm of a CASE; Cond of a searched one, Value of a simple one.
type When struct {
	Cond  Cond
	Value Expr
	Then  Expr
}

// AtTimeZone is x AT TIME ZONE zone.
type AtTimeZone struct{ X, Zone Expr }

// Subquery is a scalar subquery.
type Subquery struct {
	Query *Query
	Pos   int
}

// TypeName is a data type as written, in lower case; MAX is -1.
type TypeName struct {
	Name string
	Args []int
	Pos  int
}

// Cond is a search condition, which is not a value.
type Cond interface{ cond() }

// Compare is = <> < <= > >=; != !< !> are written as their standard forms.
type Compare struct {
	Op   string
	L, R Expr
	Pos  int
}

// IsNull is x IS [NOT] NULL.
type IsNull struct {
	X   Expr
	Not bool
}

// IsDistinct is a IS [NOT] DISTINCT FROM b (SQL Server 2022).
type IsDistinct struct {
	L, R Expr
	Not  bool
	Pos  int
}

// In is x [NOT] IN (list) or (query).
type In struct {
	X     Expr
	List  []Expr
	Query *Query
	Not   bool
	Pos   int
}

// Like is x [NOT] LIKE pattern [ESCAPE e].
type Like struct {
	X, Pattern, Escape Expr
	Not                bool
	Pos                int
}

// Between is x [NOT] BETWEEN low AND high.
type Between struct {
	X, Low, High Expr
	Not          bool
}

// And, Or and Not combine conditions.
type (
	And struct{ L, R Cond }
	Or  struct{ L, R Cond }
	Not struct{ X Cond }
)

// Exists is EXISTS (query).
type Exists struct{ Query *Query }

// Insert is INSERT INTO table [(columns)] VALUES (…), … ; Rows hold literals and expressions without columns. Query, if not nil, is a
// query in place of VALUES.
type Insert struct {
	Table   Table
	Columns []string
	Rows    [][]Expr
	Query   *Query
}

// Update is UPDATE [TOP (n)] table SET column = value, … [WHERE …]. Top and Where are nil where they are not written.
type Update struct {
	Top   Expr
	Table Table
	Set   []Assignment
	Where Cond
}

// Assignment is column = value.
type Assignment struct {
	Column string
	Value  Expr
}

// Delete is DELETE [TOP (n)] FROM table [WHERE …]. Top and Where are nil where they are not written.
type Delete struct {
	Top   Expr
	Table Table
	Where Cond
}

// CreateTable is CREATE TABLE.
type CreateTable struct {
	Table   Table
	Columns []ColumnDef
	Keys    []Key
	Checks  []Check
	Foreign []ForeignKey
}

// Check is a CHECK constraint; Name is "" where none is written.
type Check struct {
	Name string
	Cond Cond
}

// ForeignKey is FOREIGN KEY (columns) REFERENCES table (columns); To is empty where it means the primary key. There is no ON DELETE and no
// ON UPDATE.
type ForeignKey struct {
	Name        string
	Columns, To []string
	Table       Table
}

// Key is a PRIMARY KEY or UNIQUE constraint; Name is "" where none is written.
type Key struct {
	Name    string
	Primary bool
	Columns []string
}

// ColumnDef is a column of a new table. Computed is its expression where it is a computed column.
type ColumnDef struct {
	Name      string
	Type      TypeName
	Collation string
	NotNull   bool
	Hidden    bool // GENERATED ALWAYS … HIDDEN
	Identity  *Identity
	Computed  Expr
}

// Identity is IDENTITY (seed, increment), which are 1 where they are not written.
type Identity struct{ Seed, Increment int64 }

// Drop is DROP TABLE or DROP SCHEMA [IF EXISTS].
type Drop struct {
	Kind     string // "TABLE" or "SCHEMA"
	Table    Table
	IfExists bool
}

// CreateSchema is CREATE SCHEMA name.
type CreateSchema struct{ Name string }

// Set is SET TRANSACTION ISOLATION LEVEL level (Option "TRANSACTION ISOLATION LEVEL"), or SET option value, in upper case.
type Set struct{ Option, Value string }

// IdentityInsert is SET IDENTITY_INSERT table ON or OFF.
type IdentityInsert struct {
	Table Table
	On    bool
}

// Transaction is BEGIN, COMMIT or ROLLBACK TRANSACTION.
type Transaction struct{ Verb string }

// Wait is WAITFOR DELAY 'hh:mm:ss[.mmm]'.
type Wait struct{ Delay string }

func (*Query) statement()          {}
func (*Insert) statement()         {}
func (*Update) statement()         {}
func (*Delete) statement()         {}
func (*CreateTable) statement()    {}
func (*Drop) statement()           {}
func (*CreateSchema) statement()   {}
func (*Set) statement()            {}
func (*IdentityInsert) statement() {}
func (*Transaction) statement()    {}
func (*Wait) statement()           {}

func (*Select) body() {}
func (*SetOp) body()  {}

func (*Table) source()    {}
func (*Derived) source()  {}
func (*Values) source()   {}
func (*OpenJSON) source() {}
func (*Join) source()     {}

func (*Literal) expr()    {}
func (*Variable) expr()   {}
func (*Column) expr()     {}
func (*Unary) expr()      {}
func (*BinaryOp) expr()   {}
func (*Collate) expr()    {}
func (*Call) expr()       {}
func (*Cast) expr()       {}
func (*Case) expr()       {}
func (*AtTimeZone) expr() {}
func (*Subquery) expr()   {}

func (*Compare) cond()    {}
func (*IsNull) cond()     {}
func (*IsDistinct) cond() {}
func (*In) cond()         {}
func (*Like) cond()       {}
func (*Between) cond()    {}
func (*And) cond()        {}
func (*Or) cond()         {}
func (*Not) cond()        {}
func (*Exists) cond()     {}

// Error is a syntax error as SQL Server words it. Number is 102 ("Incorrect syntax near …"), 156 (near the keyword …),
// 105 (unclosed quotation mark), 319, 4145 (a non-boolean expression where a condition is expected) or another.
type Error struct {
	Number int32
	Text   string
	Line   int
}

// Error implements error.
func (e *Error) Error() string { return e.Text }
