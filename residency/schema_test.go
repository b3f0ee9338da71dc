package residency

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compileSchema(t *testing.T) func(text string) error {
	t.Helper()
	file, err := os.Open("../residency.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("residency.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("residency.schema.json")
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

// TestSchemaAgreesWithParser holds the schema to the parser: what the parser refuses for its form, the schema refuses; what it refuses for its
// meaning, the schema accepts or cannot see.
func TestSchemaAgreesWithParser(t *testing.T) {
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

func TestSchemaAcceptsGoodPolicies(t *testing.T) {
	validate := compileSchema(t)
	for _, path := range policies(t, "good") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(string(text)); err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}
