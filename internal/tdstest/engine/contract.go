// Package engine executes the T-SQL that package tsql parses over tables in memory, with SQL Server's meaning: its types
// and their conversions, its collations, its NULL order and its errors.
//
// It exists so that what Atoll sends to SQL Server can be tested where no SQL Server is to be had. It is no database:
// it keeps rows in memory, knows no index and plans nothing.
package engine

import (
	"context"
	"math/big"
)

// Kind is a SQL Server data type.
type Kind uint8

// The kinds. Text and NText are absent: they are declared by name only, to be refused (Unreadable).
const (
	Bit Kind = iota
	TinyInt
	SmallInt
	Int
	BigInt
	Decimal // decimal and numeric
	Money
	SmallMoney
	Real
	Float
	Char
	Varchar
	NChar
	NVarchar
	Binary
	Varbinary
	Date
	Time
	DateTime
	SmallDateTime
	DateTime2
	DateTimeOffset
	UniqueIdentifier
	RowVersion
	Unreadable // a type that can be declared and described, not read: xml, sql_variant, geography, hierarchyid, text, ntext, image
)

// Type is a data type with its facets.
type Type struct {
	Kind      Kind
	Precision int    // of Decimal
	Scale     int    // of Decimal, Time, DateTime2 and DateTimeOffset
	Length    int    // Char, Varchar, Binary, Varbinary: bytes; NChar, NVarchar: UTF-16 units; -1 is MAX
	Collation string // of character types
	Name      string // of Unreadable
}

// Value is a value of some Type, nil for NULL:
//
//	Bit                          bool
//	TinyInt … BigInt             int64
//	Decimal                      Dec
//	Money, SmallMoney            Dec of scale 4
//	Real                         float32
//	Float                        float64
//	Char, Varchar, NChar, NVarchar  String16, UTF-16 units (varchar in its code page is expanded)
//	Binary, Varbinary, RowVersion   []byte
//	Date                         time.Time at midnight UTC
//	Time                         time.Duration since midnight, a multiple of 100 ns
//	DateTime, SmallDateTime, DateTime2  time.Time in UTC, rounded as the type rounds
//	DateTimeOffset               time.Time in a fixed zone
//	UniqueIdentifier             UUID, in the order of its text form (RFC 4122)
type Value any

// Dec is an exact number: Unscaled / 10^Scale. The big.Int is never changed once made.
type Dec struct {
	Unscaled *big.Int
	Scale    int
}

// String16 is text in UTF-16 units, perhaps with unpaired surrogates.
type String16 []uint16

// UUID is a uniqueidentifier.
type UUID [16]byte

// Column describes a column of a result.
type Column struct {
	Name     string
	Type     Type
	Nullable bool
}

// Rows is the result of one query. One goroutine drives it.
type Rows interface {
	Columns() []Column
	// Next returns the next row, or io.EOF. The slice is valid until the next call.
	Next(ctx context.Context) ([]Value, error)
	Close()
}

// Result is the outcome of one statement of a batch. Rows is nil for statements that return none.
type Result struct {
	Rows     Rows
	Affected int64
	Verb     string // INSERT, UPDATE or DELETE, of statements that count what they affect
	// Infos are messages that are no errors, such as 8153 (NULL eliminated by an aggregate).
	Infos []*Error
}

// Param is a parameter of sp_executesql: a declared name with the sign, its type and value.
type Param struct {
	Name  string
	Type  Type
	Value Value
}

// Error is an error as SQL Server reports it.
type Error struct {
	Number   int32
	Severity uint8 // class: 11–16 the statement's or user's fault, 17–19 the server's, 20–25 ends the connection
	State    uint8
	Text     string
	Line     int32
}

// Error implements error.
func (e *Error) Error() string { return e.Text }

// Database is a set of tables that sessions share. Its methods are safe for concurrent use.
// (session.go: func NewDatabase(Options) *Database; func (*Database) NewSession() *Session;
// func (*Session) Execute(ctx context.Context, batch string, params []Param, each func(Result) error) error;
// func (*Session) Reset().)
