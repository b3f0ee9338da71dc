package planpage

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"golang.org/x/net/html"

	"github.com/atoll-sql/atoll"
)

func render(t *testing.T, x *atoll.Explanation) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, x); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPages holds what pages say, in which elements, against testdata/pages.txt.
func TestPages(t *testing.T) {
	worlds := map[string]func() *atoll.Explanation{"partials": partials, "analyzed": analyzed, "alone": alone, "judged": judged}
	datadriven.RunTest(t, "testdata/pages.txt", func(t *testing.T, d *datadriven.TestData) string {
		return outline(t, render(t, worlds[d.Cmd]()))
	})
}

// shown are the elements that outline has a line for; title is that of an edge in the drawing, or of a text that is cut.
var shown = []string{"h1", "h2", "h3", "p", "pre", "dt", "dd", "li", "tr", "text", "title"}

// outline is a line for each element with text.
func outline(t *testing.T, page string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && slices.Contains(shown, n.Data) {
			b.WriteString(name(n) + ": " + strings.Join(texts(n), " | ") + "\n")
		}
	}
	return b.String()
}

func name(n *html.Node) string {
	out := n.Data
	if n.Data == "text" || n.Data == "title" && n.Parent.Data == "g" {
		n = n.Parent
	}
	for _, a := range n.Attr {
		if a.Key == "class" {
			out += "." + strings.ReplaceAll(a.Val, " ", ".")
		}
	}
	return out
}

func texts(n *html.Node) []string {
	var out []string
	for c := range n.Descendants() {
		if text := strings.TrimSpace(c.Data); c.Type == html.TextNode && text != "" {
			out = append(out, strings.ReplaceAll(text, "\n", `\n`))
		}
	}
	return out
}

// TestWellFormed holds that every element is closed, in order, without the leniency of browsers.
func TestWellFormed(t *testing.T) {
	void := []string{"meta"}
	for _, x := range []*atoll.Explanation{partials(), analyzed(), alone(), judged(), many(30), hostile()} {
		var open []string
		z := html.NewTokenizer(strings.NewReader(render(t, x)))
		for {
			kind := z.Next()
			token := z.Token()
			if kind == html.ErrorToken {
				if !errors.Is(z.Err(), io.EOF) || len(open) > 0 {
					t.Errorf("%v; not closed: %v", z.Err(), open)
				}
				break
			}
			switch {
			case kind == html.StartTagToken && !slices.Contains(void, token.Data):
				open = append(open, token.Data)
			case kind == html.EndTagToken:
				if len(open) == 0 || open[len(open)-1] != token.Data {
					t.Fatalf("</%s> closes %v", token.Data, open)
				}
				open = open[:len(open)-1]
			}
		}
	}
}

// TestSelfContained holds that a page refers to nothing outside itself and runs nothing.
func TestSelfContained(t *testing.T) {
	for _, x := range []*atoll.Explanation{partials(), analyzed(), alone()} {
		page := render(t, x)
		for _, bad := range []string{"http:", "https:", "//", "@import", "src=", "href=", "<script", "<link", "ZgotmplZ"} {
			if strings.Contains(page, bad) {
				t.Errorf("the page contains %q", bad)
			}
		}
		if strings.Count(page, "url(") != strings.Count(page, "url(#") || !strings.Contains(page, "default-src 'none'") {
			t.Error("the page may load something")
		}
	}
}

const attack = `</script></title></svg></pre><img src=x onerror="alert(1)">` + "'`{{.X}}&lt;\u202e\x00\x1b[2J\xff"

// hostile has the attack wherever a page shows a text.
func hostile() *atoll.Explanation {
	x := analyzed()
	x.SQL, x.Analyzed.Slowest = attack, attack
	x.Crossings = []atoll.Crossing{{Fragment: 1, Shard: attack, From: attack, To: []string{attack}, Form: attack, Tables: []atoll.CrossingTable{
		{Table: attack, Rule: attack, Recipient: attack, Where: attack, Entity: attack, Min: 2, Uses: []atoll.ColumnUse{{Column: attack, Use: attack}}}}}}
	x.Regions = []atoll.ExplainRegion{{Region: attack, Jurisdiction: attack, Shards: []atoll.ExplainPlacement{{Shard: attack, Driver: attack}}},
		{Region: "other", Jurisdiction: "other" + attack, Shards: []atoll.ExplainPlacement{{Shard: "idle" + attack, Driver: attack}}}}
	x.Coordinator = atoll.ExplainSite{Region: "other", Tree: []string{attack, "  gather fragment 1" + attack, "  residual " + attack + "\n  gather fragment 2"}}
	x.Steps[0].Head, x.Steps[0].Tree = attack, []string{attack}
	bad := columns(attack, attack)
	x.Columns, x.Steps[0].Columns = bad, bad
	x.Approximations = []atoll.Approximation{{Function: attack, Asked: attack, Method: attack, Error: attack}}
	for i := range x.Fragments {
		f := &x.Fragments[i]
		f.Why, f.Columns, f.Pruned = attack, bad, []string{attack}
		for j := range f.Shards {
			s := &f.Shards[j]
			s.Shard, s.From, s.To, s.Driver, s.SQL = attack, attack, "other", attack, attack
		}
	}
	return x
}

// TestHostile holds that no text of a query or a configuration becomes an element, an attribute or an invisible character.
func TestHostile(t *testing.T) {
	page := render(t, hostile())
	if i := strings.IndexAny(page, "\u202e\x00\x1b"); i >= 0 || strings.Contains(page, "\ufffd") || strings.Contains(page, "ZgotmplZ") {
		t.Errorf("characters that hide or reorder text are shown as they are, or something is lost, at %d", i)
	}
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	elements := strings.Fields(`html head meta title style body h1 h2 h3 small p b pre code dl div dt dd ul li i ol section span table thead tbody tr th td
		svg defs marker path g rect text`)
	attributes := strings.Fields(`lang charset http-equiv content name class id viewbox viewBox role aria-label refx refX refy refY markerwidth markerWidth
		markerheight markerHeight markerunits markerUnits orient d width height rx x y dx dy transform marker-end data-of`)
	quotes := 0
	for n := range doc.Descendants() {
		switch n.Type {
		case html.ElementNode:
			if !slices.Contains(elements, n.Data) {
				t.Errorf("element %s", n.Data)
			}
			for _, a := range n.Attr {
				if !slices.Contains(attributes, a.Key) || strings.Contains(a.Val, "alert") {
					t.Errorf("attribute %s=%q of %s", a.Key, a.Val, n.Data)
				}
			}
		case html.TextNode:
			quotes += strings.Count(n.Data, `<img src=x onerror="alert(1)">`)
		}
	}
	if quotes < 30 {
		t.Errorf("the text is shown in %d places only", quotes)
	}
}
