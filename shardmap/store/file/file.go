package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/atoll-sql/atoll/shardmap/store"
)

// Store is a file. It is safe for concurrent use, also by several processes of one machine.
type Store struct {
	path   string
	now    func() time.Time
	pause  func(context.Context, time.Duration) error
	texts  store.Texts
	closed atomic.Bool
}

var _ store.Store = (*Store)(nil)

var errClosed = errors.New("the store is closed")

// Open returns the store of a file, which need not exist yet; its folder must when the file is written or watched. A relative path is taken from
// the working directory of now.
func Open(path string) (*Store, error) {
	if path == "" {
		return nil, errors.New("the file of the shard map has no name")
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("the file of the shard map, %s: %w", path, err)
	}
	return &Store{path: full, now: time.Now, pause: pause}, nil
}

// String implements [store.Store].
func (s *Store) String() string { return "file " + s.path }

// Close implements [store.Store].
func (s *Store) Close() error {
	s.closed.Store(true)
	return nil
}

// Load implements [store.Store]. A file that is no document, as it may be while it is half written, is [store.ErrBad]. A file that was written just now, and not by Swap, is
// read when it has rested for a moment: half a file may well be a document.
func (s *Store) Load(ctx context.Context) (store.Document, error) {
	if err := s.usable(ctx); err != nil {
		return store.Document{}, err
	}
	text, asOf, err := s.readWhole(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return store.Document{}, fmt.Errorf("%w: %s does not exist", store.ErrNotFound, s)
	case err != nil:
		return store.Document{}, fmt.Errorf("%s: %w", s, err)
	}
	return s.texts.Document(text, asOf, s.path)
}

func (s *Store) usable(ctx context.Context) error {
	if s.closed.Load() {
		return fmt.Errorf("%s: %w", s, errClosed)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", s, err)
	}
	return nil
}
