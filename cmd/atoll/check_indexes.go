package main

import (
	"context"
	"fmt"

	"github.com/atoll-sql/atoll"
)

// checkIndexes writes what index tables lack, and returns an error if one lacks anything or could not be looked at.
func (t *terminal) checkIndexes(ctx context.Context, e *atoll.Engine) error {
	found, err := e.CheckIndexes(ctx)
	if err != nil {
		return err
	}
	return t.writeIndexes(found)
}

func (t *terminal) writeIndexes(found []atoll.IndexReport) error {
	wrong := 0
	var first error
	for _, r := range found {
		verdict := "has every value and key"
		switch {
		case r.Err != nil:
			verdict = "could not be checked: " + r.Err.Error()
			if first == nil {
				first = r.Err
			}
		case r.Missing > 0:
			wrong++
			verdict = fmt.Sprintf("lacks pairs of a value and a key that table %s has: %d", r.Table, r.Missing)
		}
		if _, err := fmt.Fprintf(t.out, "index %s (%s.%s): %s\n", printable(r.Index), printable(r.Table), printable(r.Column), printable(verdict)); err != nil {
			return err
		}
	}
	if wrong > 0 {
		return fmt.Errorf("check: %d of %d indexes lack something, so that queries by an indexed column may miss rows: fill them, or remove them from the configuration", wrong, len(found))
	}
	return first
}
