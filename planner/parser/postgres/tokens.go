package postgres

import (
	"github.com/pganalyze/pg_query_go/v6"
	"github.com/pganalyze/pg_query_go/v6/parser"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/atoll-sql/atoll/planner/ast"
)

// role is what a token does to the depth of the tree.
type role uint8

const (
	roleNone role = iota
	roleOpen
	roleClose
	roleSeparator
	roleAnd
	roleBetween
	roleOperator
	roleJoin
	roleSetOp
)

// roles lists the tokens that matter to the guard. All of PostgreSQL's operators that can be chained without
// parentheses are here. The grammar has fewer than 800 tokens.
var roles = [1024]role{
	pg_query.Token_ASCII_40: roleOpen,  // (
	pg_query.Token_ASCII_41: roleClose, // )
	pg_query.Token_ASCII_91: roleOpen,  // [
	pg_query.Token_ASCII_93: roleClose, // ]
	pg_query.Token_CASE:     roleOpen,
	pg_query.Token_END_P:    roleClose,

	pg_query.Token_ASCII_44: roleSeparator, // ,
	pg_query.Token_OR:       roleSeparator,
	pg_query.Token_WHEN:     roleSeparator,
	pg_query.Token_THEN:     roleSeparator,
	pg_query.Token_ELSE:     roleSeparator,
	pg_query.Token_AND:      roleAnd,
	pg_query.Token_BETWEEN:  roleBetween,

	pg_query.Token_JOIN:      roleJoin,
	pg_query.Token_UNION:     roleSetOp,
	pg_query.Token_INTERSECT: roleSetOp,
	pg_query.Token_EXCEPT:    roleSetOp,

	pg_query.Token_ASCII_37:       roleOperator, // %
	pg_query.Token_ASCII_42:       roleOperator, // *
	pg_query.Token_ASCII_43:       roleOperator, // +
	pg_query.Token_ASCII_45:       roleOperator, // -
	pg_query.Token_ASCII_47:       roleOperator, // /
	pg_query.Token_ASCII_60:       roleOperator, // <
	pg_query.Token_ASCII_61:       roleOperator, // =
	pg_query.Token_ASCII_62:       roleOperator, // >
	pg_query.Token_ASCII_94:       roleOperator, // ^
	pg_query.Token_Op:             roleOperator,
	pg_query.Token_TYPECAST:       roleOperator,
	pg_query.Token_LESS_EQUALS:    roleOperator,
	pg_query.Token_GREATER_EQUALS: roleOperator,
	pg_query.Token_NOT_EQUALS:     roleOperator,
	pg_query.Token_NOT:            roleOperator,
	pg_query.Token_IS:             roleOperator,
	pg_query.Token_ISNULL:         roleOperator,
	pg_query.Token_NOTNULL:        roleOperator,
	pg_query.Token_IN_P:           roleOperator,
	pg_query.Token_LIKE:           roleOperator,
	pg_query.Token_ILIKE:          roleOperator,
	pg_query.Token_SIMILAR:        roleOperator,
	pg_query.Token_COLLATE:        roleOperator,
	pg_query.Token_AT:             roleOperator,
	pg_query.Token_OPERATOR:       roleOperator,
	pg_query.Token_OVERLAPS:       roleOperator,
}

// opens gives for a closing token the one that opened.
var opens = map[pg_query.Token]pg_query.Token{
	pg_query.Token_ASCII_41: pg_query.Token_ASCII_40,
	pg_query.Token_ASCII_93: pg_query.Token_ASCII_91,
	pg_query.Token_END_P:    pg_query.Token_CASE,
}

// scan calls visit for every token but comments, until it returns an error. It reads the scanner's protobuf
// where it lies: 200,000 tokens are not worth 200,000 allocations.
func scan(sql string, visit func(tok pg_query.Token, pos, end int) error) error {
	encoded, err := parser.ScanToProtobuf(sql)
	if err != nil {
		return grammarError(sql, err)
	}
	for len(encoded) > 0 {
		field, kind, n := protowire.ConsumeTag(encoded)
		if n < 0 {
			return badScan(n)
		}
		encoded = encoded[n:]
		if field != 2 || kind != protowire.BytesType { // the version
			n = protowire.ConsumeFieldValue(field, kind, encoded)
		} else {
			var message []byte
			message, n = protowire.ConsumeBytes(encoded)
			if err := visitToken(message, visit); err != nil {
				return err
			}
		}
		if n < 0 {
			return badScan(n)
		}
		encoded = encoded[n:]
	}
	return nil
}

// visitToken decodes one ScanToken: field 1 is its start, 2 its end, 4 its kind.
func visitToken(message []byte, visit func(pg_query.Token, int, int) error) error {
	var tok pg_query.Token
	pos, end := 0, 0
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		if n < 0 || kind != protowire.VarintType {
			return badScan(n)
		}
		value, m := protowire.ConsumeVarint(message[n:])
		if m < 0 {
			return badScan(m)
		}
		message = message[n+m:]
		switch field {
		case 1:
			pos = int(value)
		case 2:
			end = int(value)
		case 4:
			tok = pg_query.Token(value)
		}
	}
	if tok == pg_query.Token_SQL_COMMENT || tok == pg_query.Token_C_COMMENT {
		return nil
	}
	return visit(tok, pos, end)
}

func badScan(code int) error {
	return ast.Errorf("XX000", -1, "the scanner's result cannot be decoded: %v", protowire.ParseError(code))
}
