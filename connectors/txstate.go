package connectors

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
)

// TxState is how far a transaction is, for adapters to keep in their [Tx]: whether it has ended or failed, and the reader that it has lent. One
// goroutine drives it, as it does the Tx.
type TxState struct {
	shard  string
	reader *txReader
	err    error // why only Rollback is of use
	ended  bool
}

// NewTxState is the state of a transaction that has begun at a shard.
func NewTxState(shard string) TxState { return TxState{shard: shard} }

// Usable reports whether there is a transaction to go on with.
func (s *TxState) Usable() error {
	switch {
	case s.ended:
		return NewError(s.shard, ClassInternal, "25000", "the transaction has ended", nil)
	case s.err != nil:
		return NewError(s.shard, ClassInternal, "25P02", "the transaction failed before and can only be rolled back", s.err)
	}
	return nil
}

// Fail notes an error after which only Rollback is of use, and returns it. The first one stays.
func (s *TxState) Fail(err error) error {
	if s.err == nil {
		s.err = err
	}
	return err
}

// End notes that the transaction has ended; false if it had before.
func (s *TxState) End() bool {
	first := !s.ended
	s.ended = true
	return first
}

// Lend returns a reader that tells the transaction of its failures.
func (s *TxState) Lend(r Reader) Reader {
	s.reader = &txReader{r, s}
	return s.reader
}

// TakeBack closes the reader that was lent last, if it is still open.
func (s *TxState) TakeBack() {
	if s.reader != nil {
		_ = s.reader.Close() // a reader's Close has nothing to tell that Next has not
	}
}

// txReader is a reader that a transaction has lent.
type txReader struct {
	Reader
	tx *TxState
}

// Next implements [Reader].
func (r *txReader) Next(ctx context.Context) (arrow.Record, error) {
	rec, err := r.Reader.Next(ctx)
	if err != nil && !errors.Is(err, io.EOF) && r.tx.reader == r {
		return nil, r.tx.Fail(err)
	}
	return rec, err
}

// Close implements [Reader].
func (r *txReader) Close() error {
	if r.tx.reader == r {
		r.tx.reader = nil
	}
	return r.Reader.Close()
}
