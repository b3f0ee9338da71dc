package planpage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll"
)

// The drawing's measures, in pixels. Shards are a column on the left, the coordinator is a column on the right; the boxes of
// its region and jurisdiction span both.
const (
	width      = 960
	outer      = 8  // the left of jurisdictions
	inset      = 12 // between a box and the boxes in it
	heading    = 22 // of a region, a jurisdiction, a site
	lineHeight = 17
	gap        = 8 // between boxes of a column
	shardLeft  = outer + 2*inset
	shardWidth = 290
	homeLeft   = 540
	homeWidth  = width - homeLeft - outer - 2*inset
	homeChars  = (homeWidth - 3*inset) / 7 // a character of the coordinator's lines is less wide
	maxUnasked = 4                         // shards of a region that are drawn though they are not asked
)

// box is a rectangle with lines of text.
type box struct {
	X, Y, W, H   int
	Class        string
	Title, Right string // of the heading
	Lines        []line
}

// line is a line of a box: Y is that of its middle.
type line struct {
	X, Y        int
	Class       string
	Text, Right string
	Full        string // the whole text, where Text is cut
}

// path is an edge as it is drawn: out of a site, straight over the borders beside the shards, then in a curve.
type path struct {
	Border   border
	Step     bool
	D        string
	Mark     bool // where it crosses
	MX, MY   int
	Describe string
}

// drawing is all that is drawn, with the boxes around others before those.
type drawing struct {
	Width, Height int
	Boxes         []box
	Paths         []path
}

// layout places the boxes from top to bottom.
type layout struct {
	x     *atoll.Explanation
	edges []edge
	home  place
	out   *drawing
	y     int
	from  map[port]int // the heights at which edges leave and enter shards
	at    map[port]int // and the coordinator
}

// port is a fragment's or a step's line: in a shard's box, or in the coordinator's with no shard.
type port struct {
	shard          string
	fragment, step int
}

func draw(x *atoll.Explanation, p places, edges []edge) *drawing {
	l := &layout{x: x, edges: edges, home: p.of(x.Coordinator.Region), out: &drawing{Width: width}, y: outer,
		from: map[port]int{}, at: map[port]int{}}
	regions := slices.Clone(x.Regions)
	if !slices.ContainsFunc(regions, func(r atoll.ExplainRegion) bool { return r.Region == l.home.Region }) {
		regions = append(regions, atoll.ExplainRegion{Region: l.home.Region, Jurisdiction: l.home.Jurisdiction})
	}
	slices.SortStableFunc(regions, func(a, b atoll.ExplainRegion) int { return l.distance(a) - l.distance(b) })
	for len(regions) > 0 {
		first := regions[0].Jurisdiction
		same := func(r atoll.ExplainRegion) bool { return r.Jurisdiction == first }
		var here []atoll.ExplainRegion
		for _, r := range regions {
			if same(r) && (len(r.Shards) > 0 || r.Region == l.home.Region) {
				here = append(here, r)
			}
		}
		if len(here) > 0 {
			l.jurisdiction(first, here)
		}
		regions = slices.DeleteFunc(regions, same)
	}
	l.out.Height = l.y
	for _, e := range edges {
		l.out.Paths = append(l.out.Paths, l.path(e))
	}
	return l.out
}

// distance puts the coordinator's region first, then its jurisdiction.
func (l *layout) distance(r atoll.ExplainRegion) int {
	switch {
	case r.Region == l.home.Region:
		return 0
	case r.Jurisdiction == l.home.Jurisdiction:
		return 1
	}
	return 2
}

// open begins a box around others and returns its place; shut ends it.
func (l *layout) open(class, title, right string, depth int, wide bool) int {
	w := shardWidth + 2*(2-depth)*inset
	if wide {
		w = width - 2*outer - 2*depth*inset
	}
	l.out.Boxes = append(l.out.Boxes, box{X: outer + depth*inset, Y: l.y, W: w, Class: class, Title: cut(show(title), 28), Right: right})
	l.y += heading + gap/2
	return len(l.out.Boxes) - 1
}

func (l *layout) shut(i int) {
	b := &l.out.Boxes[i]
	b.H = l.y + inset - gap - b.Y
	l.y = b.Y + b.H + gap
}

func (l *layout) jurisdiction(name string, regions []atoll.ExplainRegion) {
	around := l.open("jurisdiction", name, "jurisdiction", 0, name == l.home.Jurisdiction)
	for _, r := range regions {
		l.region(r)
	}
	l.shut(around)
}

func (l *layout) region(r atoll.ExplainRegion) {
	home := r.Region == l.home.Region
	around := l.open("region", r.Region, "region", 1, home)
	below := l.y
	if home {
		below = l.coordinator(l.y)
	}
	var unasked []atoll.ExplainPlacement
	for _, s := range r.Shards {
		if !l.shard(s) {
			unasked = append(unasked, s)
		}
	}
	l.unasked(unasked)
	l.y = max(l.y, below)
	l.shut(around)
}

// shard draws a shard that is asked, with a line for each edge.
func (l *layout) shard(s atoll.ExplainPlacement) bool {
	b := box{X: shardLeft, Y: l.y, W: shardWidth, Class: "shard", Title: s.Shard, Right: s.Driver}
	y := l.y + heading
	for _, e := range l.edges {
		if e.Shard != s.Shard {
			continue
		}
		text := fmt.Sprintf("fragment %d", e.Fragment)
		if e.Step > 0 {
			text += fmt.Sprintf(" reads step %d", e.Step)
		}
		b.Lines = append(b.Lines, line{X: inset, Y: y + lineHeight/2, Class: "edge", Text: text, Right: load(e)})
		l.from[port{e.Shard, e.Fragment, e.Step}] = y + lineHeight/2
		y += lineHeight
	}
	if b.Lines == nil {
		return false
	}
	b.H = y + gap/2 - b.Y
	l.add(b)
	return true
}

// load says in a few letters what travels.
func load(e edge) string {
	if e.Actual == nil {
		return "≈ " + rowCount(e.Estimated)
	}
	return rowCount(e.Actual.Rows) + ", " + byteCount(e.Actual.Bytes)
}

// unasked draws shards that get no statement, many of them as one box.
func (l *layout) unasked(shards []atoll.ExplainPlacement) {
	for i, s := range shards {
		b := box{X: shardLeft, Y: l.y, W: shardWidth, H: heading, Class: "unasked", Title: s.Shard, Right: "not asked"}
		if rest := len(shards) - i; i == maxUnasked-1 && rest > 1 {
			b.Title = fmt.Sprintf("%d more shards", rest)
			l.add(b)
			return
		}
		l.add(b)
	}
}

func (l *layout) add(b box) {
	b.Title, b.Right = cut(show(b.Title), 28), cut(show(b.Right), 10)
	l.out.Boxes = append(l.out.Boxes, b)
	l.y = b.Y + b.H + gap
}

// cut shortens a text to n columns, of which far eastern letters take two.
func cut(s string, n int) string {
	s = strings.ReplaceAll(s, "\n", " ")
	taken := 0
	for i, r := range s {
		taken++
		if r >= 0x1100 {
			taken++
		}
		if taken > n {
			return strings.TrimRight(s[:i], " ") + "…"
		}
	}
	return s
}
