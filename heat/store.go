package heat

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// File is where the counters of several processes are added up. It is exchanged as a whole, under a lock on "<path>.lock", so that none of
// them loses what another counted, and a reader sees one state or the next.
type File struct {
	Path   string
	Window time.Duration
	Hidden bool // keys are neither read nor written
}

// CorruptError says that a file cannot be read. What was in it is kept beside it, and counting begins anew.
type CorruptError struct {
	Path  string
	Aside string // where it was moved to, "" if it still stands
	Cause error
}

// Error implements error.
func (e *CorruptError) Error() string {
	text := fmt.Sprintf("the heat file %s cannot be read: %v", e.Path, e.Cause)
	if e.Aside != "" {
		return text + "; it was moved to " + e.Aside + ", and counting began anew: look at it, then delete it"
	}
	return text + "; the next statements begin a new one, and move it aside"
}

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Cause }

// Aside is where a file that cannot be read is moved to.
func (f File) Aside() string { return f.Path + ".corrupt" }

// Read returns the file's counters. They are new where there is no file, or one that was counted over another window; and, with the error, where
// it cannot be read.
func (f File) Read(now time.Time) (*Counters, error) {
	fresh := New(f.Window, now, f.Hidden)
	file, err := os.Open(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	if err != nil {
		return fresh, fmt.Errorf("the heat file: %w", err)
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return fresh, errors.Join(fmt.Errorf("the heat file %s is not a file that can be read", f.Path), err, file.Close())
	}
	data := make([]byte, min(info.Size(), MaxFileSize+1))
	n, err := readFull(file, data)
	if err = errors.Join(err, file.Close()); err != nil {
		return fresh, fmt.Errorf("the heat file: %w", err)
	}
	c, err := decode(data[:n], f.Window, f.Hidden)
	switch {
	case errors.Is(err, errOtherWindow):
		return fresh, nil
	case err != nil:
		return fresh, &CorruptError{Path: f.Path, Cause: err}
	case c.base.Sub(now) > f.Window:
		return fresh, &CorruptError{Path: f.Path, Cause: errors.New("it counts at a time that has not come yet: a clock was wrong, or is")}
	}
	return c, nil
}

// Add adds counters to the file, making it where there is none. One that cannot be read is moved aside first: that is an error of type
// [CorruptError], although the counters are in the file then. With any other error they are not. The counters must not be in use by others
// meanwhile; they are not changed but for the moment in whose units they count.
func (f File) Add(ctx context.Context, c *Counters, now time.Time) (err error) {
	unlock, err := lock(ctx, f.Path+".lock")
	if err != nil {
		return fmt.Errorf("the heat file: cannot lock %s: %w", f.Path+".lock", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	sum, err := f.Read(now)
	var corrupt *CorruptError
	if errors.As(err, &corrupt) {
		if err := os.Rename(f.Path, f.Aside()); err != nil {
			return fmt.Errorf("%w; and it cannot be moved aside: %w", corrupt, err)
		}
		corrupt.Aside = f.Aside()
	} else if err != nil {
		return err
	}
	sum.Merge(c)
	text, err := sum.Encode(now)
	if err == nil {
		err = f.replace(text)
	}
	if err != nil {
		return fmt.Errorf("the heat file: %w", err)
	}
	if corrupt != nil {
		return corrupt
	}
	return nil
}

// replace exchanges the file. What is lost with the machine are counts, so the disk is not waited for.
func (f File) replace(text []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(f.Path), "."+filepath.Base(f.Path)+".new-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), f.Path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// readFull fills data, or as much of it as the file has.
func readFull(file *os.File, data []byte) (int, error) {
	n := 0
	for n < len(data) {
		k, err := file.Read(data[n:])
		n += k
		if k == 0 || err != nil {
			return n, err
		}
	}
	return n, nil
}
