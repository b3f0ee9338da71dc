package world_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/world"
)

func TestClass(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&atoll.Error{SQLState: "57014", Limit: "limits.timeout"}, "limits.timeout"},
		{fmt.Errorf("asking: %w", &atoll.Error{SQLState: "42P01"}), "42P01"},
		{&pgconn.PgError{Code: "53300"}, "53300"},
		{fmt.Errorf("asking: %w", context.DeadlineExceeded), "timeout"},
		{&atoll.Error{}, "other"},
		{errors.New("broken"), "other"},
	} {
		if got := world.Class(c.err); got != c.want {
			t.Errorf("%v is %s, not %s", c.err, got, c.want)
		}
	}
}
