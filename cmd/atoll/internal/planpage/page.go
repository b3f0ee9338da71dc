// Package planpage shows a plan as one HTML page that needs nothing else: no script, no file beside it, no network.
//
// The page has a drawing of the sites and of the edges between them, the query, the statement of each fragment, what the
// coordinator does, and a table of all edges. It reads in light, in dark and on paper.
package planpage

import (
	_ "embed"
	"html/template"
	"io"
	"strings"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/cmd/atoll/internal/output"
)

//go:embed page.tmpl
var pageText string

//go:embed drawing.tmpl
var drawingText string

//go:embed style.css
var style string

var pageTemplate = template.Must(template.Must(template.New("page").Funcs(template.FuncMap{
	"style":   func() template.CSS { return template.CSS(style) }, // ours, from this folder
	"show":    show,
	"rows":    rowCount,
	"bytes":   byteCount,
	"time":    duration,
	"columns": columnList,
	"clauses": clauses,
	"list":    func(words []string) string { return show(strings.Join(words, ", ")) },
	"classes": func() []border { return []border{stays, leavesRegion, leavesJurisdiction} },
}).Parse(pageText)).Parse(drawingText))

// Write writes the page of an explanation. Everything that comes from the query or the configuration is escaped for the
// place where it stands, and characters that would hide or reorder text are shown as escapes.
func Write(w io.Writer, x *atoll.Explanation) error {
	return pageTemplate.Execute(w, newPage(x))
}

// page is what the template shows.
type page struct {
	X           *atoll.Explanation
	Facts       []fact
	Drawing     *drawing
	Steps       []work
	Coordinator work
	Fragments   []fragment
	Edges       []edge
}

// fact is one of the figures at the top.
type fact struct{ Name, Value string }

// work is what the coordinator does: operators, each above its inputs.
type work struct {
	Head      string
	Operators []operator
}

type operator struct {
	Depth int
	Text  string
}

// fragment is a fragment with its statements, each once.
type fragment struct {
	*atoll.ExplainFragment
	Statements []statement
}

// statement is a text and who runs it.
type statement struct {
	SQL    string
	Steps  []int
	Shards []atoll.ExplainShard
}

func newPage(x *atoll.Explanation) *page {
	places := placesOf(x)
	p := &page{X: x, Edges: edgesOf(x, places), Coordinator: work{"the answer", operators(x.Coordinator.Tree)}}
	for _, s := range x.Steps {
		p.Steps = append(p.Steps, work{s.Head, operators(s.Tree)})
	}
	for i := range x.Fragments {
		p.Fragments = append(p.Fragments, fragment{&x.Fragments[i], statements(x.Fragments[i].Shards)})
	}
	p.Facts = facts(x, p.Edges)
	p.Drawing = draw(x, places, p.Edges)
	return p
}

func operators(tree []string) []operator {
	out := make([]operator, len(tree))
	for i, line := range tree {
		text := strings.TrimLeft(line, " ")
		out[i] = operator{Depth: (len(line) - len(text)) / 2, Text: text}
	}
	return out
}

// statements puts shards together that run the same text, in the order of the first of them.
func statements(shards []atoll.ExplainShard) []statement {
	var out []statement
	at := map[string]int{}
	for _, s := range shards {
		i, seen := at[s.SQL]
		if !seen {
			i = len(out)
			at[s.SQL] = i
			out = append(out, statement{SQL: s.SQL, Steps: s.Steps})
		}
		out[i].Shards = append(out[i].Shards, s)
	}
	return out
}

// show makes visible what a browser would hide or act on; line breaks stay.
func show(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\t", "    "), "\n")
	for i, l := range lines {
		lines[i] = output.Printable(strings.TrimSuffix(l, "\r"))
	}
	return strings.Join(lines, "\n")
}
