package report

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// glyphs tell lines apart where colours are used up, or are not seen.
var glyphs = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.BoxGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{}}

// glyphsUpTo so many points, each is marked as one that was measured.
const glyphsUpTo = 24

// figure draws a chart; it has been checked.
func (c *Chart) figure() *figure {
	if c.Kind == Lines {
		return c.lines(glyphsUpTo)
	}
	return c.bars()
}

// lines marks the points of lines that have so many or fewer.
func (c *Chart) lines(marked int) *figure {
	f := newFigure(c.Name, c.Title)
	x, y := newAxis(c.X, c.LogX), newAxis(c.Y, c.LogY)
	for i := range c.Lines {
		l := &c.Lines[i]
		x.include(l.X...)
		y.include(l.Y...)
		y.widen(l)
	}
	f.x, f.y = x.apply(&f.plot.X), y.apply(&f.plot.Y)
	f.plot.Add(grid(true))
	for i := range c.Lines {
		l := &c.Lines[i]
		look := lineStyle(i, l.Dashed)
		k := key{name: l.Name, color: look.Color, line: &look}
		if len(l.Y) <= marked && !l.Dashed {
			k.glyph = glyphs[i/len(palette)%len(glyphs)]
		}
		f.legend = append(f.legend, k)
		f.plot.Add(c.line(l, k))
	}
	f.tellHidden(x, y)
	return f
}

func lineStyle(i int, dashed bool) draw.LineStyle {
	s := draw.LineStyle{Color: colorOf(i), Width: 1.6}
	if dashed {
		s.Dashes = []vg.Length{5, 3}
	}
	return s
}

// widen makes room for a spread; what of it is below a log axis is cut off at its end.
func (a *axis) widen(l *Line) {
	for _, side := range [][]float64{l.Low, l.High} {
		for _, v := range side {
			if !a.log || v > 0 {
				a.include(v)
			}
		}
	}
}

// tellHidden says below the plot how many values a log axis cannot show.
func (f *figure) tellHidden(axes ...*axis) {
	hidden := 0
	for _, a := range axes {
		hidden += a.hidden
	}
	if hidden > 0 {
		f.x += fmt.Sprintf(" (not shown on a logarithmic axis, being zero or less: %d)", hidden)
	}
}

// line draws the points that the axes can show, each joined with the one before if that is shown, too.
func (c *Chart) line(l *Line, k key) drawing {
	return func(canvas draw.Canvas, p *plot.Plot) {
		tx, ty := p.Transforms(&canvas)
		var run []vg.Point
		for i := range l.Y {
			if c.LogX && l.X[i] <= 0 || c.LogY && l.Y[i] <= 0 {
				canvas.StrokeLines(*k.line, run)
				run = nil
				continue
			}
			pt := vg.Point{X: tx(l.X[i]), Y: ty(l.Y[i])}
			run = append(run, pt)
			if len(l.Low) > 0 {
				whisker(&canvas, k, pt.X, ty(max(l.Low[i], p.Y.Min)), ty(max(l.High[i], p.Y.Min)))
			}
			if k.glyph != nil {
				canvas.DrawGlyphNoClip(draw.GlyphStyle{Color: k.color, Radius: 2.6, Shape: k.glyph}, pt)
			}
		}
		canvas.StrokeLines(*k.line, run)
	}
}

// whisker draws a spread.
func whisker(c *draw.Canvas, k key, x, low, high vg.Length) {
	s := draw.LineStyle{Color: k.color, Width: 0.9}
	c.StrokeLine2(s, x, low, x, high)
	c.StrokeLine2(s, x-2.5, low, x+2.5, low)
	c.StrokeLine2(s, x-2.5, high, x+2.5, high)
}

// grid draws pale lines behind the marks with a label: across, and upright too where x is a measure.
func grid(upright bool) drawing {
	pale := draw.LineStyle{Color: palette[7], Width: 0.25}
	return func(c draw.Canvas, p *plot.Plot) {
		tx, ty := p.Transforms(&c)
		for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
			if !t.IsMinor() {
				c.StrokeLine2(pale, c.Min.X, ty(t.Value), c.Max.X, ty(t.Value))
			}
		}
		for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
			if upright && !t.IsMinor() {
				c.StrokeLine2(pale, tx(t.Value), c.Min.Y, tx(t.Value), c.Max.Y)
			}
		}
	}
}
