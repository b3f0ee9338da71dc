package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// rest is how long a file must have stayed as it is to be taken for whole. Who writes in place is faster; who is not should rename.
const rest = 100 * time.Millisecond

// readWhole reads the file, once nobody is writing it any more, and says when the read that it returns began.
func (s *Store) readWhole(ctx context.Context) (text []byte, asOf time.Time, err error) {
	var before os.FileInfo // of the last round
	for rested := false; ; rested = true {
		asOf = s.now()
		info, err := os.Stat(s.path)
		if err != nil {
			return nil, asOf, err
		}
		if text, err = yamldoc.ReadFile(s.path, yamldoc.MaxFileSize); err != nil {
			return nil, asOf, err
		}
		after, err := os.Stat(s.path)
		if err != nil {
			return nil, asOf, err
		}
		if same(info, after) && after.Size() == int64(len(text)) {
			// Not by the clock alone: that of a file server may be ahead of ours.
			if asOf.Sub(after.ModTime()) >= rest || rested && same(before, after) || s.swapped(text) {
				return text, asOf, nil
			}
		}
		before = after
		if err := s.pause(ctx, rest); err != nil {
			return nil, asOf, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// The lock file holds the checksum of the text that Swap wrote last, so that readers need not wait to know that it is whole.

func lockPath(target string) string { return target + ".lock" }

func checksum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// swapped reports whether a text is the whole of what Swap wrote last.
func (s *Store) swapped(text []byte) bool {
	target, err := filepath.EvalSymlinks(s.path)
	if err != nil {
		return false
	}
	noted, err := os.ReadFile(lockPath(target))
	return err == nil && string(noted) == checksum(text)
}

// noteChecksum notes the checksum of the text that is about to be exchanged for the old one. It need not outlive a crash.
func noteChecksum(target string, text []byte) error {
	file, err := os.OpenFile(lockPath(target), os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(checksum(text))
	return errors.Join(err, file.Close())
}
