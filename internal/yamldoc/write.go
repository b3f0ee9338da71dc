package yamldoc

import (
	"bytes"
	"strconv"
	"strings"
)

// With returns a mapping like n in which a key has another value; nil takes the key away. n itself is not changed.
func (n *Node) With(key string, value *Node) *Node {
	out := *n
	out.Children = nil
	found := false
	for _, c := range n.Children {
		if c.Key != key {
			out.Children = append(out.Children, c)
			continue
		}
		found = true
		if value != nil {
			out.Children = append(out.Children, Keyed(key, value))
		}
	}
	if !found && value != nil {
		out.Children = append(out.Children, Keyed(key, value))
	}
	return &out
}

// Keyed is a node as the value of a key.
func Keyed(key string, n *Node) *Node {
	out := *n
	out.Key = key
	return &out
}

// TextNode is a text.
func TextNode(text string) *Node { return &Node{Kind: Text, Text: text} }

// IntegerNode is a whole number.
func IntegerNode(n uint64) *Node { return &Node{Kind: Integer, Text: strconv.FormatUint(n, 10)} }

// ListNode is a list.
func ListNode(items ...*Node) *Node { return &Node{Kind: List, Children: items} }

// MappingNode is a mapping; its values come from [Keyed].
func MappingNode(values ...*Node) *Node { return &Node{Kind: Mapping, Children: values} }

// Format writes a tree as YAML that [Parse] reads as an equal one. Each value of the two upper levels has lines of its own, what is below
// stands on one. Comments are not in the tree.
func Format(n *Node) []byte {
	var b bytes.Buffer
	writeBlock(&b, n, 0)
	return b.Bytes()
}

// blockLevels are the levels of mappings that are written as blocks.
const blockLevels = 2

func writeBlock(b *bytes.Buffer, n *Node, level int) {
	if n.Kind == List && level > 0 && len(n.Children) > 0 && n.Children[0].Kind == Mapping {
		for _, c := range n.Children {
			b.WriteString(strings.Repeat("  ", level) + "- ")
			writeFlow(b, c)
			b.WriteByte('\n')
		}
		return
	}
	for _, c := range n.Children {
		b.WriteString(strings.Repeat("  ", level))
		writeText(b, c.Key)
		b.WriteByte(':')
		if level+1 < blockLevels && !c.Scalar() && len(c.Children) > 0 && (c.Kind == Mapping || c.Children[0].Kind == Mapping) {
			b.WriteByte('\n')
			writeBlock(b, c, level+1)
			continue
		}
		b.WriteByte(' ')
		writeFlow(b, c)
		b.WriteByte('\n')
	}
}

func writeFlow(b *bytes.Buffer, n *Node) {
	switch n.Kind {
	case Mapping:
		b.WriteByte('{')
		for i, c := range n.Children {
			if i > 0 {
				b.WriteString(", ")
			}
			writeText(b, c.Key)
			b.WriteString(": ")
			writeFlow(b, c)
		}
		b.WriteByte('}')
	case List:
		b.WriteByte('[')
		for i, c := range n.Children {
			if i > 0 {
				b.WriteString(", ")
			}
			writeFlow(b, c)
		}
		b.WriteByte(']')
	case Text:
		writeText(b, n.Text)
	case Null:
		b.WriteString("null")
	default:
		b.WriteString(n.Text)
	}
}

// writeText writes a text, in double quotes unless it is a word that can be nothing else.
func writeText(b *bytes.Buffer, s string) {
	if plain(s) {
		b.WriteString(s)
		return
	}
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f || r == 0x85 || r == 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff:
			b.WriteString(`\u` + strings.Repeat("0", 4-len(strconv.FormatInt(int64(r), 16))) + strconv.FormatInt(int64(r), 16))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

// plain reports whether a text reads as itself without quotes: a name of letters, digits and -_. that begins with a letter and is no word
// that YAML takes for a value of another type.
func plain(s string) bool {
	if s == "" || !(s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z') {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' && i < len(s)-1) {
			return false
		}
	}
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan":
		return false
	}
	return true
}
