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
	for _, text := range shardings {
		f.Add(strings.Replace(base, hash11, "    sharding: "+text, 1))
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

// shardings are good settings of every strategy.
var shardings = []string{
	"{strategy: hash, key: [a, b], hash: postgres, partitions: [{shard: eu-1, modulus: 2, remainder: 0}, {shard: br-1, modulus: 2, remainder: 1}]}",
	"{strategy: hash, key: [id], hash: md5, key_bytes: text, buckets: [eu-1, br-1, eu-1]}",
	"{strategy: jump, key: [id], hash: murmur3_128, key_bytes: little_endian, shards: [eu-1, br-1]}",
	"{strategy: ring, key: [id], points: 7, shards: [eu-1, br-1]}",
	"{strategy: virtual, key: [id], virtual: 16, assign: {eu-1: [0-7, 9], br-1: [8, 10-15]}}",
	"{strategy: geography, key: [c, id], within: jump, places: {EU: [DE, FR], br: [BR]}, default: br-1}",
	"{strategy: composite, key: [c, id], first: {strategy: list, lists: {x: [DE]}, default: y}, branches: {x: {strategy: single, shard: eu-1}, y: {strategy: ring, shards: [br-1]}}}",
	"{strategy: composite, key: [a, b, c], first: {strategy: range, ranges: [{shard: x}]}, branches: {x: {strategy: composite, first: {strategy: hash, shards: [y]}, branches: {y: {strategy: jump, shards: [br-1]}}}}}",
	"{strategy: reference}", "{strategy: single, shard: eu-1}",
}

// TestShardings holds that the loader and the schema take them all.
func TestShardings(t *testing.T) {
	validate := compileSchema(t)
	for _, s := range shardings {
		text := strings.Replace(base, hash11, "    sharding: "+s, 1)
		if _, err := parse(text); err != nil {
			t.Error(err)
		}
		if err := validate(text); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}
