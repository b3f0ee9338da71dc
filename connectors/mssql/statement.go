package mssql

import (
	"database/sql"
	sqldriver "database/sql/driver"
	"strconv"
	"strings"
	"time"

	driver "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/connectors"
)

// maxParams is the most parameters that are sent as such; sp_executesql takes 2,100 with its own two.
const maxParams = 2000

// compose writes what is sent for a statement, and its parameters: nvarchar(max) all of them, so that the server keeps
// one plan per text. Beyond maxParams they become literals of the text, but for secrets.
func compose(stmt connectors.Statement, isolation string) (string, []sqldriver.NamedValue) {
	prefix := ""
	if isolation != "" {
		prefix = "SET TRANSACTION ISOLATION LEVEL " + isolation + ";\n"
	}
	if len(stmt.Args) > maxParams {
		return prefix + inline(stmt.SQL, stmt.Args), driverArgs(secrets(stmt.Args))
	}
	return prefix + stmt.SQL, driverArgs(stmt.Args)
}

// compose is compose with the bound on waits for locks.
func (s *shard) compose(stmt connectors.Statement, isolation string) (string, []sqldriver.NamedValue) {
	sql, args := compose(stmt, isolation)
	return s.locks + sql, args
}

// lockTimeout bounds how long statements wait for a lock. SQL Server has no bound on the time that a statement takes: the rest is the context's, whose end
// has the driver send ATTENTION. The text is the same for all statements, so that the server keeps one plan for each.
func lockTimeout(limit time.Duration) string {
	if limit <= 0 {
		return ""
	}
	return "SET LOCK_TIMEOUT " + strconv.FormatInt(max(limit.Milliseconds(), 1), 10) + ";\n"
}

// driverArgs are arguments as the driver takes them.
func driverArgs(given []connectors.Arg) []sqldriver.NamedValue {
	if len(given) == 0 {
		return nil
	}
	args := make([]sqldriver.NamedValue, len(given))
	for i, arg := range given {
		args[i] = sqldriver.NamedValue{Ordinal: i + 1, Value: driver.NVarCharMax(arg.Text)}
		if arg.Null {
			args[i].Value = sql.NullString{} // the driver sends it as an nvarchar
		}
	}
	return args
}

// secrets are the arguments that must not become literals.
func secrets(args []connectors.Arg) []connectors.Arg {
	var out []connectors.Arg
	for _, arg := range args {
		if arg.Secret {
			out = append(out, arg)
		}
	}
	return out
}

// composeOpening is compose for a statement that opens a transaction which stays open. That must not happen within
// sp_executesql, which complains if it ends with another number of transactions than it began with (error 266), so
// parameters become literals. One with secrets has no such form: its transaction is opened in a round trip before.
func composeOpening(stmt connectors.Statement, isolation string) string {
	return opening(isolation) + ";\n" + inline(stmt.SQL, stmt.Args)
}

// opening opens a transaction.
func opening(isolation string) string {
	return "SET TRANSACTION ISOLATION LEVEL " + isolation + ";\nBEGIN TRANSACTION"
}

// inline writes the parameters of a statement into its text; secrets stay parameters, numbered among themselves.
func inline(sql string, args []connectors.Arg) string {
	var b strings.Builder
	b.Grow(2 * len(sql))
	for pos := 0; pos < len(sql); {
		kind, end := scan(sql, pos)
		token := sql[pos:end]
		if n, ok := paramNumber(kind, token); ok && n <= len(args) {
			if args[n-1].Secret {
				token = "@p" + strconv.Itoa(len(secrets(args[:n])))
			} else {
				token = literal(args[n-1])
			}
		}
		b.WriteString(token)
		pos = end
	}
	return b.String()
}

// paramNumber returns the n of @pn.
func paramNumber(kind tokenKind, token string) (int, bool) {
	if kind != tokenVariable || len(token) < 3 || token[1] != 'p' && token[1] != 'P' || token[2] == '0' {
		return 0, false
	}
	n, err := strconv.Atoi(token[2:])
	return n, err == nil && n > 0
}

// literal writes an argument as an expression of type nvarchar.
func literal(arg connectors.Arg) string {
	if arg.Null {
		return "CAST(NULL AS nvarchar(max))"
	}
	quoted := "N'" + strings.ReplaceAll(arg.Text, "'", "''") + "'"
	if !strings.Contains(arg.Text, "\\\n") && !strings.Contains(arg.Text, "\\\r") {
		return "CAST(" + quoted + " AS nvarchar(max))" // as a parameter is: what is appended must not be cut off
	}
	// A backslash before the end of a line makes T-SQL skip both, so they go into literals of their own. Long ones are
	// cut to 4,000 units by + unless one side is longer by its type.
	quoted = strings.ReplaceAll(strings.ReplaceAll(quoted, "\\\n", "\\' + N'\n"), "\\\r", "\\' + N'\r")
	return "(CAST(N'' AS nvarchar(max)) + " + quoted + ")"
}

// writers are the reserved words that begin, or make, a statement that does more than read. They cannot be names unless
// quoted.
var writers = func() map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.Fields(`ALTER BACKUP BEGIN BREAK BULK CHECKPOINT CLOSE COMMIT CREATE DBCC DEALLOCATE DECLARE DELETE DENY
DROP DUMP EXEC EXECUTE GOTO GRANT IF INSERT INTO KILL LOAD MERGE OPEN OPENDATASOURCE OPENQUERY OPENROWSET PRINT
RAISERROR READTEXT RECONFIGURE RESTORE RETURN REVERT REVOKE ROLLBACK SAVE SET SETUSER SHUTDOWN TRUNCATE UPDATE UPDATETEXT
USE WAITFOR WHILE WRITETEXT`) {
		words[w] = true
	}
	return words
}()

// checkReadOnly accepts one SELECT without INTO. T-SQL needs nothing between two statements, so every word counts.
func checkReadOnly(shard, sql string) error {
	first := true
	for pos := 0; pos < len(sql); {
		kind, end := scan(sql, pos)
		token := sql[pos:end]
		pos = end
		switch {
		case kind == tokenBlank:
			continue
		case first && (kind != tokenWord || !strings.EqualFold(token, "SELECT")):
			return connectors.NewError(shard, connectors.ClassPermission, "25006", "only statements that begin with SELECT are sent to a shard", nil)
		case token == ";", kind == tokenWord && len(token) <= 14 && writers[strings.ToUpper(token)]:
			return connectors.NewError(shard, connectors.ClassPermission, "25006", "only a single SELECT without INTO is sent to a shard", nil)
		case kind == tokenOpen:
			return connectors.NewError(shard, connectors.ClassInternal, "42601", "the statement ends within a literal, a quoted name or a comment", nil)
		}
		first = false
	}
	if first {
		return connectors.NewError(shard, connectors.ClassInternal, "42601", "the statement is empty", nil)
	}
	return nil
}
