package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

var rewrite = flag.Bool("rewrite", false, "write the goldens anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test ./bench/report -rewrite writes it anew:\n%s", path, got)
	}
}

func TestText(t *testing.T) {
	r := sample(t, 1)
	golden(t, "sample.txt", r.Text())
	golden(t, "sample.md", r.Markdown())
}

func TestTextsOfStrangers(t *testing.T) {
	r := hostile(t)
	for name, text := range map[string]string{"text": r.Text(), "Markdown": r.Markdown()} {
		if i := strings.IndexAny(text, "\x1b\u202e\x00"); i >= 0 {
			t.Errorf("%s shows what drives a terminal at byte %d", name, i)
		}
	}
	for line := range strings.Lines(r.Markdown()) {
		if strings.HasPrefix(line, "| <script>") || strings.Contains(line, "a|b") {
			t.Errorf("Markdown is not escaped: %s", line)
		}
	}
}

// hostile is a report whose texts try to be more than texts.
func hostile(t testing.TB) *Report {
	r := sample(t, 1)
	evil := "<script>alert(1)</script> a|b \x1b[2J \u202e \x00 \"'&"
	r.Notes, r.Bench = []string{evil}, evil
	r.Series[0].Labels = []Label{{evil, evil}}
	r.Charts[0].Title, r.Charts[0].X, r.Charts[0].Lines[0].Name = evil, evil, evil
	r.Charts[1].Categories[0] = evil
	r.Timelines[0].Query, r.Timelines[0].Lanes[0].Name = evil, evil
	r.Goals[0].Text, r.Peers[0].Name, r.Borders[0].Query = evil, evil, evil
	return r
}

// nodes walks a page as browsers read it.
func nodes(t *testing.T, r *Report, visit func(*html.Node)) {
	t.Helper()
	var b bytes.Buffer
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		visit(n)
	}
}

func TestPage(t *testing.T) {
	ids, links, count := map[string]int{}, []string{}, map[string]int{}
	nodes(t, sample(t, 1), func(n *html.Node) {
		if n.Type != html.ElementNode {
			return
		}
		count[n.Data]++
		for _, a := range n.Attr {
			switch a.Key {
			case "id":
				ids[a.Val]++
			case "href", "src":
				links = append(links, a.Val)
			}
		}
	})
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%d elements are %q", n, id)
		}
	}
	for _, l := range links {
		if !strings.HasPrefix(l, "#") || ids[l[1:]] == 0 {
			t.Errorf("the page links to %q, which it does not have", l)
		}
	}
	if len(links) < 8 {
		t.Errorf("the table of contents has %d entries", len(links))
	}
	if count["svg"] != 7 { // three charts, two pictures of percentiles, a timeline, borders
		t.Errorf("%d pictures", count["svg"])
	}
	if count["script"] > 0 || count["link"] > 0 || count["img"] > 0 {
		t.Errorf("the page needs more than itself: %v", count)
	}
}

func TestPageOfStrangers(t *testing.T) {
	shown := 0
	nodes(t, hostile(t), func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == "script" {
			t.Error("a text became a script")
		}
		if n.Type == html.TextNode && strings.Contains(n.Data, "<script>") {
			shown++
		}
	})
	if shown < 10 {
		t.Errorf("the texts are shown %d times", shown)
	}
}

func TestPlots(t *testing.T) {
	for name, r := range map[string]*Report{"sample": sample(t, 1), "hostile": hostile(t)} {
		dir := filepath.Join(t.TempDir(), "plots")
		if err := r.Plots(dir); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range files {
			names = append(names, f.Name())
			content, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if err := whole(f.Name(), content); err != nil {
				t.Errorf("%s: %s: %v", name, f.Name(), err)
			}
		}
		for _, want := range []string{"tail.svg", "tail.png", "breakdown.svg", "gantt.png", "borders.svg", "percentiles-1.svg"} {
			if !slices.Contains(names, want) {
				t.Errorf("%s: no %s among %q", name, want, names)
			}
		}
	}
}

// whole reads a picture to its end.
func whole(name string, content []byte) error {
	if strings.HasSuffix(name, ".png") {
		_, err := png.Decode(bytes.NewReader(content))
		return err
	}
	d := xml.NewDecoder(bytes.NewReader(content))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestPlotsAreDrawnOfAnything(t *testing.T) {
	for name, c := range map[string]Chart{
		"no lines":           {Kind: Lines, LogX: true, LogY: true},
		"no points":          {Kind: Lines, Lines: []Line{{}}},
		"one point":          {Kind: Lines, LogX: true, LogY: true, Lines: []Line{{X: []float64{5}, Y: []float64{5}}}},
		"zeros, logarithmic": {Kind: Lines, LogX: true, LogY: true, Lines: []Line{{X: []float64{0, 1}, Y: []float64{0, 0}, Low: []float64{-1, 0}, High: []float64{0, 0}}}},
		"below zero":         {Kind: Lines, Lines: []Line{{X: []float64{-3, -2}, Y: []float64{-1e30, 1e30}}}},
		"tiny differences":   {Kind: Lines, LogY: true, Lines: []Line{{X: []float64{1, 1}, Y: []float64{1, 1 + 1e-15}}}},
		"far apart":          {Kind: Lines, LogY: true, LogX: true, Lines: []Line{{X: []float64{1e-300, 1e30}, Y: []float64{5e-324, 1e30}}}},
		"no categories":      {Kind: Bars, LogY: true, Lines: []Line{{}}},
		"no bars":            {Kind: Stacked, Categories: []string{"a", "b"}},
		"zero bars":          {Kind: Bars, LogY: true, Categories: []string{"a"}, Lines: []Line{{Y: []float64{0}, Low: []float64{0}, High: []float64{1}}}},
		"ratios below 1":     {Kind: Bars, LogY: true, Y: "ratio", Categories: []string{"a"}, Lines: []Line{{Y: []float64{0.01}}}},
		"stacked downwards":  {Kind: Stacked, Categories: []string{"a"}, Lines: []Line{{Y: []float64{-1}}, {Y: []float64{2}}, {Y: []float64{-3}}}},
		"long names":         {Kind: Bars, Title: strings.Repeat("words ", 300), Categories: []string{strings.Repeat("x", 5000), "y"}, Lines: []Line{{Name: strings.Repeat("y", 5000), Y: []float64{1, 2}}}},
		"many of all":        {Kind: Bars, Categories: make([]string, 140), Lines: slices.Repeat([]Line{{Y: make([]float64, 140)}}, 140)},
	} {
		c.Name = "c"
		r := &Report{Format: Format, Bench: "b", Charts: []Chart{c}}
		if err := r.Plots(t.TempDir()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTimelineWithoutAnything(t *testing.T) {
	r := &Report{Format: Format, Bench: "b", Timelines: []Timeline{{Name: "a"}, {Name: "b", Lanes: make([]Lane, 300)}, {Name: "c", Lanes: []Lane{{Spans: []Span{{"p", 0, 0}}}}}}}
	if err := r.Plots(t.TempDir()); err != nil {
		t.Error(err)
	}
}
