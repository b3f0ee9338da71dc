package report

import (
	"fmt"
	"os"
	"path/filepath"
)

// album are all pictures of a report, by what they show.
type album struct {
	curves    []*figure // of its histograms
	charts    []*figure
	timelines []*figure
	borders   []*figure // one, or none
}

// album draws what can be drawn of a report.
func (r *Report) album() (*album, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	a := &album{}
	taken := map[string]bool{}
	for i := range r.Charts {
		taken[r.Charts[i].Name] = true
		a.charts = append(a.charts, r.Charts[i].figure())
	}
	for i := range r.Timelines {
		taken[r.Timelines[i].Name] = true
		a.timelines = append(a.timelines, r.Timelines[i].figure())
	}
	free := func(name string) string {
		for taken[name] {
			name += "-x"
		}
		taken[name] = true
		return name
	}
	var err error
	if a.curves, err = r.curveFigures(free); err != nil {
		return nil, err
	}
	if f := r.borderFigure(free("borders")); f != nil {
		a.borders = append(a.borders, f)
	}
	return a, nil
}

// Plots writes each picture into a directory as NAME.svg and NAME.png, and makes the directory if it is not there: charts and timelines under their own names,
// histograms as percentiles-1 and on, what crossed borders as borders.
func (r *Report) Plots(dir string) error {
	a, err := r.album()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, list := range [][]*figure{a.curves, a.charts, a.timelines, a.borders} {
		for _, f := range list {
			if err := f.save(dir); err != nil {
				return fmt.Errorf("plot %s: %w", f.name, err)
			}
		}
	}
	return nil
}

func (f *figure) save(dir string) error {
	svg, err := f.svg()
	if err != nil {
		return err
	}
	if err := writeWhole(filepath.Join(dir, f.name+".svg"), svg); err != nil {
		return err
	}
	png, err := f.png()
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(dir, f.name+".png"), png)
}
