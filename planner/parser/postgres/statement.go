package postgres

import (
	"strings"

	"github.com/pganalyze/pg_query_go/v6"

	"github.com/atoll-sql/atoll/planner/ast"
)

// otherStatements are the words that begin PostgreSQL's statements other than reading queries.
var otherStatements = wordSet(`ABORT ALTER ANALYZE BEGIN CALL CHECKPOINT CLOSE CLUSTER COMMENT COMMIT COPY
	CREATE DEALLOCATE DECLARE DELETE DISCARD DO DROP END EXECUTE EXPLAIN FETCH GRANT IMPORT INSERT LISTEN
	LOAD LOCK MERGE MOVE NOTIFY PREPARE REASSIGN REFRESH REINDEX RELEASE RESET REVOKE ROLLBACK SAVEPOINT
	SECURITY SET SHOW START TRUNCATE UNLISTEN UPDATE VACUUM`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// refuseStatement refuses by its first word a statement that is not a query, before the grammar sees it.
func refuseStatement(sql string) error {
	start := skipSpace(sql, 0)
	end := start
	for end < len(sql) && end-start < 32 && isLetter(sql[end]) {
		end++
	}
	word := strings.ToUpper(sql[start:end])
	if !otherStatements[word] {
		return nil
	}
	return onlyReading(start, word)
}

func onlyReading(pos int, name string) error {
	e := ast.Errorf("0A000", pos, "%s is not supported: only reading queries (SELECT) are", name)
	if name == "EXPLAIN" {
		e.Hint = "the command \"atoll explain\" shows the plan of a query"
	}
	return e
}

// bodyPos finds where the statement after a WITH clause begins: with the first such word outside parentheses.
func bodyPos(sql string, start int) int {
	depth, found := 0, -1
	err := scan(sql, func(tok pg_query.Token, pos, _ int) error {
		switch tok {
		case pg_query.Token_ASCII_40:
			depth++
		case pg_query.Token_ASCII_41:
			depth--
		case pg_query.Token_INSERT, pg_query.Token_UPDATE, pg_query.Token_DELETE_P, pg_query.Token_MERGE:
			if depth == 0 && found < 0 {
				found = pos
			}
		}
		return nil
	})
	if err != nil || found < 0 {
		return start
	}
	return found
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// skipSpace returns the offset of the first byte from pos on that is neither space nor comment.
func skipSpace(sql string, pos int) int {
	for pos < len(sql) {
		rest := sql[pos:]
		switch {
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			pos++
		case strings.HasPrefix(rest, "--"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				return len(sql)
			}
			pos += n
		case strings.HasPrefix(rest, "/*"):
			pos += commentLength(rest)
		default:
			return pos
		}
	}
	return pos
}

// commentLength is the length of the comment at the start of s; comments nest.
func commentLength(s string) int {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}
