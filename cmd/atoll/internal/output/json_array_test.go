package output

import (
	"encoding/json"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

func TestArraysInJSON(t *testing.T) {
	tests := []struct{ typ, text, want string }{
		{"integer[]", "{}", "[]"}, {"integer[]", "{1,NULL,-3}", "[1,null,-3]"}, {"bigint[]", "{{1,2},{3,4}}", "[[1,2],[3,4]]"},
		{"integer[]", "[0:1]={5,6}", "[5,6]"}, {"numeric(10,2)[]", "{1.50,NULL}", "[1.50,null]"}, {"numeric[]", "{NaN}", `["NaN"]`},
		{"double precision[]", "{1e+300,-Infinity,-0}", `[1e+300,"-Infinity",-0]`}, {"boolean[]", "{t,f,NULL}", "[true,false,null]"},
		{"text[]", `{a,"b c",NULL,"NULL","","q\"\\","{x}","a,b"}`, `["a","b c",null,"NULL","","q\"\\","{x}","a,b"]`},
		{"date[]", `{2024-01-31,"0044-03-15 BC"}`, `["2024-01-31","0044-03-15 BC"]`}, {"jsonb[]", `{"{\"a\": [1, 2]}",NULL,1}`, `[{"a": [1, 2]},null,1]`},
		{"uuid[]", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", `["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]`},
	}
	for _, tt := range tests {
		f := arrow.Field{Name: "x", Type: arrow.BinaryTypes.String, Metadata: arrow.MetadataFrom(map[string]string{connectors.TypeKey: tt.typ})}
		c, ok := elementClass(f)
		got := string(appendArray(nil, []byte(tt.text), c))
		if !ok || got != tt.want || !json.Valid([]byte(got)) {
			t.Errorf("%s %s is written as %s, want %s", tt.typ, tt.text, got, tt.want)
		}
	}
	if _, ok := elementClass(arrow.Field{Name: "x", Type: arrow.BinaryTypes.String}); ok {
		t.Error("text counts as an array")
	}
}
