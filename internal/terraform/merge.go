package terraform

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// Merge adds the regions and shards to a configuration, which keeps every line it has: comments, order and all. What stands there already must
// agree in region, driver and jurisdiction, or nothing is merged; its DSN stays as it is, and a note says so where it is another. Shards that are not in
// the import stay as well. The result is read again before it is returned, and differs from the configuration by the additions alone. The error is of
// type [Faults] or yamldoc.Errors.
func (i *Import) Merge(data []byte, file string) (merged []byte, notes []string, err error) {
	_, root, err := yamldoc.Parse(data, file, "docs/configuration.md shows an example")
	if err != nil {
		return nil, nil, err
	}
	m := &merger{file: file, root: root, lines: strings.SplitAfter(string(data), "\n")}
	var regions, shards []string
	added := map[string]string{}
	for _, r := range i.Regions {
		if !m.hasRegion(r) {
			regions = append(regions, m.entry("regions", r.write))
			maps.Copy(added, additions("regions", r.Name, map[string]string{"jurisdiction": r.Jurisdiction}))
		}
	}
	for _, s := range i.Shards {
		if !m.hasShard(s) {
			shards = append(shards, m.entry("shards", s.write))
			maps.Copy(added, additions("shards", s.Name, map[string]string{"region": s.Region, "driver": s.Driver, "dsn": s.DSN}))
		}
	}
	m.insert("regions", regions)
	m.insert("shards", shards)
	if err := m.err(); err != nil {
		return nil, nil, err
	}
	merged = []byte(strings.Join(m.lines, ""))
	if err := m.prove(merged, added); err != nil {
		return nil, nil, err
	}
	m.notes = append(m.notes, fmt.Sprintf("%d regions and %d shards added, %d shards were there already", len(regions), len(shards), len(i.Shards)-len(shards)))
	return merged, m.notes, nil
}

type merger struct {
	collector
	file  string
	root  *yamldoc.Node
	lines []string // with their line breaks
	notes []string
}

// hasRegion reports whether a region is configured, and fails if it is under another jurisdiction.
func (m *merger) hasRegion(r Region) bool {
	n := m.root.Child("regions").Child(r.Name)
	if n == nil {
		return false
	}
	there := r.Name // as documented for a region that does not say
	if j := n.Child("jurisdiction"); j != nil {
		there = j.Text
	}
	if there != r.Jurisdiction {
		m.fail(ErrMerge, r.Name, "region %s is in %s:%d with jurisdiction %s, Terraform's tags say %s", r.Name, m.file, n.KeyAt.Line, quote(there), quote(r.Jurisdiction))
	}
	return true
}

// hasShard reports whether a shard is configured, and fails if it is something else.
func (m *merger) hasShard(s Shard) bool {
	n := m.root.Child("shards").Child(s.Name)
	if n == nil {
		return false
	}
	for key, want := range map[string]string{"region": s.Region, "driver": s.Driver} {
		if c := n.Child(key); c == nil || c.Text != want {
			m.fail(ErrMerge, s.Source, "shard %s is in %s:%d with another %s than %s: change or remove the entry there, if Terraform is right", s.Name, m.file, n.KeyAt.Line, key, quote(want))
		}
	}
	if c := n.Child("dsn"); c == nil || c.Text != s.DSN {
		m.notes = append(m.notes, fmt.Sprintf("shard %s stands in the file with another DSN, which is kept", s.Name))
	}
	return true
}

// entry writes one entry with the indentation of those that are there.
func (m *merger) entry(section string, write func(*strings.Builder, string)) string {
	indent := "  "
	if n := m.root.Child(section); n != nil && n.Kind == yamldoc.Mapping && len(n.Children) > 0 {
		indent = strings.Repeat(" ", max(n.Children[0].KeyAt.Column-1, 1))
	}
	var b strings.Builder
	write(&b, indent)
	return b.String()
}

// opens matches a line that opens a section whose entries stand on lines of their own.
var opens = regexp.MustCompile(`^["']?[a-z]+["']?[ ]*:[ ]*(?:#.*)?\r?\n?$`)

// insert puts entries behind the last line of a section, which it makes at the end of the file if there is none.
func (m *merger) insert(section string, entries []string) {
	if len(entries) == 0 {
		return
	}
	n := m.root.Child(section)
	if n == nil {
		m.endLine(len(m.lines) - 1)
		m.lines = append(m.lines, section+":\n"+strings.Join(entries, ""))
		return
	}
	at := n.KeyAt.Line - 1
	if n.KeyAt.Column != 1 || !opens.MatchString(m.lines[at]) {
		m.fail(ErrMerge, "", "%s:%d: %s does not have its entries on lines of their own below it, so none can be added: write one a line", m.file, n.KeyAt.Line, section)
		return
	}
	end := at
	for k := at + 1; k < len(m.lines); k++ {
		line := strings.TrimRight(m.lines[k], "\r\n")
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			continue // belongs to what follows, if that is another section
		}
		if line[0] != ' ' {
			break
		}
		end = k
	}
	m.endLine(end)
	m.lines[end] += strings.Join(entries, "")
}

// endLine gives a line a line break where it is the file's last and has none.
func (m *merger) endLine(k int) {
	if m.lines[k] != "" && !strings.HasSuffix(m.lines[k], "\n") {
		m.lines[k] += "\n"
	}
}

// prove reads the merged text again: it must say all that the configuration said, and the additions, and nothing else.
func (m *merger) prove(merged []byte, added map[string]string) error {
	_, now, err := yamldoc.Parse(merged, m.file, "")
	if err != nil {
		return fault(ErrMerge, "%s cannot be added to, since the result would not be valid: add the output by hand", m.file)
	}
	want, got := map[string]string{}, map[string]string{}
	flatten(m.root, "", want)
	maps.DeleteFunc(want, func(_, value string) bool { return value == leaf(yamldoc.Null, "") }) // an empty section is filled
	maps.Copy(want, added)
	flatten(now, "", got)
	for path, value := range want {
		if got[path] != value {
			return fault(ErrMerge, "%s cannot be added to, since its %s would change: add the output by hand", m.file, clean(path))
		}
	}
	maps.DeleteFunc(got, func(path, value string) bool { _, is := want[path]; return is || value == leaf(yamldoc.Null, "") })
	if len(got) > 0 {
		return fault(ErrMerge, "%s cannot be added to, since more than the additions would change: add the output by hand", m.file)
	}
	return nil
}

// flatten notes every value of a tree by its path.
func flatten(n *yamldoc.Node, path string, out map[string]string) {
	out[path] = leaf(n.Kind, n.Text)
	for i, c := range n.Children {
		key := c.Key
		if n.Kind == yamldoc.List {
			key = strconv.Itoa(i)
		}
		flatten(c, path+"/"+strings.ReplaceAll(key, "/", "//"), out)
	}
}

func leaf(k yamldoc.Kind, text string) string { return k.String() + " " + text }

// additions lists what an entry of a section adds to the flattened tree.
func additions(section, name string, fields map[string]string) map[string]string {
	at := "/" + section + "/" + name
	out := map[string]string{"/" + section: leaf(yamldoc.Mapping, ""), at: leaf(yamldoc.Mapping, "")}
	for key, text := range fields {
		out[at+"/"+key] = leaf(yamldoc.Text, text)
	}
	return out
}
