package report

import (
	"bytes"
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// figure is a picture: a title, a legend beside nothing that it could hide, and a plot.
type figure struct {
	name          string // of its file
	width, height vg.Length
	title         string
	legend        []key
	x, y          string // titles of the axes: the plot library would place those of logarithmic ones amiss
	plot          *plot.Plot
}

// key is one entry of a legend.
type key struct {
	name  string
	color color.Color
	line  *draw.LineStyle  // nil for a box of the colour
	glyph draw.GlyphDrawer // of a line with points
}

const (
	figureWidth  = 480 * vg.Length(1)
	figureHeight = 280 * vg.Length(1)
	wideFigure   = 760 * vg.Length(1) // of many bars, and of times
	margin       = 10 * vg.Length(1)
	swatch       = 18 * vg.Length(1) // the width of a legend's samples
)

var sans = font.Font{Typeface: "Liberation", Variant: "Sans"}

var ink = color.RGBA{R: 0x1c, G: 0x23, B: 0x29, A: 0xff}

// palette is that of Okabe and Ito (Color Universal Design, 2008), whose colours people with any colour vision tell apart, without its yellow, which white
// paper swallows, and with a grey.
var palette = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff}, color.RGBA{0x00, 0x9e, 0x73, 0xff}, color.RGBA{0xcc, 0x79, 0xa7, 0xff},
	color.RGBA{0xe6, 0x9f, 0x00, 0xff}, color.RGBA{0x56, 0xb4, 0xe9, 0xff}, color.RGBA{0x00, 0x00, 0x00, 0xff}, color.RGBA{0x8a, 0x8a, 0x8a, 0xff},
}

func colorOf(i int) color.Color { return palette[i%len(palette)] }

func style(size vg.Length) text.Style {
	return text.Style{Color: ink, Font: font.From(sans, size), Handler: plot.DefaultTextHandler}
}

// newFigure has no plot yet but its frame.
func newFigure(name, title string) *figure {
	p := plot.New()
	for _, side := range []*plot.Axis{&p.X, &p.Y} {
		side.Tick.Label.Font, side.Tick.Label.Color = font.From(sans, 9.5), ink
		side.Tick.Length, side.Padding = 5, 0
	}
	return &figure{name: name, width: figureWidth, height: figureHeight, title: clean(title), plot: p}
}

// drawing draws what a plot shows, between axes whose ranges are set already.
type drawing func(c draw.Canvas, p *plot.Plot)

// Plot is called by the plot.
func (d drawing) Plot(c draw.Canvas, p *plot.Plot) { d(c, p) }

func (f *figure) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, margin, -1.5*margin, margin, -margin)
	head := style(12.5)
	head.Font.Weight = 3 // bold
	head.YAlign = draw.YTop
	for _, line := range wrap(head, f.title, c.Size().X) {
		c.FillText(head, vg.Point{X: c.Min.X, Y: c.Max.Y}, line)
		c.Max.Y -= head.Height(line) * 1.25
	}
	c.Max.Y -= 4
	f.drawLegend(&c)
	f.drawTitles(&c)
	f.plot.Draw(c)
}

// drawTitles writes what the axes show, y's above the plot so that it can be as long as x's, and takes the room from the canvas.
func (f *figure) drawTitles(c *draw.Canvas) {
	s := style(10.5)
	row := s.Height("Xg") * 1.3
	if f.y != "" {
		s.YAlign = draw.YTop
		c.FillText(s, vg.Point{X: c.Min.X, Y: c.Max.Y}, shorten(s, f.y, c.Size().X))
		c.Max.Y -= row + 3
	}
	if f.x != "" {
		s.XAlign, s.YAlign = draw.XCenter, draw.YBottom
		c.FillText(s, vg.Point{X: c.Center().X, Y: c.Min.Y}, shorten(s, f.x, c.Size().X))
		c.Min.Y += row
	}
}

// legendRow is the height of a row of a legend.
const legendRow = 16 * vg.Length(1)

func legendStyle() text.Style { return style(10) }

// legendPlaces are where the entries stand, from the upper left corner, in as many rows as it takes.
func (f *figure) legendPlaces() (at []vg.Point, names []string, height vg.Length) {
	s := legendStyle()
	width := f.width - 2.5*margin
	var x, y vg.Length
	for _, k := range f.legend {
		name := shorten(s, clean(k.name), width-swatch-6)
		wide := swatch + 19 + s.Width(name)
		if x > 0 && x+wide > width {
			x, y = 0, y+legendRow
		}
		at, names = append(at, vg.Point{X: x, Y: y + legendRow/2}), append(names, name)
		x += wide
	}
	if len(at) > 0 {
		height = y + legendRow
	}
	return at, names, height
}

// drawLegend takes the legend's height from the canvas.
func (f *figure) drawLegend(c *draw.Canvas) {
	places, names, height := f.legendPlaces()
	if height == 0 {
		return
	}
	s := legendStyle()
	s.YAlign = draw.YCenter
	for i, p := range places {
		x, y := c.Min.X+p.X, c.Max.Y-p.Y
		f.legend[i].sample(c, x, y)
		c.FillText(s, vg.Point{X: x + swatch + 5, Y: y}, names[i])
	}
	c.Max.Y -= height + 8
}

// size is that of the picture: a legend of more than one row makes it higher.
func (f *figure) size() (width, height vg.Length) {
	_, _, legend := f.legendPlaces()
	return f.width, f.height + max(legend-legendRow, 0)
}

func (k *key) sample(c *draw.Canvas, x, y vg.Length) {
	if k.line == nil {
		c.FillPolygon(k.color, []vg.Point{{X: x + 4, Y: y - 4.5}, {X: x + swatch, Y: y - 4.5}, {X: x + swatch, Y: y + 4.5}, {X: x + 4, Y: y + 4.5}})
		return
	}
	c.StrokeLine2(*k.line, x, y, x+swatch, y)
	if k.glyph != nil {
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: k.color, Radius: 2.4, Shape: k.glyph}, vg.Point{X: x + swatch/2, Y: y})
	}
}

// svg is the picture as an SVG document. Where the font that widths were computed with is missing, others of the same widths take its place.
func (f *figure) svg() ([]byte, error) {
	c := vgsvg.NewWith(vgsvg.UseWH(f.size()))
	f.draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("drawing %s: %w", f.name, err)
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;")), nil
}

// png is the picture with two pixels where a screen usually has one.
func (f *figure) png() ([]byte, error) {
	c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.size()), vgimg.UseDPI(144))}
	f.draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("drawing %s: %w", f.name, err)
	}
	return b.Bytes(), nil
}
