package config

import (
	"errors"
	"strings"
	"testing"
)

// FuzzParse holds that no bytes make the loader panic, that a refusal names a place, and that an accepted
// file has a map with a shard for each of its shards. Files are not read: dsn_file is kept out.
func FuzzParse(f *testing.F) {
	f.Add(base)
	for _, c := range errorCases {
		f.Add(strings.Replace(base, c.old, c.new, 1))
	}
	for _, s := range []string{"", "a: |\n x", "\ufeffversion: 1", "a: {b: [}", "? - : x", "- - - a: b", "a:\n\t- b", "a: 'x''y'\r\nb: >-\n  c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "file") || len(text) > 1<<16 {
			t.Skip()
		}
		c, err := parse(text)
		var faults Errors
		switch {
		case err == nil && (c.Map == nil || len(c.Map.Shards()) != len(c.Shards)):
			t.Errorf("accepted without a complete map: %+v", c)
		case err != nil && (!errors.As(err, &faults) || len(faults) == 0 || faults[0].Line < 1 || faults[0].Column < 1):
			t.Errorf("an error without a place: %v", err)
		}
	})
}
