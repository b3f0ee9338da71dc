package report

import "slices"

// borderFigure draws the bytes that crossed borders for each query; nil if nothing did. From region to region is one colour, and all together if there are more
// such ways than colours.
func (r *Report) borderFigure(name string) *figure {
	if len(r.Borders) == 0 || len(r.Borders) > maxBars {
		return nil
	}
	c := Chart{Name: name, Title: "Bytes that crossed borders", Kind: Bars, X: "query", Y: "bytes, B", LogY: true}
	ways := r.ways()
	for _, b := range r.Borders {
		if !slices.Contains(c.Categories, b.Query) {
			c.Categories = append(c.Categories, b.Query)
		}
	}
	for _, way := range ways {
		l := Line{Name: way, Y: make([]float64, len(c.Categories))}
		for _, b := range r.Borders {
			if len(ways) == 1 || way == b.way() {
				l.Y[slices.Index(c.Categories, b.Query)] += float64(b.Bytes)
			}
		}
		c.Lines = append(c.Lines, l)
	}
	return c.figure()
}

func (b *Border) way() string { return "from " + b.From + " to " + b.To }

func (r *Report) ways() []string {
	var out []string
	for i := range r.Borders {
		if w := r.Borders[i].way(); !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	if len(out) > len(palette) {
		return []string{"between all regions"}
	}
	return out
}
