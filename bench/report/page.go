package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"time"
)

//go:embed page.tmpl
var pageText string

//go:embed style.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"style": func() template.CSS { return template.CSS(pageStyle) }, // ours, from this folder
	"show":  clean,
}).Parse(pageText))

// page is what the template shows.
type page struct {
	Heading, Subtitle string
	Score             string
	Goals             []card
	Chapters          []chapter
}

// card is a goal in a coloured cell.
type card struct{ Verdict, Text, Seen, Wanted, Why string }

// chapter is a part of the page, and an entry of its table of contents.
type chapter struct {
	ID, Title string
	Pictures  []picture
	Tables    []table
	Notes     []string
}

// picture is a plot and what is to be read below it.
type picture struct {
	Name, Title string
	SVG         template.HTML
	Query       string
	Wide        bool
}

// HTML writes the report as one page that needs nothing else: no script, no file beside it, no network. It reads on a screen and on paper.
func (r *Report) HTML(w io.Writer) error {
	p, err := r.page()
	if err != nil {
		return err
	}
	return pageTemplate.Execute(w, p)
}

// SavePage writes the page into a file, whole or not at all.
func (r *Report) SavePage(path string) error {
	var b bytes.Buffer
	if err := r.HTML(&b); err != nil {
		return err
	}
	return writeWhole(path, b.Bytes())
}

func (r *Report) page() (*page, error) {
	a, err := r.album()
	if err != nil {
		return nil, err
	}
	p := &page{Heading: "atoll bench " + r.Bench, Goals: r.cards(), Score: r.score(),
		Subtitle: fmt.Sprintf("%s UTC, took %s; %s", r.Started.UTC().Format("2 January 2006 15:04"), r.Took.Round(10*time.Millisecond), r.Machine)}
	all := []chapter{
		{ID: "peers", Title: "Peers", Tables: []table{r.peerTable()}},
		{ID: "charts", Title: "Charts"},
		{ID: "percentiles", Title: "Latency by percentile"},
		{ID: "timelines", Title: "One query over time"},
		{ID: "tables", Title: "All figures", Tables: r.seriesTables()},
		{ID: "borders", Title: "What crossed borders", Tables: []table{r.borderTable()}},
		{ID: "notes", Title: "How to read this", Notes: r.Notes},
		{ID: "conditions", Title: "Measured on and with", Tables: []table{r.conditions()}},
	}
	for id, figures := range map[string][]*figure{"charts": a.charts, "percentiles": a.curves, "timelines": a.timelines, "borders": a.borders} {
		i := slices.IndexFunc(all, func(c chapter) bool { return c.ID == id })
		if all[i].Pictures, err = pictures(figures); err != nil {
			return nil, err
		}
	}
	for i := range r.Timelines {
		all[3].Pictures[i].Query = r.Timelines[i].Query
	}
	for _, c := range all {
		c.Tables = slices.DeleteFunc(c.Tables, func(t table) bool { return len(t.Rows) == 0 })
		if len(c.Tables) == 1 && c.ID != "tables" {
			c.Tables[0].Title = "" // the chapter has it
		}
		if len(c.Pictures)+len(c.Tables)+len(c.Notes) > 0 {
			p.Chapters = append(p.Chapters, c)
		}
	}
	return p, nil
}

func (r *Report) cards() []card {
	var out []card
	for i := range r.Goals {
		g := &r.Goals[i]
		out = append(out, card{Verdict: g.verdict(), Text: g.Text, Seen: g.seen(), Wanted: g.wanted(), Why: g.Unknown})
	}
	return out
}

// pictures are plots for a page: the head of the document that each is, the page has itself.
func pictures(list []*figure) ([]picture, error) {
	var out []picture
	for _, f := range list {
		svg, err := f.svg()
		if err != nil {
			return nil, err
		}
		if begin := bytes.Index(svg, []byte("<svg")); begin > 0 {
			svg = svg[begin:]
		}
		out = append(out, picture{Name: f.name, Title: f.title, Wide: f.width > figureWidth, SVG: template.HTML(svg)}) // drawn by this package, which escaped the texts in it
	}
	return out, nil
}
