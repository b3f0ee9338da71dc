package shards

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
)

// What SQL Server's catalogue says of a table. Names are compared there, by the catalogue's collation, and come back as Atoll calls them.

// schema is the one that the adapter goes by where none is configured.
func (s *Shard) schema() string {
	if s.known.Schema == "" {
		return "dbo"
	}
	return s.known.Schema
}

// national is a text as T-SQL writes it.
func national(text string) string { return "N'" + strings.ReplaceAll(text, "'", "''") + "'" }

// asCalled is a table's name as one of these, where it is one of them, and otherwise as the catalogue has it.
func asCalled(name, otherwise string, tables []string) string {
	if len(tables) == 0 {
		return otherwise
	}
	var b strings.Builder
	b.WriteString("CASE")
	for _, t := range tables {
		b.WriteString(" WHEN " + name + " = " + national(t) + " THEN " + national(t))
	}
	return b.String() + " ELSE " + otherwise + " END"
}

// serverReferences asks for the tables with foreign keys to a table, whether these are enforced at the moment or not. The login sees those of
// tables on which it has some right.
func (s *Shard) serverReferences(table string) string {
	s.mu.Lock()
	var learned []string
	for _, t := range s.known.Tables {
		learned = append(learned, t.Name)
	}
	s.mu.Unlock()
	return "SELECT DISTINCT CAST(CASE WHEN r.schema_id = t.schema_id THEN " + asCalled("r.name", "r.name", learned) + " ELSE n.name + N'.' + r.name END AS nvarchar(300)) AS name" +
		" FROM sys.foreign_keys AS f JOIN sys.objects AS r ON r.object_id = f.parent_object_id JOIN sys.schemas AS n ON n.schema_id = r.schema_id" +
		" JOIN sys.objects AS t ON t.object_id = f.referenced_object_id JOIN sys.schemas AS m ON m.schema_id = t.schema_id" +
		" WHERE m.name = " + national(s.schema()) + " AND t.name = " + national(table)
}

var identitySchema = arrow.NewSchema([]arrow.Field{{Name: "relation", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)

// identities finds the IDENTITY columns of tables, of which each has at most one; other engines are not asked.
func (s *Shard) identities(ctx context.Context, tables []string) (map[string]string, error) {
	if s.known.Caps.Dialect != "tsql" || len(tables) == 0 {
		return nil, nil
	}
	list := make([]string, len(tables))
	for i, t := range tables {
		list[i] = national(t)
	}
	sql := "SELECT CAST(" + asCalled("o.name", "o.name", tables) + " AS nvarchar(128)) AS relation, CAST(c.name AS nvarchar(128)) AS name" +
		" FROM sys.columns AS c JOIN sys.objects AS o ON o.object_id = c.object_id JOIN sys.schemas AS n ON n.schema_id = o.schema_id" +
		" WHERE c.is_identity = 1 AND n.name = " + national(s.schema()) + " AND o.name IN (" + strings.Join(list, ", ") + ")"
	r, err := s.conn.Query(ctx, connectors.Statement{SQL: sql, Schema: identitySchema})
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for {
		rec, err := r.Next(ctx)
		switch {
		case err == io.EOF:
			return out, r.Close()
		case err != nil:
			return nil, errors.Join(err, r.Close())
		}
		for i := range int(rec.NumRows()) {
			out[rec.Column(0).(*array.String).Value(i)] = rec.Column(1).(*array.String).Value(i)
		}
	}
}

// updates refuses to update an IDENTITY column, which the server does for nobody.
func (s *Shard) updates(table string, columns []string) error {
	s.mu.Lock()
	identity := s.numbered[table]
	s.mu.Unlock()
	for _, c := range columns {
		if identity != "" && strings.EqualFold(c, identity) {
			return s.refused(fmt.Errorf("column %s of table %s is an IDENTITY, which is not updated", c, table))
		}
	}
	return nil
}
