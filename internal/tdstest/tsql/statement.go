package tsql

import (
	"regexp"
	"strings"
)

// maxInsertRows is how many rows one INSERT … VALUES may have.
const maxInsertRows = 1000

// statement reads one statement. first says that it opens the batch.
func (p *parser) statement(first bool) Statement {
	switch {
	case p.at("SELECT"), p.at("("):
		return p.query()
	case p.accept("INSERT"):
		return p.insert()
	case p.accept("UPDATE"):
		return p.update()
	case p.accept("DELETE"):
		return p.deletion()
	case p.accept("CREATE", "TABLE"):
		return p.createTable()
	case p.at("CREATE", "SCHEMA"):
		return p.createSchema(first)
	case p.accept("DROP", "TABLE"):
		return p.drop("TABLE")
	case p.accept("DROP", "SCHEMA"):
		return p.drop("SCHEMA")
	case p.accept("SET"):
		return p.set()
	case p.accept("BEGIN"):
		if !p.accept("TRAN") {
			p.expect("TRANSACTION")
		}
		return &Transaction{Verb: "BEGIN"}
	case p.accept("COMMIT"):
		return p.endTransaction("COMMIT")
	case p.accept("ROLLBACK"):
		return p.endTransaction("ROLLBACK")
	case p.accept("WAITFOR"):
		return p.wait()
	}
	if p.at("CREATE") || p.at("DROP") {
		p.advance()
	}
	p.unexpected()
	return nil
}

func (p *parser) endTransaction(verb string) Statement {
	if !p.accept("TRAN") && !p.accept("TRANSACTION") {
		p.accept("WORK")
	}
	return &Transaction{Verb: verb}
}

// createSchema reads CREATE SCHEMA, which stands alone in its batch.
func (p *parser) createSchema(first bool) Statement {
	if !first {
		p.fail(111, p.peek().pos, "'CREATE SCHEMA' must be the first statement in a query batch.")
	}
	p.accept("CREATE", "SCHEMA")
	s := &CreateSchema{Name: p.name()}
	p.skipSemicolons()
	if !p.atEnd() {
		p.unexpected()
	}
	return s
}

func (p *parser) drop(what string) Statement {
	d := &Drop{Kind: what, IfExists: p.accept("IF", "EXISTS")}
	d.Table = p.tableName()
	return d
}

// tableName reads a table's name without an alias.
func (p *parser) tableName() Table {
	pos := p.peek().pos
	return Table{Parts: p.parts(), Pos: pos}
}

// rows reads the rows of a table value constructor, which have equal lengths.
func (p *parser) rows() [][]Expr {
	var out [][]Expr
	for more := true; more; more = p.accept(",") {
		pos := p.peek().pos
		p.expect("(")
		row := p.exprList()
		p.expect(")")
		if len(out) > 0 && len(row) != len(out[0]) {
			p.fail(10709, pos, "The number of columns for each row in a table value constructor must be the same.")
		}
		out = append(out, row)
	}
	return out
}

var delay = regexp.MustCompile(`^([01]?\d|2[0-3]):[0-5]?\d(:[0-5]?\d([.:]\d{1,3})?)?$`)

func (p *parser) wait() Statement {
	p.expect("DELAY")
	t := p.advance()
	if t.kind != varchar && t.kind != nvarchar {
		p.i = p.last
		p.unexpected()
		return nil
	}
	if !delay.MatchString(t.text) {
		p.fail(148, t.pos, "Incorrect time syntax in time string '"+clip(t.text)+"' used with WAITFOR.")
	}
	return &Wait{Delay: t.text}
}

// switches are the SET options that are ON or OFF.
var switches = setOf(`ANSI_DEFAULTS ANSI_NULLS ANSI_NULL_DFLT_OFF ANSI_NULL_DFLT_ON ANSI_PADDING ANSI_WARNINGS ARITHABORT ARITHIGNORE
CONCAT_NULL_YIELDS_NULL CURSOR_CLOSE_ON_COMMIT FMTONLY FORCEPLAN IMPLICIT_TRANSACTIONS NOCOUNT NOEXEC NUMERIC_ROUNDABORT PARSEONLY
QUOTED_IDENTIFIER XACT_ABORT`)

// settings are the SET options with a value.
var settings = setOf(`LOCK_TIMEOUT TEXTSIZE ROWCOUNT DATEFIRST DATEFORMAT LANGUAGE DEADLOCK_PRIORITY`)

func (p *parser) set() Statement {
	if p.accept("TRANSACTION") {
		p.expect("ISOLATION", "LEVEL")
		return &Set{Option: "TRANSACTION ISOLATION LEVEL", Value: p.isolationLevel()}
	}
	if p.accept("IDENTITY_INSERT") {
		return p.identityInsert()
	}
	t := p.advance()
	switch {
	case t.kind == word && switches[t.upper]:
		if !p.at("ON") && !p.at("OFF") {
			p.unexpected()
		}
		return &Set{Option: t.upper, Value: p.advance().upper}
	case t.kind == word && settings[t.upper]:
		return &Set{Option: t.upper, Value: p.setting()}
	case t.kind == word && !reserved[t.upper]:
		p.fail(195, t.pos, "'"+t.text+"' is not a recognized SET option.")
	case t.kind != end:
		p.i = p.last
	}
	p.unexpected()
	return nil
}

// identityInsert reads the table, and ON or OFF.
func (p *parser) identityInsert() Statement {
	out := &IdentityInsert{Table: p.tableName(), On: p.at("ON")}
	if !p.accept("ON") {
		p.expect("OFF")
	}
	return out
}

func (p *parser) isolationLevel() string {
	for _, level := range []string{"READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SNAPSHOT", "SERIALIZABLE"} {
		if p.accept(strings.Fields(level)...) {
			return level
		}
	}
	p.unexpected()
	return ""
}

// setting reads a number, perhaps negative, or a word.
func (p *parser) setting() string {
	sign := ""
	if p.at("-") && p.ahead(1).kind == integer {
		p.advance()
		sign = "-"
	}
	switch t := p.peek(); {
	case t.kind == integer:
		return sign + p.advance().text
	case t.kind == word && !reserved[t.upper]:
		return p.advance().upper
	}
	p.unexpected()
	return ""
}
