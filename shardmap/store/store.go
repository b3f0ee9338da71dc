// Package store is the port to where a shard map is kept, with one package below it for each kind of store: a file, a table in PostgreSQL,
// etcd. A store holds versions of one document; which one is in force, and what it means, is for others to say.
package store

import (
	"context"
	"errors"
	"time"
)

// Document is one version of what a store holds.
type Document struct {
	Version uint64 // from 1, as the text itself says
	Text    []byte // must not be changed
	// AsOf is a moment at which this was certainly the newest version: just before a read of the primary was sent.
	AsOf time.Time
}

// Store holds a document. It is safe for concurrent use. No error or text of it holds a credential.
type Store interface {
	// Load returns the newest version.
	Load(ctx context.Context) (Document, error)

	// Swap replaces version old by doc, whose Version is old+1, atomically: of several who try one succeeds, the others get [ErrConflict]. A version of 0
	// stands for an empty store. If it fails with another error the outcome may be unknown; Load tells.
	Swap(ctx context.Context, old uint64, doc Document) error

	// Watch calls changed when it has begun to watch and after each change, and may call it more often. It returns when ctx ends or when it cannot watch any more: with
	// [ErrNoWatch] where the store can push nothing.
	Watch(ctx context.Context, changed func()) error

	// String names the store for messages.
	String() string

	// Close lets go of connections. It may be called more than once.
	Close() error
}

// The causes of failures. Ask for them with errors.Is; all else means that the store could not be asked.
var (
	ErrNotFound = errors.New("the store holds no shard map")
	ErrConflict = errors.New("the shard map was changed by somebody else")
	ErrNoWatch  = errors.New("the store does not tell of changes")
	ErrBad      = errors.New("what the store holds is no version of a shard map")
)
