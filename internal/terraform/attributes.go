package terraform

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// attributes reads those of one resource. An attribute that is null or not there is unknown or not given; Terraform does not tell these apart.
type attributes struct {
	*collector
	address string
	values  map[string]json.RawMessage
}

func (a *attributes) read(key string, into any, want string) bool {
	raw, is := a.values[key]
	if !is || bytes.Equal(raw, []byte("null")) {
		return false
	}
	if json.Unmarshal(raw, into) != nil {
		a.fail(ErrFormat, a.address, "%s is not %s", clean(key), want)
		return false
	}
	return true
}

// text returns the first of the attributes that holds a text, otherwise "".
func (a *attributes) text(keys ...string) string {
	for _, key := range keys {
		var s string
		if a.read(key, &s, "a text") && s != "" {
			return s
		}
	}
	return ""
}

// port reads a port; 0 if it is not known.
func (a *attributes) port(key string) int {
	var n json.Number
	if !a.read(key, &n, "a number") {
		return 0
	}
	v, err := strconv.Atoi(n.String())
	if err != nil || v < 0 || v > 65535 {
		a.fail(ErrAddress, a.address, "%s is not the number of a port", clean(key))
		return 0
	}
	return v
}

// flag reads a boolean of the first block of a list of blocks.
func (a *attributes) flag(block, key string) bool {
	var blocks []map[string]json.RawMessage
	if !a.read(block, &blocks, "a list of blocks") || len(blocks) == 0 {
		return false
	}
	inner := attributes{collector: a.collector, address: a.address, values: blocks[0]}
	var v bool
	return inner.read(key, &v, "a boolean") && v
}

// tags returns the resource's tags, the provider's default ones included.
func (a *attributes) tags() map[string]string {
	out := map[string]string{}
	for _, key := range []string{"tags_all", "tags"} { // the resource's own count more
		var tags map[string]*string
		if !a.read(key, &tags, "a map of texts") {
			continue
		}
		for name, value := range tags {
			if value != nil {
				out[name] = *value
			}
		}
	}
	return out
}

// clean makes a word of the JSON fit for a message and for a comment: printable, on one line, of bounded length.
func clean(s string) string {
	const most = 200
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return '?'
		}
		return r
	}, s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

func quote(s string) string { return yamldoc.Quote(s) }
