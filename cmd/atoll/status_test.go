package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/atoll-sql/atoll"
)

func TestExitStatus(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{errors.New("any"), exitFailed},
		{usage("", "wrong"), exitUsage},
		{&atoll.Error{Kind: atoll.KindQuery}, exitFailed},
		{withSQL(&atoll.Error{Kind: atoll.KindUsage}, "SELECT 1"), exitUsage},
		{fmt.Errorf("demo: %w", &atoll.Error{Kind: atoll.KindResidency}), exitRefused},
		{&atoll.Error{Kind: atoll.KindIncomplete}, exitIncomplete},
	} {
		if got := status(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
	if withSQL(nil, "SELECT 1") != nil {
		t.Error("no error became one")
	}
}
