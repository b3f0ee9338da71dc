package mssql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// keysSQL lists the columns of tables that have a primary key, with their places in it; the names asked for stand between its parts.
const (
	keysHead = `SELECT CAST(o.name AS nvarchar(128)) AS relation, CAST(c.name AS nvarchar(128)) AS name,
  CAST(COALESCE(k.key_ordinal, 0) AS int) AS place
FROM sys.objects AS o
JOIN sys.schemas AS n ON n.schema_id = o.schema_id
JOIN sys.indexes AS i ON i.object_id = o.object_id AND i.is_primary_key = 1
JOIN sys.columns AS c ON c.object_id = o.object_id
LEFT JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.column_id = c.column_id
WHERE n.name = CAST(@p1 AS nvarchar(128)) AND o.name IN (`
	keysTail = `)
ORDER BY o.object_id, c.column_id`
)

// Keys implements [connectors.Writer]. The names are as Describe reports them.
func (s *shard) Keys(ctx context.Context, tables []string) (map[string][]string, error) {
	found, err := s.settings(ctx)
	if err != nil {
		return nil, err
	}
	keys := map[string][]string{}
	for names := range slices.Chunk(tables, maxDescribed) {
		if err := s.keys(ctx, names, found.folds(), keys); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func (s *shard) keys(ctx context.Context, names []string, folds bool, into map[string][]string) error {
	args := []connectors.Arg{{Text: s.schema}}
	params := make([]string, len(names))
	for i, name := range names {
		args = append(args, connectors.Arg{Text: name})
		params[i] = fmt.Sprintf("CAST(@p%d AS nvarchar(128))", i+2)
	}
	var relations []connectors.Table
	places := map[string][]int{} // of a relation's columns in its key, from 1 on
	fields := []arrow.Field{textField("relation"), textField("name"), intField("place")}
	err := s.ask(ctx, keysHead+strings.Join(params, ", ")+keysTail, fields, args, func(r row) {
		name := r.text(0)
		if n := len(relations); n == 0 || relations[n-1].Name != name {
			relations = append(relations, connectors.Table{Name: name})
		}
		t := &relations[len(relations)-1]
		t.Columns = append(t.Columns, connectors.Column{Name: r.text(1)})
		places[name] = append(places[name], int(r.int(2)))
	})
	if err != nil {
		return err
	}
	for _, relation := range relations {
		for _, t := range inOrder(names, []connectors.Table{relation}, folds) {
			into[t.Name] = keyOf(t.Columns, places[relation.Name])
		}
	}
	return nil
}

// keyOf returns the columns that have a place in the key, in the order of these places.
func keyOf(columns []connectors.Column, places []int) []string {
	key := make([]string, 0, 1)
	for place := 1; ; place++ {
		i := slices.Index(places, place)
		if i < 0 {
			return key
		}
		key = append(key, columns[i].Name)
	}
}
