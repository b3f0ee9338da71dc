package config

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compileSchema(t *testing.T) func(text string) error {
	t.Helper()
	file, err := os.Open("../../config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("config.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			return err
		}
		return schema.Validate(v)
	}
}

// examples returns the YAML of the documentation, completed where it shows only tables.
func examples(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, name := range []string{"configuration", "sharding", "indexes"} {
		page, err := os.ReadFile("../../docs/" + name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(page), "```yaml\n")[1:] {
			text, _, _ := strings.Cut(block, "```")
			for _, from := range []string{"shards:", "tables:"} {
				if strings.HasPrefix(text, from) {
					head, _, _ := strings.Cut(out[0], from)
					text = head + text
				}
			}
			out = append(out, text)
		}
	}
	return out
}

func TestExamplesOfTheDocumentation(t *testing.T) {
	validate := compileSchema(t)
	env := func(string) (string, bool) { return "x", true }
	all := examples(t)
	if len(all) != 28 {
		t.Errorf("%d examples, want the whole file, one of a map in a store, one of colocation, one of replicas, one per strategy, and those of docs/sharding.md and docs/indexes.md", len(all))
	}
	for _, text := range all {
		if _, err := Parse([]byte(text), "example", ".", env); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
		if err := validate(text); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

// TestSchemaAgreesWithLoader holds the schema to the loader: what the loader refuses for its form, the
// schema refuses; what it refuses for its meaning, the schema accepts or cannot see.
func TestSchemaAgreesWithLoader(t *testing.T) {
	validate := compileSchema(t)
	if err := validate(base); err != nil {
		t.Fatal(err)
	}
	for _, c := range errorCases {
		err := validate(strings.Replace(base, c.old, c.new, 1))
		duplicate := strings.Contains(c.text, "given already") // YAML's own business
		if refused := err != nil && !duplicate; refused == c.meaning {
			t.Errorf("%q: schema says %v", c.new, err)
		}
	}
}
