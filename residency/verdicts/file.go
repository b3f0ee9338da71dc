package verdicts

import (
	"strings"
	"time"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// File is a file of expectations.
type File struct {
	Path    string
	Queries []Expectation // in the order of the file, at least one
}

// Expectation is a query, and what the policy must say of it.
type Expectation struct {
	Name string
	Line int // of the file
	// SQL is asked by User with Roles for Purpose, "" or none where nothing is stated, and read in ClientRegion, "" where that is not known.
	SQL          string
	User         string
	Roles        []string
	Purpose      string
	ClientRegion string
	Args         []string  // the values of $1, $2, …
	On           time.Time // the moment at which it is asked: noon of a day of UTC; zero for now
	Allow        bool
	Rule         string   // of a refusal the rule that it names, otherwise one by which something leaves; "" for any
	Because      string   // of a refusal: a part of its text, "" for any
	Keeps        []string // of what is allowed: for each, a part of one of the terms that hold
}

// Load reads a file. The error lists every fault of it with its place.
func Load(path string) (*File, error) {
	data, err := yamldoc.ReadFile(path, yamldoc.MaxFileSize)
	if err != nil {
		return nil, err
	}
	return Parse(data, path)
}

// Parse is Load from memory; the name stands in errors.
func Parse(data []byte, name string) (*File, error) {
	r, root, err := yamldoc.Parse(data, name, "a file of verdicts has a version and queries; docs/residency.md shows an example")
	if err != nil {
		return nil, err
	}
	p := &parser{r, map[string]yamldoc.Position{}}
	f := &File{Path: name, Queries: p.document(root)}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return f, nil
}

type parser struct {
	*yamldoc.Reader
	names map[string]yamldoc.Position
}

func (p *parser) document(root *yamldoc.Node) []Expectation {
	f := p.Fields(root, "version", "queries")
	if f == nil {
		return nil
	}
	if n := f.Need("version", "version: 1"); n != nil {
		p.Integer(n, 1, 1)
	}
	list := f.Need("queries", "queries: [{name: …, sql: …, expect: refuse}]")
	if list == nil || !p.Is(list, yamldoc.List) {
		return nil
	}
	if len(list.Children) == 0 {
		p.Fail(list.Place(), "queries is empty: it would test nothing")
	}
	var out []Expectation
	for _, n := range list.Children {
		out = append(out, p.query(n))
	}
	return out
}

func (p *parser) query(n *yamldoc.Node) Expectation {
	f := p.Fields(n, "name", "sql", "args", "user", "roles", "purpose", "client_region", "on", "expect", "rule", "because", "keeps")
	if f == nil {
		return Expectation{}
	}
	e := Expectation{
		Name: p.text(f.Need("name", "name: tax numbers stay")), SQL: p.text(f.Need("sql", "sql: SELECT count(*) FROM members")),
		User: p.text(f.Get("user")), Purpose: p.text(f.Get("purpose")), ClientRegion: p.text(f.Get("client_region")), Rule: p.text(f.Get("rule")),
		Because: p.text(f.Get("because")), Args: p.scalars(f.Get("args")), Roles: p.texts(f.Get("roles")), Keeps: p.texts(f.Get("keeps")),
		On: p.noon(f.Get("on")), Line: n.Place().Line,
	}
	if at := f.Get("name"); at != nil && e.Name != "" {
		e.Line = at.At.Line
		if before, twice := p.names[e.Name]; twice {
			p.Fail(at.At, "the name %s is given already, in line %d", yamldoc.Quote(e.Name), before.Line)
		}
		p.names[e.Name] = at.At
	}
	if n := f.Need("expect", "expect: allow, or expect: refuse"); n != nil {
		e.Allow = p.OneOf(n, "expect:", "allow", "refuse") == "allow"
		p.fits(f, n)
	}
	return e
}

// fits refuses what can never hold of a verdict.
func (p *parser) fits(f *yamldoc.Fields, expect *yamldoc.Node) {
	wrong := map[string]string{"allow": "because", "refuse": "keeps"}[expect.Text]
	if n := f.Get(wrong); wrong != "" && n != nil {
		p.Fail(n.Place(), "%s says nothing of a query that the policy is to %s", wrong, expect.Text)
	}
}

func (p *parser) text(n *yamldoc.Node) string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(p.Text(n))
}

func (p *parser) texts(n *yamldoc.Node) []string {
	if n == nil {
		return nil
	}
	return p.Texts(n)
}

func (p *parser) scalars(n *yamldoc.Node) []string {
	if n == nil || !p.Is(n, yamldoc.List) {
		return nil
	}
	var out []string
	for _, c := range n.Children {
		s, _ := p.Scalar(c)
		out = append(out, s)
	}
	return out
}

// noon reads a day.
func (p *parser) noon(n *yamldoc.Node) time.Time {
	if n == nil {
		return time.Time{}
	}
	text, ok := p.Scalar(n)
	if !ok {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		p.Fail(n.At, "%s must be a day, such as 2026-11-30, not %s", n.Path, yamldoc.Quote(text))
		return time.Time{}
	}
	return t.Add(12 * time.Hour)
}
