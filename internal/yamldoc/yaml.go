package yamldoc

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// parseYAML turns bytes into a tree, or says where they are not YAML of the kind we read.
func parseYAML(src *Source, data []byte, empty string) (root *Node, fault *Error) {
	if fault := checkBytes(src, data); fault != nil {
		return nil, fault
	}
	// The parser is not ours and reads what users write: should it panic, that is an error of the file.
	defer func() {
		if p := recover(); p != nil {
			root, fault = nil, src.Errorf(Position{1, 1}, "the YAML parser failed on this file (%v)", p)
		}
	}()
	tokens := lexer.Tokenize(string(data))
	if fault := checkTokens(src, tokens); fault != nil {
		return nil, fault
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxError(src, err)
	}
	return convertFile(src, file, empty)
}

// checkBytes refuses what no text file holds.
func checkBytes(src *Source, data []byte) *Error {
	switch {
	case len(data) > MaxFileSize:
		return src.Errorf(Position{1, 1}, "the file is larger than %d bytes", MaxFileSize)
	case !utf8.Valid(data):
		line, rest := 1, data
		for i := bytes.IndexByte(rest, '\n'); i >= 0 && utf8.Valid(rest[:i]); i = bytes.IndexByte(rest, '\n') {
			line, rest = line+1, rest[i+1:]
		}
		return src.Errorf(Position{line, 1}, "the line is not valid UTF-8")
	case bytes.IndexByte(data, 0) >= 0:
		return src.Errorf(Position{1 + bytes.Count(data[:bytes.IndexByte(data, 0)], []byte("\n")), 1}, "the line holds a NUL character")
	}
	return nil
}

// maxDepth bounds nesting, since the parser calls itself for each level and a stack overflow cannot be
// caught; the format itself needs eight levels.
const maxDepth = 32

// maxKeys bounds the keys of one block mapping, since the parser's time grows with their square.
const maxKeys = 10_000

// indent is an enclosing block: the column where it begins and the lines that begin there with a key.
type indent struct{ column, keys int }

// checkTokens refuses aliases and all that could expand, and bounds nesting and width before the parser runs.
func checkTokens(src *Source, tokens token.Tokens) *Error {
	var flow, onLine int
	var blocks []indent
	line := -1
	for _, t := range tokens {
		at := where(t)
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.DirectiveType:
			return src.Errorf(at, "anchors, aliases, merge keys, tags and directives are not accepted: write the value out")
		case token.MappingKeyType:
			return src.Errorf(at, "keys introduced by ? are not accepted: write key: value")
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		}
		if at.Line != line {
			line, onLine = at.Line, 0
			blocks = enter(blocks, at.Column, t.Type != token.SequenceEntryType && t.Type != token.CommentType)
		}
		if flow == 0 && (t.Type == token.SequenceEntryType || t.Type == token.MappingValueType) {
			onLine++
		}
		if flow > maxDepth || onLine > maxDepth || len(blocks) > 4*maxDepth {
			return src.Errorf(at, "the file is nested too deeply")
		}
		if flow == 0 && blocks[len(blocks)-1].keys > maxKeys {
			return src.Errorf(at, "the mapping has more than %d keys", maxKeys)
		}
	}
	return nil
}

// enter notes a line that begins at a column: deeper blocks end, and the one there goes on or begins.
func enter(blocks []indent, column int, key bool) []indent {
	for len(blocks) > 0 && blocks[len(blocks)-1].column > column {
		blocks = blocks[:len(blocks)-1]
	}
	if len(blocks) == 0 || blocks[len(blocks)-1].column < column {
		blocks = append(blocks, indent{column: column})
	}
	if key {
		blocks[len(blocks)-1].keys++
	}
	return blocks
}

func where(t *token.Token) Position {
	if t == nil || t.Position == nil {
		return Position{1, 1}
	}
	return Position{t.Position.Line, t.Position.Column}
}

