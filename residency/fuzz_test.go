package residency

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// FuzzPolicy holds that no bytes make the parser or what is told of a policy panic, that a refusal names a place and gives no policy, that no message
// tells a key, and that what is accepted is the same policy once it is written anew.
func FuzzPolicy(f *testing.F) {
	f.Add(base)
	for _, c := range errorCases {
		f.Add(strings.Replace(base, c.old, c.new, 1))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			t.Skip()
		}
		p, err := parse(text)
		if err != nil {
			var faults FileErrors
			if p != nil || !errors.As(err, &faults) || faults[0].Line < 1 || faults[0].Column < 1 {
				t.Errorf("%v, and an error without a place: %v", p, err)
			}
			if strings.Contains(err.Error(), keyText) {
				t.Errorf("the error tells the key: %v", err)
			}
			return
		}
		for _, table := range append(testWorld.Tables, "elsewhere") {
			if words := p.Describe(table, today); strings.Contains(words, keyText) || strings.ContainsRune(words, '\x1b') {
				t.Errorf("the words tell what they must not:\n%s", words)
			}
		}
		p.Warnings(today)
		anew := written(t, p)
		again, err := parse(anew)
		if err != nil {
			t.Fatalf("what was accepted is refused once it is written anew: %v\n%s", err, anew)
		}
		if a, b := bare(p), bare(again); !reflect.DeepEqual(a, b) {
			t.Errorf("%+v\nonce written anew is\n%+v\n%s", a, b, anew)
		}
	})
}

// TestWrittenPolicies runs the fuzz target's main clause over the goldens.
func TestWrittenPolicies(t *testing.T) {
	for _, path := range policies(t, "good") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		p, err := parse(string(text))
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse(written(t, p))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(bare(p), bare(again)) {
			t.Errorf("%s is another once it is written anew", path)
		}
	}
}

// bare is a policy without what depends on how it is written.
func bare(p *Policy) *Policy {
	out := &Policy{Version: p.Version, Entities: map[string]*Entity{}, Recipients: map[string]*Recipient{},
		Columns: map[ColumnName]ColumnLimit{}, PseudonymKey: p.PseudonymKey, World: p.World}
	for name, e := range p.Entities {
		out.Entities[name] = &Entity{Name: e.Name, Columns: e.Columns}
	}
	for name, r := range p.Recipients {
		plain := *r
		plain.Pos = Position{}
		out.Recipients[name] = &plain
	}
	for name, l := range p.Columns {
		l.Pos = Position{}
		out.Columns[name] = l
	}
	for _, r := range p.Rules {
		plain := *r
		plain.Pos, plain.WherePos = Position{}, Position{}
		out.Rules = append(out.Rules, &plain)
	}
	return out
}

// object is a mapping that leaves out what is absent.
type object map[string]any

func (o object) put(key string, value any) {
	if v := reflect.ValueOf(value); v.IsValid() && !v.IsZero() && (v.Kind() != reflect.Map || v.Len() > 0) {
		o[key] = value
	}
}

// written writes a policy as JSON, which YAML includes.
func written(t *testing.T, p *Policy) string {
	entities, recipients, columns := object{}, object{}, object{}
	for name, e := range p.Entities {
		entities[name] = e.Columns
	}
	for name, r := range p.Recipients {
		one := object{"region": r.Region}
		if one.put("basis", r.Basis); !r.Expires.IsZero() {
			one["expires"] = day(r.Expires)
		}
		recipients[name] = one
	}
	for name, l := range p.Columns {
		one := object{}
		if l.NoOutput {
			one["output"] = "never"
		}
		if l.NoCompare {
			one["compare"] = "never"
		}
		columns[name.Table+"."+name.Column] = one
	}
	rules := []object{}
	for _, r := range p.Rules {
		rules = append(rules, writtenRule(r))
	}
	doc := object{"version": p.Version, "rules": rules}
	doc.put("entities", entities)
	doc.put("recipients", recipients)
	doc.put("columns", columns)
	if p.PseudonymKey != nil {
		doc["secrets"] = object{"pseudonym_key": "${KEY}"}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writtenRule(r *Rule) object {
	o := object{"id": r.ID, "effect": []string{"allow", "deny"}[r.Effect]}
	for key, list := range map[string][]string{
		"from": r.From, "to": r.To, "tables": r.Tables, "columns": r.Columns, "plain_columns": r.PlainColumns, "purposes": r.Purposes,
		"roles": r.Roles, "filter_columns": r.FilterColumns, "join_columns": r.JoinColumns,
	} {
		o.put(key, list)
	}
	valid, limits := object{}, object{}
	if !r.ValidFrom.IsZero() {
		valid["from"] = day(r.ValidFrom)
	}
	if !r.ValidUntil.IsZero() {
		valid["until"] = lastDay(r.ValidUntil)
	}
	limits.put("queries_per_day", r.Limits.QueriesPerDay)
	limits.put("rows_per_day", r.Limits.RowsPerDay)
	o.put("valid", valid)
	o.put("limits", limits)
	o.put("where", r.Where)
	if r.Effect == Allow {
		o["form"] = forms[r.Form]
	}
	if a := r.Aggregate; a != nil {
		terms := object{"functions": a.Functions, "entity": a.Entity, "min": a.Min, "on_small": onSmall[a.OnSmall]}
		if terms.put("group_by", a.GroupBy); a.Dominance != nil {
			terms["dominance"] = object{"largest": a.Dominance.Largest, "percent": a.Dominance.Percent}
		}
		o["aggregate"] = terms
	}
	if s := r.Sketch; s != nil {
		terms := object{"kinds": s.Kinds, "min": s.Min, "entity": s.Entity, "precision": s.Precision}
		terms.put("key", s.Key)
		terms.put("group_by", s.GroupBy)
		o["sketch"] = terms
	}
	return o
}
