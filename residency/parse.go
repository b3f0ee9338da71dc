package residency

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// FileError is one fault of a policy's file, with its place and an excerpt.
type FileError = yamldoc.Error

// FileErrors lists the faults of a policy's file in the order of their places; it is never empty.
type FileErrors = yamldoc.Errors

// MinPseudonymKey is the least size of the secret under which pseudonyms are made, in bytes.
const MinPseudonymKey = 32

const maxPseudonymKey = 1024

// mostCount bounds the version and every count of a policy.
const mostCount = 1_000_000_000_000

// Load reads a policy's file against a world; env looks up the variables of secrets, as os.LookupEnv does. An error comes with no policy at all: one
// that fails to load loosens nothing.
func Load(path string, world World, env func(string) (string, bool)) (*Policy, error) {
	data, err := yamldoc.ReadFile(path, yamldoc.MaxFileSize)
	if err != nil {
		return nil, fmt.Errorf("residency policy: %w", err)
	}
	return Parse(data, path, world, env)
}

// Parse is Load from memory; the name stands in errors. The error is of type [FileErrors] and lists every fault found, in the order of the file.
func Parse(data []byte, name string, world World, env func(string) (string, bool)) (*Policy, error) {
	r, root, err := yamldoc.Parse(data, name, "a policy has a version and rules; docs/residency.md shows an example")
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	p := &parser{Reader: r, env: env, policy: &Policy{File: name, Hash: hex.EncodeToString(sum[:]), World: world, source: r.Source}}
	r.HideSecret(root.Child("secrets"))
	p.document(root)
	if err := r.Err(); err != nil {
		return nil, err
	}
	return p.policy, nil
}

// parser walks the tree, and collects faults instead of stopping at the first.
type parser struct {
	*yamldoc.Reader
	env    yamldoc.Env
	policy *Policy
	hasKey bool // there is a key for pseudonyms, if perhaps a faulty one
}

func (p *parser) document(root *yamldoc.Node) {
	f := p.Fields(root, "version", "entities", "recipients", "columns", "secrets", "rules")
	if f == nil {
		return
	}
	if n := f.Need("version", "version: 1, and raise it with every change"); n != nil {
		p.policy.Version, _ = p.Integer(n, 1, mostCount)
	}
	p.policy.Entities = p.entities(f.Get("entities"))
	p.policy.Recipients = p.recipients(f.Get("recipients"))
	p.policy.Columns = p.limits(f.Get("columns"))
	if n := f.Get("secrets"); n != nil {
		p.secrets(n)
	}
	p.rules(f.Need("rules", "rules: [{id: …, effect: allow, …}]; [] permits nothing"))
}

func (p *parser) secrets(n *yamldoc.Node) {
	f := p.Fields(n, "pseudonym_key")
	if f == nil {
		return
	}
	if n := f.Need("pseudonym_key", `pseudonym_key: "${VARIABLE}"`); n != nil {
		p.hasKey = true
		p.policy.PseudonymKey = p.Secret(n, p.env, MinPseudonymKey, maxPseudonymKey)
	}
}

func (p *parser) entities(n *yamldoc.Node) map[string]*Entity {
	out := map[string]*Entity{}
	for _, e := range p.Entries(n) {
		p.CheckName(e.Key, e.KeyAt, "kind of entity")
		entity := &Entity{Name: e.Key, Columns: map[string]string{}, Pos: e.KeyAt}
		for _, c := range p.Entries(e) {
			p.known(c.Key, c.KeyAt, "table", p.world().Tables, "the tables")
			entity.Columns[c.Key] = p.column(c, []string{c.Key})
		}
		out[e.Key] = entity
	}
	return out
}

func (p *parser) recipients(n *yamldoc.Node) map[string]*Recipient {
	out := map[string]*Recipient{}
	for _, e := range p.Entries(n) {
		p.CheckName(e.Key, e.KeyAt, "recipient")
		if slices.Contains(p.world().places(), e.Key) {
			p.Fail(e.KeyAt, "recipient %s is called like a region or a jurisdiction: give it another name", yamldoc.Quote(e.Key))
			continue
		}
		f := p.Fields(e, "region", "expires", "basis")
		if f == nil {
			continue
		}
		r := &Recipient{Name: e.Key, Pos: e.KeyAt}
		if n := f.Need("region", "region: us-east-1"); n != nil {
			r.Region = p.name(n)
			p.known(r.Region, n.At, "region", slices.Sorted(maps.Keys(p.world().Regions)), "the regions")
		}
		if n := f.Get("expires"); n != nil {
			r.Expires = p.day(n)
		}
		if n := f.Get("basis"); n != nil {
			r.Basis = p.name(n)
		}
		out[e.Key] = r
	}
	return out
}

// limits reads what no rule can permit.
func (p *parser) limits(n *yamldoc.Node) map[ColumnName]ColumnLimit {
	out := map[ColumnName]ColumnLimit{}
	for _, e := range p.Entries(n) {
		name, ok := p.world().split(e.Key)
		if !ok {
			table, _, _ := strings.Cut(e.Key, ".")
			hint := yamldoc.Suggestion(table, p.world().Tables, "the tables")
			p.Fail(e.KeyAt, "%s is not a column of one of the tables: write table.column%s", yamldoc.Quote(e.Key), hint)
		} else {
			p.checkColumn(name.Column, e.KeyAt, []string{name.Table})
		}
		f := p.Fields(e, "output", "compare")
		if f == nil {
			continue
		}
		limit := ColumnLimit{Pos: e.KeyAt}
		if n := f.Get("output"); n != nil {
			limit.NoOutput = p.OneOf(n, "output:", "never") != ""
		}
		if n := f.Get("compare"); n != nil {
			limit.NoCompare = p.OneOf(n, "compare:", "never") != ""
		}
		if len(e.Children) == 0 {
			p.Fail(e.KeyAt, "%s says nothing: add output: never, compare: never or both", e.Path)
		}
		out[name] = limit
	}
	return out
}