func syntaxError(src *Source, err error) *Error {
	var e yaml.Error
	if errors.As(err, &e) {
		return src.Errorf(where(e.GetToken()), "not valid YAML: %s", strings.ReplaceAll(e.GetMessage(), "character '\t'", "a tab"))
	}
	return src.Errorf(Position{1, 1}, "not valid YAML")
}

func convertFile(src *Source, file *ast.File, empty string) (*Node, *Error) {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			return nil, src.Errorf(Position{where(doc.Body.GetToken()).Line, 1}, "the file holds more than one YAML document")
		}
		body = doc.Body
	}
	if body == nil {
		return nil, src.Errorf(Position{1, 1}, "the file is empty: %s", empty)
	}
	c := &converter{src: src}
	return c.convert(body, "")
}

// converter builds the tree from the parser's.
type converter struct{ src *Source }

func (c *converter) convert(n ast.Node, path string) (*Node, *Error) {
	at := where(n.GetToken())
	out := &Node{Path: path, At: at, KeyAt: at}
	switch n := n.(type) {
	case *ast.NullNode:
		out.Kind = Null
	case *ast.BoolNode:
		out.Kind, out.Text = Boolean, n.Token.Value
	case *ast.IntegerNode:
		out.Kind, out.Text = Integer, n.Token.Value
	case *ast.FloatNode:
		out.Kind, out.Text = Number, n.Token.Value
	case *ast.InfinityNode:
		out.Kind, out.Text = Number, n.Token.Value
	case *ast.NanNode:
		out.Kind, out.Text = Number, n.Token.Value
	case *ast.StringNode:
		out.Kind, out.Text = Text, n.Value
	case *ast.LiteralNode:
		out.Kind, out.Text = Text, n.Value.Value
	case *ast.SequenceNode:
		out.Kind = List
		return out, c.items(n, out)
	case ast.MapNode:
		out.Kind = Mapping
		return out, c.values(n, out)
	default:
		return nil, c.src.Errorf(at, "%s is not accepted here", n.Type())
	}
	return out, nil
}

func (c *converter) items(n *ast.SequenceNode, out *Node) *Error {
	for i, v := range n.Values {
		if v == nil {
			return c.src.Errorf(out.At, "the list has an empty item")
		}
		item, err := c.convert(v, itemPath(out.Path, i))
		if err != nil {
			return err
		}
		if m, ok := v.(*ast.MappingNode); item.Kind == Mapping && !(ok && m.IsFlowStyle) {
			item.KeyAt = item.At // the parser's own place is that of the first colon
		}
		out.Children = append(out.Children, item)
	}
	return nil
}

func (c *converter) values(n ast.MapNode, out *Node) *Error {
	first := map[string]Position{}
	for it := n.MapRange(); it.Next(); {
		key, at, err := c.key(it.Key())
		if err != nil {
			return err
		}
		if before, dup := first[key]; dup {
			return c.src.Errorf(at, "key %s is given already at line %d, column %d", Quote(key), before.Line, before.Column)
		}
		first[key] = at
		if it.Value() == nil {
			return c.src.Errorf(at, "key %s has no value", Quote(key))
		}
		value, err := c.convert(it.Value(), childPath(out.Path, key))
		if err != nil {
			return err
		}
		value.Key, value.KeyAt = key, at
		out.Children = append(out.Children, value)
	}
	if len(out.Children) > 0 {
		out.At = out.Children[0].KeyAt // the parser's own place is that of the first colon
		if out.Path == "" {
			out.KeyAt = out.At
		}
	}
	return nil
}

// key reads a key, which must be a plain or quoted word.
func (c *converter) key(k ast.MapKeyNode) (string, Position, *Error) {
	at := where(k.GetToken())
	n, err := c.convert(k, "")
	if err != nil {
		return "", at, err
	}
	if !n.Scalar() || n.Text == "" {
		return "", at, c.src.Errorf(at, "%s cannot be a key: write a name", fmt.Sprint(n.Kind))
	}
	return n.Text, at, nil
}
