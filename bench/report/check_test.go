package report

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLoadReadsWhatSaveWrote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	r := sample(t, 1)
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	back, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	got, err := back.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("the report is another one after Save and Load")
	}
	if back.Text() != r.Text() {
		t.Error("its text is another one")
	}
}

func TestSaveLeavesNothingInPart(t *testing.T) {
	dir := t.TempDir()
	r := sample(t, 1)
	r.Series[0].Values[0] = math.NaN()
	if err := r.Save(filepath.Join(dir, "a.json")); err == nil {
		t.Error("NaN was written as JSON")
	}
	if err := os.Mkdir(filepath.Join(dir, "b.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := sample(t, 1).Save(filepath.Join(dir, "b.json")); err == nil {
		t.Error("a directory was overwritten")
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestLoadRefuses(t *testing.T) {
	for want, text := range map[string]string{
		"no report of a benchmark: unexpected end":    ``,
		"no report of a benchmark: invalid character": `what?`,
		`no "format"`:                                   `{}`,
		"no report of a benchmark: json: cannot":        `[1, 2]`,
		"format 2, and this program reads format 1":     `{"format": 2, "series": "of another kind"}`,
		"does not say of which benchmark":               `{"format": 1}`,
		"no report of a benchmark: json: cannot unmars": `{"format": 1, "bench": "b", "series": "a"}`,
		"cannot unmarshal number 1e999":                 `{"format": 1, "bench": "b", "series": [{"name": "s", "values": [1e999]}]}`,
		"no histogram in HdrHistogram's V2":             `{"format": 1, "bench": "b", "series": [{"name": "s", "histogram": "HISTFAAA"}]}`,
		"it has no name":                                `{"format": 1, "bench": "b", "series": [{}]}`,
		`better is "red"`:                               `{"format": 1, "bench": "b", "series": [{"name": "s", "better": "red"}]}`,
		"beyond what is measured":                       `{"format": 1, "bench": "b", "series": [{"name": "s", "values": [1e300]}]}`,
		"took -1ns":                                     `{"format": 1, "bench": "b", "took_ns": -1}`,
		"3 equal answers of 2":                          `{"format": 1, "bench": "b", "peers": [{"name": "p", "equal": 3, "checked": 2}]}`,
		"cannot cross":                                  `{"format": 1, "bench": "b", "borders": [{"bytes": -1}]}`,
		"small letters, digits and hyphens":             `{"format": 1, "bench": "b", "charts": [{"name": "../../etc/passwd", "kind": "lines"}]}`,
		"the name is taken":                             `{"format": 1, "bench": "b", "charts": [{"name": "a", "kind": "lines"}], "timelines": [{"name": "a"}]}`,
		`its kind is "pie"`:                             `{"format": 1, "bench": "b", "charts": [{"name": "a", "kind": "pie"}]}`,
		"1 values of y for 0 values of x":               `{"format": 1, "bench": "b", "charts": [{"name": "a", "kind": "lines", "lines": [{"y": [1]}]}]}`,
		"1 values of y for 2 categories":                `{"format": 1, "bench": "b", "charts": [{"name": "a", "kind": "bars", "categories": ["a", "b"], "lines": [{"y": [1]}]}]}`,
		"2 bounds of the spread for 1 values":           `{"format": 1, "bench": "b", "charts": [{"name": "a", "kind": "lines", "lines": [{"x": [1], "y": [1], "low": [1, 2]}]}]}`,
		"a lower and an upper bound":                    `{"format": 1, "bench": "b", "charts": [{"name": "a", "kind": "lines", "lines": [{"x": [1], "y": [1], "low": [1]}]}]}`,
		"the spread from 2 to 1 runs backwards":         `{"format": 1, "bench": "b", "charts": [{"name": "a", "kind": "lines", "lines": [{"x": [1], "y": [1], "low": [2], "high": [1]}]}]}`,
		"from 2ns to 1ns is no time of a query":         `{"format": 1, "bench": "b", "timelines": [{"name": "a", "lanes": [{"spans": [{"start_ns": 2, "end_ns": 1}]}]}]}`,
		"from -1ns to 1ns is no time of a query":        `{"format": 1, "bench": "b", "timelines": [{"name": "a", "lanes": [{"spans": [{"start_ns": -1, "end_ns": 1}]}]}]}`,
	} {
		path := filepath.Join(t.TempDir(), "report.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		if err == nil {
			t.Errorf("loaded: %s", text)
		} else if !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}

// TestCheckRefusesNumbers has what JSON cannot hold.
func TestCheckRefusesNumbers(t *testing.T) {
	for name, spoil := range map[string]func(*Report){
		"NaN in a series":     func(r *Report) { r.Series[0].Values[0] = math.NaN() },
		"infinity in a goal":  func(r *Report) { r.Goals[0].Seen = math.Inf(1) },
		"NaN in a chart":      func(r *Report) { r.Charts[0].Lines[0].Y[0] = math.NaN() },
		"infinity in a chart": func(r *Report) { r.Charts[0].Lines[0].High[0] = math.Inf(1) },
		"too many points":     func(r *Report) { r.Charts[0].Lines = []Line{{X: make([]float64, 1e5), Y: make([]float64, 1e5)}} },
		"too many lanes":      func(r *Report) { r.Timelines[0].Lanes = make([]Lane, 1e4) },
		"a year long":         func(r *Report) { r.Timelines[0].Lanes[0].Spans[0].End = 9000 * time.Hour },
		"too many charts":     func(r *Report) { r.Charts = make([]Chart, 1e4) },
		"no format":           func(r *Report) { r.Format = 0 },
	} {
		r := sample(t, 1)
		spoil(r)
		if r.Check() == nil {
			t.Errorf("%s: not found", name)
		}
		if err := r.Plots(t.TempDir()); err == nil {
			t.Errorf("%s: plotted", name)
		}
	}
	if err := sample(t, 1).Check(); err != nil {
		t.Error(err)
	}
}
