package report

import (
	"cmp"
	"image/color"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// figure draws a timeline: a bar for each phase, in lanes, over the time since the query began. It has been checked.
func (t *Timeline) figure() *figure {
	f := newFigure(t.Name, t.Title)
	lane := min(max(vg.Length(3000)/vg.Length(max(len(t.Lanes), 1)), 5), 20)
	f.width = wideFigure
	phases := t.phases()
	for i, p := range phases {
		f.legend = append(f.legend, key{name: p, color: phaseColor(i)})
	}
	f.height = 120 + lane*vg.Length(len(t.Lanes))
	x := newAxis("since the query began, s", false)
	for _, l := range t.Lanes {
		for _, s := range l.Spans {
			x.include(s.End.Seconds())
		}
	}
	f.x = x.apply(&f.plot.X)
	f.lanes(t, lane)
	f.plot.Add(upright(), t.spans(phases))
	return f
}

// phases are all, by when the first of each began.
func (t *Timeline) phases() []string {
	first := map[string]time.Duration{}
	var out []string
	for _, l := range t.Lanes {
		for _, s := range l.Spans {
			begin, seen := first[s.Phase]
			if !seen {
				out = append(out, s.Phase)
			}
			if !seen || s.Start < begin {
				first[s.Phase] = s.Start
			}
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(first[a], first[b]) })
	return out[:min(len(out), maxPhases)]
}

// maxPhases are told apart; further ones share a colour without a name.
const maxPhases = 16

func phaseColor(i int) color.Color { return barColor(i, i/len(palette)%2 == 1) }

// lanes names the rows, the first at the top.
func (f *figure) lanes(t *Timeline, height vg.Length) {
	side := &f.plot.Y
	side.Min, side.Max = -0.6, float64(max(len(t.Lanes), 1))-0.4
	side.Scale = plot.InvertedScale{Normalizer: plot.LinearScale{}}
	side.Tick.Length = 0
	every := 1
	if height < 11 {
		every = int(11/height) + 1
	}
	var ticks []plot.Tick
	for i := 0; i < len(t.Lanes); i += every {
		name := t.Lanes[i].Name
		if region := t.Lanes[i].Region; region != "" {
			name += " (" + region + ")"
		}
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: shorten(side.Tick.Label, clean(name), 150)})
	}
	side.Tick.Marker = plot.ConstantTicks(ticks)
}

// spans draws the phases; the shortest are still to be seen.
func (t *Timeline) spans(phases []string) drawing {
	const least = 0.8
	return func(c draw.Canvas, p *plot.Plot) {
		tx, ty := p.Transforms(&c)
		for i, l := range t.Lanes {
			top, bottom := ty(float64(i)-0.38), ty(float64(i)+0.38)
			for _, s := range l.Spans {
				from, to := tx(s.Start.Seconds()), tx(s.End.Seconds())
				to = max(to, from+least)
				at := slices.Index(phases, s.Phase)
				if at < 0 {
					at = maxPhases - 1
				}
				c.FillPolygon(phaseColor(at), []vg.Point{{X: from, Y: top}, {X: to, Y: top}, {X: to, Y: bottom}, {X: from, Y: bottom}})
			}
		}
	}
}

// upright draws the grid of times alone.
func upright() drawing {
	pale := draw.LineStyle{Color: palette[7], Width: 0.25}
	return func(c draw.Canvas, p *plot.Plot) {
		tx, _ := p.Transforms(&c)
		for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
			c.StrokeLine2(pale, tx(t.Value), c.Min.Y, tx(t.Value), c.Max.Y)
		}
	}
}
