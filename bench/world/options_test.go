package world_test

import (
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/bench/load"
	"github.com/atoll-sql/atoll/bench/world"
)

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		o    world.Options
		want string // part of the error, "" for none
	}{
		{world.Options{}, ""},
		{world.Options{Shards: 64, Rows: 1 << 24}, ""},
		{world.Options{Shards: 65}, "65 shards: a world has 1 to 64"},
		{world.Options{Shards: -1}, "-1 shards"},
		{world.Options{Driver: "sqlserver"}, `"sqlserver"`},
		{world.Options{Rows: -5}, "-5 rows"},
		{world.Options{Shards: 64, Rows: 1<<24 + 1}, "more than 1073741824 rows"},
		{world.Options{Shards: 3, Rows: 2, Total: true}, "2 rows cannot be spread over 3 shards"},
		{world.Options{Groups: -1}, "-1 groups"},
		{world.Options{Concurrency: 1001}, "1001 queries at once"},
		{world.Options{Driver: world.DuckDB, Proxies: true}, "no distance"},
		{world.Options{Driver: world.DuckDB, Profile: load.Even(time.Second)}, "no distance"},
		{world.Options{Profile: load.Even(-time.Second)}, "round trip to away takes -1s"},
		{world.Options{Shards: 99, Groups: -1}, "-1 groups"}, // all that is wrong is told
	} {
		err := c.o.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, not %q", c.o, err, c.want)
		}
	}
}
