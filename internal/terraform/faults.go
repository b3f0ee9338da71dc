package terraform

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The kinds of faults; errors.Is tells whether one is among an import's.
var (
	ErrFormat       = errors.New("not Terraform's JSON")
	ErrNoValues     = errors.New("no values")
	ErrTag          = errors.New("tag missing or wrong")
	ErrDuplicate    = errors.New("given twice")
	ErrRegion       = errors.New("unknown region")
	ErrJurisdiction = errors.New("unknown or contradicted jurisdiction")
	ErrEngine       = errors.New("engine without a driver")
	ErrAddress      = errors.New("address of a database missing or wrong")
	ErrReplica      = errors.New("replica without its primary")
	ErrMerge        = errors.New("cannot be merged")
)

// Fault is one reason why there is no import. Its text holds names from the JSON, but no login and no password.
type Fault struct {
	Kind    error  // one of the kinds above
	Address string // of the resource, as Terraform writes it; "" if the fault is that of the document
	Text    string // what is wrong and what to do
}

// Error implements error.
func (f *Fault) Error() string {
	if f.Address == "" {
		return f.Text
	}
	return f.Address + ": " + f.Text
}

// Unwrap returns the kind.
func (f *Fault) Unwrap() error { return f.Kind }

// Faults lists why there is no import, by address; it is never empty.
type Faults []*Fault

// mostFaults bounds how many faults a message lists.
const mostFaults = 20

// Error implements error: one line for each fault, and their number where there are more than anybody would read.
func (f Faults) Error() string {
	var lines []string
	for _, one := range f[:min(len(f), mostFaults)] {
		lines = append(lines, "terraform: "+one.Error())
	}
	if more := len(f) - mostFaults; more > 0 {
		lines = append(lines, fmt.Sprintf("terraform: %d more faults of this kind or others", more))
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes errors.Is and errors.As find the single faults.
func (f Faults) Unwrap() []error {
	out := make([]error, len(f))
	for i, one := range f {
		out[i] = one
	}
	return out
}

// collector gathers faults instead of stopping at the first.
type collector struct{ faults Faults }

func (c *collector) fail(kind error, address, format string, args ...any) {
	c.faults = append(c.faults, &Fault{Kind: kind, Address: clean(address), Text: fmt.Sprintf(format, args...)})
}

// err returns the faults in the order of their addresses, nil if there are none.
func (c *collector) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(c.faults, func(a, b *Fault) int { return cmp.Compare(a.Address, b.Address) })
	return c.faults
}

func fault(kind error, format string, args ...any) error {
	return Faults{{Kind: kind, Text: fmt.Sprintf(format, args...)}}
}
