package planpage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll"
)

// coordinator draws the coordinator's box beside the shards of its region and returns where the next box may begin.
func (l *layout) coordinator(top int) int {
	b := box{X: homeLeft, Y: top, W: homeWidth, Class: "coordinator", Title: "coordinator"}
	y := top + heading
	for _, s := range l.x.Steps {
		l.at[port{step: s.Number}] = y + lineHeight/2
		y = l.work(&b, y, fmt.Sprintf("step %d, before the rest", s.Number), s.Tree)
	}
	title := "the answer"
	if a := l.x.Analyzed; a != nil {
		title += ": " + rowCount(a.Rows)
	}
	y = l.work(&b, y, title, l.x.Coordinator.Tree)
	b.H = y + gap/2 - top
	l.out.Boxes = append(l.out.Boxes, b)
	return top + b.H + gap
}

// work adds a title and a line for each operator. Fragments arrive where they are gathered first.
func (l *layout) work(b *box, y int, title string, tree []string) int {
	b.Lines = append(b.Lines, line{X: inset, Y: y + lineHeight/2, Class: "work", Text: title})
	for _, op := range operators(tree) {
		y += lineHeight
		indent := 2*inset + min(op.Depth, 8)*inset
		full := show(op.Text)
		text := line{X: indent, Y: y + lineHeight/2, Class: "operator", Text: cut(full, homeChars-min(op.Depth, 8)*2)}
		if text.Text != full {
			text.Full = full
		}
		b.Lines = append(b.Lines, text)
		var id int
		if _, err := fmt.Sscanf(op.Text, "gather fragment %d", &id); err == nil {
			if _, seen := l.at[port{fragment: id}]; !seen {
				l.at[port{fragment: id}] = y + lineHeight/2
			}
		}
	}
	return y + lineHeight + gap/2
}

// path draws an edge between its two ports. Where it leaves the region or the jurisdiction of the shard, it is marked.
func (l *layout) path(e edge) path {
	there := l.from[port{e.Shard, e.Fragment, e.Step}]
	here := l.at[port{fragment: e.Fragment}]
	if e.Step > 0 {
		here = l.at[port{step: e.Step}]
	}
	const shard, straight, bend = shardLeft + shardWidth, shardLeft + shardWidth + 3*inset, (shardLeft + shardWidth + homeLeft) / 2
	p := path{Border: e.Border, Step: e.Step > 0, MY: there, Describe: describe(e)}
	if p.Step {
		p.D = fmt.Sprintf("M%d %d C%d %d %d %d %d %d H%d", homeLeft, here, bend, here, bend, there, straight, there, shard+7)
	} else {
		p.D = fmt.Sprintf("M%d %d H%d C%d %d %d %d %d %d", shard, there, straight, bend, there, bend, here, homeLeft-7, here)
	}
	switch e.Border {
	case leavesRegion:
		p.Mark, p.MX = true, shard+inset
	case leavesJurisdiction:
		p.Mark, p.MX = true, shard+2*inset
	}
	return p
}

func describe(e edge) string {
	s := e.Shard + ", " + e.What() + ": " + load(e) + ", " + columnList(e.Columns)
	if e.Border != stays {
		s += "; crosses " + e.Crosses()
	}
	if rules := rulesOf(e.Leaves); rules != "" {
		s += "; permitted by " + rules
	}
	return show(s)
}

// rulesOf lists the rules of crossings, each once.
func rulesOf(list []*atoll.Crossing) string {
	var out []string
	for _, c := range list {
		for _, r := range c.Rules() {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return strings.Join(out, ", ")
}
