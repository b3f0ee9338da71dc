package store

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// VersionKey is the top-level key under which a document states its version.
const VersionKey = "map_version"

// ParseVersion reads the version that a document states. Its error is [ErrBad] and says where in the text, called by name, something is wrong.
func ParseVersion(text []byte, name string) (uint64, error) {
	_, root, err := yamldoc.Parse(text, name, "a shard map begins with "+VersionKey+": 1")
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrBad, err)
	}
	if root.Kind != yamldoc.Mapping {
		return 0, fmt.Errorf("%w: %s holds %s instead of a mapping with %s", ErrBad, name, root.Kind, VersionKey)
	}
	node := root.Child(VersionKey)
	if node == nil {
		return 0, fmt.Errorf("%w: %s does not state its version: add %s: 1, and one more with each change", ErrBad, name, VersionKey)
	}
	version, err := strconv.ParseUint(node.Text, 10, 63)
	if node.Kind != yamldoc.Integer || err != nil || version == 0 {
		return 0, fmt.Errorf("%w: %s:%d: %s must be a whole number from 1", ErrBad, name, node.At.Line, VersionKey)
	}
	return version, nil
}

// CheckSwap checks what [Store.Swap] was given, for the stores: that the document follows version old and states its own. A fault is [ErrBad].
func CheckSwap(old uint64, doc Document, name string) error {
	stated, err := ParseVersion(doc.Text, "the new document for "+name)
	switch {
	case err != nil:
		return err
	case doc.Version != old+1:
		return fmt.Errorf("%w: version %d cannot follow version %d in %s: versions are counted one by one", ErrBad, doc.Version, old, name)
	case stated != doc.Version:
		return fmt.Errorf("%w: the new document for %s states %s: %d, but is given as version %d", ErrBad, name, VersionKey, stated, doc.Version)
	}
	return nil
}

// Texts turns texts into documents for the stores, and parses a text anew only when it is another one than last time. It is safe for concurrent use;
// the zero value is ready.
type Texts struct {
	mu   sync.Mutex
	last Document
}

// Document makes a document of a text, which it keeps, with the version that the text states.
func (t *Texts) Document(text []byte, asOf time.Time, name string) (Document, error) {
	t.mu.Lock()
	last := t.last
	t.mu.Unlock()
	if last.Version != 0 && bytes.Equal(last.Text, text) {
		return Document{Version: last.Version, Text: last.Text, AsOf: asOf}, nil
	}
	version, err := ParseVersion(text, name)
	if err != nil {
		return Document{}, err
	}
	doc := Document{Version: version, Text: text, AsOf: asOf}
	t.mu.Lock()
	t.last = doc
	t.mu.Unlock()
	return doc, nil
}
