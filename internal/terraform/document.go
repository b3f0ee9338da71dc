package terraform

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// document is Terraform's JSON, format version 1: https://developer.hashicorp.com/terraform/internals/json-format.
type document struct {
	FormatVersion *string         `json:"format_version"`
	Values        *values         `json:"values"`         // of a state
	PlannedValues *values         `json:"planned_values"` // of a plan: what there will be
	Changes       json.RawMessage `json:"resource_changes"`
	Errored       bool            `json:"errored"`
	Complete      *bool           `json:"complete"`
}

type values struct {
	Outputs map[string]output `json:"outputs"`
	Root    module            `json:"root_module"`
}

type output struct {
	Sensitive bool            `json:"sensitive"`
	Value     json.RawMessage `json:"value"`
}

type module struct {
	Address   string     `json:"address"`
	Resources []resource `json:"resources"`
	Children  []module   `json:"child_modules"`
}

type resource struct {
	Address string                     `json:"address"`
	Mode    string                     `json:"mode"`
	Type    string                     `json:"type"`
	Values  map[string]json.RawMessage `json:"values"`
	Deposed string                     `json:"deposed_key"`
	Tainted bool                       `json:"tainted"`

	module string // the address of the module it is in
}

// known is what can be imported from one document.
type known struct {
	resources []resource // of all modules, in the order of the document
	shards    *output    // the output named shards, if there is one
	planned   bool
}

const (
	hintShow   = "run terraform show -json (or terraform output -json) and give its output"
	outputName = "shards"
)

// parse reads a document of any of the kinds.
func parse(data []byte) (*known, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return nil, fault(ErrFormat, "the input is UTF-16, which PowerShell's > writes: write it as UTF-8")
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, fault(ErrFormat, "the input is empty: %s", hintShow)
	}
	var top map[string]json.RawMessage
	if err := decode(data, &top); err != nil {
		return nil, err
	}
	var d document
	if _, is := top["format_version"]; !is {
		if top["lineage"] != nil && top["serial"] != nil { // outputs have no such names beside each other
			return nil, fault(ErrFormat, "this is the file in which Terraform keeps its state, whose format is Terraform's own: %s", hintShow)
		}
		return parseOutputs(data, top)
	}
	if err := decode(data, &d); err != nil {
		return nil, err
	}
	return d.known()
}

// known checks a document of `terraform show -json`.
func (d *document) known() (*known, error) {
	if d.FormatVersion == nil || !strings.HasPrefix(*d.FormatVersion, "1.") {
		return nil, fault(ErrFormat, "format_version must be 1.x: this program does not know another")
	}
	if d.Errored || d.Complete != nil && !*d.Complete && d.PlannedValues != nil {
		return nil, fault(ErrNoValues, "the plan failed, or leaves resources for later, so shards could be missing: plan again, or import the state")
	}
	v, planned := d.Values, false
	if d.PlannedValues != nil {
		v, planned = d.PlannedValues, true
	}
	if v == nil {
		what := "the state is empty: apply first"
		if d.Changes != nil {
			what = "the plan has no planned_values: write it with terraform plan -out=FILE and show that FILE"
		}
		return nil, fault(ErrNoValues, "there are no values: %s", what)
	}
	k := &known{planned: planned}
	k.collect(&v.Root)
	if o, is := v.Outputs[outputName]; is {
		k.shards = &o
	}
	return k, nil
}

// collect gathers the resources of a module and of those in it.
func (k *known) collect(m *module) {
	for _, r := range m.Resources {
		r.module = m.Address
		k.resources = append(k.resources, r)
	}
	for i := range m.Children {
		k.collect(&m.Children[i])
	}
}

// parseOutputs reads what `terraform output -json` writes.
func parseOutputs(data []byte, top map[string]json.RawMessage) (*known, error) {
	if _, is := top[outputName]; !is {
		return nil, fault(ErrNoValues, "there is neither a format_version nor an output named %s: %s", outputName, hintShow)
	}
	var all map[string]output
	if err := decode(data, &all); err != nil {
		return nil, err
	}
	o := all[outputName]
	if o.Value == nil {
		return nil, fault(ErrNoValues, "the output %s has no value", outputName)
	}
	return &known{shards: &o}, nil
}

// decode reads one JSON value and nothing after it. What the library says of wrong types may quote values, so it is not repeated.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	err := d.Decode(into)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return fault(ErrFormat, "line %d: there is more after the JSON", lineAt(data, d.InputOffset()))
		}
		return nil
	case errors.As(err, &syntax):
		return fault(ErrFormat, "line %d: not JSON: %s", lineAt(data, syntax.Offset), hintShow)
	case errors.As(err, &kind) && kind.Field != "":
		return fault(ErrFormat, "line %d: %s is not of the type that Terraform's format has there", lineAt(data, kind.Offset), clean(kind.Field))
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return fault(ErrFormat, "the JSON ends too early: was Terraform interrupted?")
	}
	return fault(ErrFormat, "not a JSON object as Terraform writes it: %s", hintShow)
}

func lineAt(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(int(max(offset, 0)), len(data))], []byte("\n"))
}
