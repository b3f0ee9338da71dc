package etcd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/atoll-sql/atoll/shardmap/store"
)

// Store is a map in etcd. It is safe for concurrent use.
type Store struct {
	key       string
	endpoints string
	timeout   time.Duration
	now       func() time.Time
	cfg       clientv3.Config
	texts     store.Texts

	ctx  context.Context // ends with Close
	stop context.CancelFunc

	mu     sync.Mutex
	client *clientv3.Client // nil before it is first needed
}

var _ store.Store = (*Store)(nil)

var (
	errClosed = errors.New("the store is closed")
	errLost   = errors.New("the watch was lost")
)

// String implements [store.Store].
func (s *Store) String() string { return fmt.Sprintf("etcd key %s at %s", s.key, s.endpoints) }

// Format implements fmt.Formatter, so that no verb reaches the password.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, s.String()) } // who formats sees to f's errors

// Close implements [store.Store]. It ends watches, too.
func (s *Store) Close() error {
	s.stop() // also ends an attempt to log in, which holds the lock
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == nil {
		return nil
	}
	client := s.client
	s.client = nil
	if err := client.Close(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: %w", s, err)
	}
	return nil
}

// connected returns the client, logged in where there is a user.
func (s *Store) connected(ctx context.Context) (*clientv3.Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, errClosed
	}
	if s.client != nil {
		return s.client, nil
	}
	// The client lives in a context that ends with the caller's only as long as the client logs in.
	cfg := s.cfg
	living, cancel := context.WithCancel(s.ctx)
	cfg.Context = living
	keep := context.AfterFunc(ctx, cancel)
	client, err := clientv3.New(cfg)
	if err != nil {
		cancel()
		return nil, err
	}
	if !keep() {
		return nil, errors.Join(ctx.Err(), client.Close())
	}
	s.client = client
	return client, nil
}

// named puts the store's name before an error; the end of a context can be told by errors.Is.
func (s *Store) named(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		return fmt.Errorf("%s: %w: %w", s, ended, err)
	}
	return fmt.Errorf("%s: %w", s, err)
}

// held is the document that the key holds, with the revision in which it was written; zero for none.
type held struct {
	doc      store.Document
	revision int64
}

// get reads the key.
func (s *Store) get(ctx context.Context, client *clientv3.Client) (held, error) {
	asOf := s.now()
	resp, err := client.Get(ctx, s.key)
	if err != nil {
		return held{}, s.named(ctx, err)
	}
	if len(resp.Kvs) == 0 {
		return held{}, nil
	}
	doc, err := s.texts.Document(resp.Kvs[0].Value, asOf, s.String())
	return held{doc, resp.Kvs[0].ModRevision}, err
}

// Load implements [store.Store].
func (s *Store) Load(ctx context.Context) (store.Document, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	client, err := s.connected(ctx)
	if err != nil {
		return store.Document{}, s.named(ctx, err)
	}
	now, err := s.get(ctx, client)
	if err != nil {
		return store.Document{}, err
	}
	if now.revision == 0 {
		return store.Document{}, fmt.Errorf("%w: %s does not exist", store.ErrNotFound, s)
	}
	return now.doc, nil
}

// Swap implements [store.Store].
func (s *Store) Swap(ctx context.Context, old uint64, doc store.Document) error {
	if err := store.CheckSwap(old, doc, s.String()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	client, err := s.connected(ctx)
	if err != nil {
		return s.named(ctx, err)
	}
	now, err := s.get(ctx, client)
	if err != nil {
		return err
	}
	if now.doc.Version != old {
		return fmt.Errorf("%w: %s is at version %d, not %d", store.ErrConflict, s, now.doc.Version, old)
	}
	unchanged := clientv3.Compare(clientv3.ModRevision(s.key), "=", now.revision) // 0 for a key that does not exist
	resp, err := client.Txn(ctx).If(unchanged).Then(clientv3.OpPut(s.key, string(doc.Text))).Commit()
	switch {
	case errors.Is(err, rpctypes.ErrRequestTooLarge):
		return fmt.Errorf("%s: a map of %d bytes is more than the servers take: raise their --max-request-bytes", s, len(doc.Text))
	case err != nil:
		return s.named(ctx, err)
	case !resp.Succeeded:
		return fmt.Errorf("%w: %s left version %d meanwhile", store.ErrConflict, s, old)
	}
	return nil
}

// Watch implements [store.Store]. The client reconnects by itself and goes on where it was. The watch ends with an error where it cannot: changes since then were compacted
// away, or the member that it watches has lost its leader.
func (s *Store) Watch(ctx context.Context, changed func()) error {
	client, err := s.connected(ctx)
	if err != nil {
		return s.named(ctx, err)
	}
	watching, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	for resp := range client.Watch(watching, s.key, clientv3.WithCreatedNotify()) {
		if err := resp.Err(); err != nil {
			return s.named(ctx, fmt.Errorf("%w: %w", errLost, err))
		}
		changed()
	}
	return s.named(ctx, errLost)
}
