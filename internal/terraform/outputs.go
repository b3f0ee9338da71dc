package terraform

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// outputKeys are those of a shard in an output.
var outputKeys = []string{"shard_id", "region", "regulatory", "driver", "host", "port", "database", "entra"}

// databases reads an output named shards: a map of objects by shard, or a list of objects.
func (o *output) databases(c *collector) []*database {
	if o.Sensitive {
		c.fail(ErrFormat, "output "+outputName, "it is marked as sensitive, but what is imported stands in a configuration for all to read: leave secrets out of it and the mark away")
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(o.Value))
	open, err := d.Token()
	if err != nil || open != json.Delim('{') && open != json.Delim('[') {
		c.fail(ErrFormat, "output "+outputName, "it must be a map or a list of objects")
		return nil
	}
	var out []*database
	seen := map[string]bool{}
	for i := 0; d.More(); i++ {
		key := ""
		address := "output " + outputName + "[" + strconv.Itoa(i) + "]"
		if open == json.Delim('{') {
			t, err := d.Token()
			if err != nil {
				break
			}
			key, _ = t.(string)
			address = "output " + outputName + "[" + yamldoc.Quote(key) + "]"
			if seen[key] {
				c.fail(ErrDuplicate, address, "the key is given twice")
			}
			seen[key] = true
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			c.fail(ErrFormat, address, "it is not JSON")
			return nil
		}
		if made := outputDatabase(c, address, key, raw); made != nil {
			out = append(out, made)
		}
	}
	return out
}

// outputDatabase reads one object. A key that is not known is refused, so that no credential comes along unseen.
func outputDatabase(c *collector, address, key string, raw json.RawMessage) *database {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || object == nil {
		c.fail(ErrFormat, address, "it must be an object with the keys %s", strings.Join(outputKeys, ", "))
		return nil
	}
	for _, k := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(outputKeys, k) {
			c.fail(ErrFormat, address, "unknown key %s%s", quote(k), yamldoc.Suggestion(k, outputKeys, "the keys here"))
		}
	}
	a := &attributes{collector: c, address: address, values: object}
	d := &database{
		address: address, region: azureRegion(a.text("region")), host: a.text("host"), port: a.port("port"), name: a.text("database"),
		engine: a.text("driver"), tags: map[string]string{},
	}
	if d.engine == "postgres" || d.engine == "sqlserver" {
		d.driver = d.engine
	}
	a.read("entra", &d.entra, "a boolean")
	name := a.text("shard_id")
	switch {
	case name != "" && key != "" && name != key:
		c.fail(ErrTag, address, "its shard_id is %s: give the key or the shard_id, or both the same", quote(name))
	case name == "":
		name = key
	}
	if name != "" {
		d.tags[tagShard] = name
	}
	if law := a.text("regulatory"); law != "" {
		d.tags[tagRegulatory] = law
	}
	return d
}
