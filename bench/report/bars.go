package report

import (
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// manyBars do not fit in a figure of the usual width.
const manyBars = 40

// block is a rectangle of a bar chart, in the units of its axes.
type block struct {
	left, right, from, to float64
	line, at              int // which line's value, of which category
}

// bars draws a chart of bars side by side, or one on the other.
func (c *Chart) bars() *figure {
	f := newFigure(c.Name, c.Title)
	blocks := c.blocks()
	y := newAxis(c.Y, c.LogY)
	for i := range c.Lines {
		if c.Kind == Bars {
			y.include(c.Lines[i].Y...)
			y.widen(&c.Lines[i])
		}
		f.legend = append(f.legend, key{name: c.Lines[i].Name, color: barColor(i, c.Lines[i].Dashed)})
	}
	for _, b := range blocks {
		if c.Kind == Stacked {
			y.include(b.to)
		}
	}
	if c.LogY && len(y.values) > 0 && !c.ratios() {
		y.include(math.Pow(10, math.Floor(math.Log10(slices.Min(y.values))))) // so that the shortest bar is still one
	}
	f.y = y.apply(&f.plot.Y)
	if len(c.Categories)*(len(c.Lines)+1) > manyBars && c.Kind == Bars || len(c.Categories) > manyBars/2 {
		f.width = wideFigure
	}
	f.nominal(c.Categories, c.X)
	f.plot.Add(grid(false), c.rectangles(blocks))
	f.tellHidden(y)
	return f
}

// barColor is paler for what was computed.
func barColor(i int, computed bool) color.Color {
	if !computed {
		return colorOf(i)
	}
	r, g, b, _ := colorOf(i).RGBA()
	pale := func(v uint32) uint8 { return uint8((v>>8 + 2*255) / 3) }
	return color.RGBA{pale(r), pale(g), pale(b), 0xff}
}

// blocks places each value. Values below zero are stacked downwards.
func (c *Chart) blocks() []block {
	const room = 0.8 // of a category's width
	var out []block
	for at := range c.Categories {
		var up, down float64
		for line := range c.Lines {
			v := c.Lines[line].Y[at]
			b := block{left: float64(at) - room/2, right: float64(at) + room/2, to: v, line: line, at: at}
			switch {
			case c.Kind == Bars:
				width := room / float64(len(c.Lines))
				b.left += width * float64(line)
				b.right = b.left + width
			case v >= 0:
				b.from, b.to = up, up+v
				up = b.to
			default:
				b.from, b.to = down, down+v
				down = b.to
			}
			out = append(out, b)
		}
	}
	return out
}

// ratios reports that values are shown by how far they are from 1.
func (c *Chart) ratios() bool {
	return strings.Contains(c.Y, "ratio") || strings.Contains(c.Y, "times")
}

func (c *Chart) rectangles(blocks []block) drawing {
	ratios := c.ratios()
	return func(canvas draw.Canvas, p *plot.Plot) {
		tx, ty := p.Transforms(&canvas)
		within := func(v float64) float64 { return min(max(v, p.Y.Min), p.Y.Max) }
		for _, b := range blocks {
			l := &c.Lines[b.line]
			if c.LogY && b.to <= 0 {
				continue
			}
			if c.LogY && ratios {
				b.from = 1 // below it are those that are less
			}
			low, high := ty(within(b.from)), ty(within(b.to))
			canvas.FillPolygon(barColor(b.line, l.Dashed), []vg.Point{{X: tx(b.left), Y: low}, {X: tx(b.right), Y: low}, {X: tx(b.right), Y: high}, {X: tx(b.left), Y: high}})
			if len(l.Low) > 0 && c.Kind == Bars && !(c.LogY && b.to <= 0) {
				whisker(&canvas, key{color: ink}, tx((b.left+b.right)/2), ty(within(l.Low[b.at])), ty(within(l.High[b.at])))
			}
		}
	}
}

// nominal gives the lower side the names of categories, aslant where they would run into each other.
func (f *figure) nominal(categories []string, title string) {
	side := &f.plot.X
	side.Min, side.Max = -0.6, float64(max(len(categories), 1))-0.4
	f.x = clean(title)
	room := (f.width - 80) / vg.Length(max(len(categories), 1))
	every := 1
	slant := false
	names := make([]string, len(categories))
	for i, c := range categories {
		names[i] = shorten(side.Tick.Label, clean(c), 150)
		slant = slant || side.Tick.Label.Width(names[i])+4 > room
	}
	if slant {
		side.Tick.Label.Rotation = math.Pi / 6
		side.Tick.Label.XAlign, side.Tick.Label.YAlign = draw.XRight, draw.YTop
		every = int(math.Ceil(float64(11 / room)))
		f.height += 60
	}
	var ticks []plot.Tick
	for i := 0; i < len(names); i += max(every, 1) {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: names[i]})
	}
	side.Tick.Marker = plot.ConstantTicks(ticks)
	side.Tick.Length, side.Tick.Color = 4, color.White // room between the axis and the names
}
