package tdstest

import (
	"strings"
	"unicode/utf16"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// executeSQL is the number of sp_executesql among the procedures that have one.
const executeSQL = 10

// paramByReference is the status bit of OUTPUT parameters.
const paramByReference = 0x01

// numberedProcedures are the names of procedures that clients may call by number, for messages.
var numberedProcedures = map[uint16]string{
	1: "sp_cursor", 2: "sp_cursoropen", 3: "sp_cursorprepare", 4: "sp_cursorexecute", 5: "sp_cursorprepexec", 6: "sp_cursorunprepare",
	7: "sp_cursorfetch", 8: "sp_cursoroption", 9: "sp_cursorclose", 11: "sp_prepare", 12: "sp_execute", 13: "sp_prepexec",
	14: "sp_prepexecrpc", 15: "sp_unprepare",
}

// call is a call of sp_executesql.
type call struct {
	text         string
	declarations string
	params       []engine.Param // never nil
}

// parseCall reads an RPC request. What is not sp_executesql is error 2812, as an unknown procedure is.
func parseCall(body []byte, defaultCollation string) (call, error) {
	r := &reader{b: body}
	r.allHeaders()
	if err := procedure(r); err != nil {
		return call{}, err
	}
	r.u16() // option flags
	var params []engine.Param
	for r.err == nil && len(r.b) > 0 {
		p, err := parseParam(r, defaultCollation)
		if err != nil {
			return call{}, err
		}
		params = append(params, p)
	}
	if r.err != nil {
		return call{}, r.err
	}
	return executeSQLCall(params)
}

// procedure reads which procedure is meant.
func procedure(r *reader) error {
	n := r.u16()
	var name string
	if n == 0xffff {
		id := r.u16()
		if id == executeSQL || r.err != nil {
			return r.err
		}
		name = numberedProcedures[id]
	} else {
		name = r.text(int(n))
	}
	if r.err != nil {
		return r.err
	}
	plain := strings.ToLower(strings.NewReplacer("[", "", "]", "").Replace(name))
	if i := strings.LastIndexByte(plain, '.'); i >= 0 {
		plain = plain[i+1:]
	}
	if plain == "sp_executesql" {
		return nil
	}
	return &engine.Error{Number: 2812, Severity: 16, State: 62, Text: "Could not find stored procedure '" + name + "'."}
}

func parseParam(r *reader, defaultCollation string) (engine.Param, error) {
	p := engine.Param{Name: r.bVarchar()}
	status := r.u8()
	if r.err != nil {
		return p, r.err
	}
	if status&paramByReference != 0 {
		return p, &engine.Error{Number: 8162, Severity: 16, State: 2, Text: "OUTPUT parameters such as '" + p.Name + "' are not supported by this test server."}
	}
	t, err := r.paramType(defaultCollation)
	if err != nil {
		return p, err
	}
	p.Type = t.typ
	p.Value, err = r.param(t)
	return p, err
}

// executeSQLCall splits the parameters of sp_executesql into the statement, the declarations and the values.
func executeSQLCall(params []engine.Param) (call, error) {
	if len(params) == 0 {
		return call{}, &engine.Error{Number: 201, Severity: 16, State: 10,
			Text: "Procedure or function 'sp_executesql' expects parameter '@statement', which was not supplied."}
	}
	texts := [2]string{}
	for i := range min(2, len(params)) {
		units, ok := params[i].Value.(engine.String16)
		if k := params[i].Type.Kind; !ok && params[i].Value != nil || k != engine.NVarchar && k != engine.NChar {
			return call{}, &engine.Error{Number: 214, Severity: 16, State: 2,
				Text: "Procedure expects parameter '" + [2]string{"@statement", "@parameters"}[i] + "' of type 'ntext/nchar/nvarchar'."}
		}
		texts[i] = string(utf16.Decode(units))
	}
	c := call{text: texts[0], declarations: texts[1], params: []engine.Param{}}
	if len(params) > 2 {
		c.params = params[2:]
	}
	return c, nil
}
