package yamldoc

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Reader walks a tree and collects its faults. It is for one goroutine.
type Reader struct {
	*Source
	faults []fault
}

// fault is an error whose excerpt is not made before it is known which lines hold secrets.
type fault struct {
	at   Position
	text string
}

// maxFaults bounds the errors reported at once.
const maxFaults = 20

// Parse reads a document. The name stands in errors; empty says what to do about a file that holds nothing. A byte order mark is skipped. The error
// is of type [Errors].
func Parse(data []byte, name, empty string) (*Reader, *Node, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	src := newSource(name, data)
	root, err := parseYAML(src, data, empty)
	if err != nil {
		return nil, nil, Errors{err}
	}
	return &Reader{Source: src}, root, nil
}

// Fail notes a fault. Beyond a number of them that nobody would read, faults are left out.
func (r *Reader) Fail(at Position, format string, args ...any) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, fault{at, fmt.Sprintf(format, args...)})
	}
}

// Failed reports whether there is a fault so far.
func (r *Reader) Failed() bool { return len(r.faults) > 0 }

// Err returns the faults as [Errors] in the order of the file, nil if there are none.
func (r *Reader) Err() error {
	if len(r.faults) == 0 {
		return nil
	}
	out := make(Errors, len(r.faults))
	for i, f := range r.faults {
		out[i] = r.Errorf(f.at, "%s", f.text)
	}
	slices.SortStableFunc(out, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return out
}

// MaxFileSize bounds a file, in bytes.
const MaxFileSize = 2 << 20

// ReadFile reads a regular file of bounded size.
func ReadFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}
