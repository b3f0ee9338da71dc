package tdstest

import (
	"strings"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// declare gives the parameters of sp_executesql the types that its second argument declares, and converts their values
// as an assignment would. Parameters without a name go by their place.
func declare(c call, defaultCollation string) ([]engine.Param, error) {
	declared, err := tsql.ParseDeclarations(c.declarations)
	if err != nil {
		return nil, err
	}
	if len(c.params) > len(declared) {
		return nil, &engine.Error{Number: 8144, Severity: 16, State: 2, Text: "Procedure or function has too many arguments specified."}
	}
	out := make([]engine.Param, len(declared))
	for i, d := range declared {
		t, bad := engine.ParseType(d.Type, defaultCollation)
		if bad != nil {
			return nil, bad
		}
		sent := sentFor(c.params, i, d.Name)
		if sent == nil {
			return nil, &engine.Error{Number: 8178, Severity: 16, State: 1, Text: "The parameterized query '(" + c.declarations + ")" + excerpt(c.text) +
				"' expects the parameter '" + d.Name + "', which was not supplied."}
		}
		out[i] = engine.Param{Name: d.Name, Type: t, Value: sent.Value}
		if sent.Value != nil && sent.Type != t {
			if out[i].Value, bad = engine.Convert(sent.Value, sent.Type, t, -1); bad != nil {
				return nil, bad
			}
		}
	}
	return out, nil
}

func sentFor(params []engine.Param, place int, name string) *engine.Param {
	for i := range params {
		if strings.EqualFold(params[i].Name, name) {
			return &params[i]
		}
	}
	if place < len(params) && params[place].Name == "" {
		return &params[place]
	}
	return nil
}

// excerpt is the beginning of a statement, for a message.
func excerpt(text string) string {
	if r := []rune(text); len(r) > 60 {
		return string(r[:60])
	}
	return text
}
