package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// openRegion finds the end of a region's chain.
func openRegion(l *Log, name, dir string) (*regionLog, error) {
	r := &regionLog{log: l, name: name, dir: dir, done: make(chan struct{}), spooled: map[string]bool{}}
	r.wake = sync.Cond{L: &r.mu}
	files, first, err := entryFiles(dir)
	if err != nil {
		return nil, err
	}
	r.tip = genesis(l.name, name)
	for i := len(files) - 1; i >= 0; i-- {
		latest := i == len(files)-1
		end, err := r.resume(files[i], first[i], latest)
		if err != nil {
			return nil, err
		}
		if end != nil {
			r.tip = *end
			break
		}
		if !latest { // only a crash just after a file was begun leaves one without entries, and that is the latest
			return nil, fmt.Errorf("%s holds no entries, but files follow it: the log was altered; atoll audit verify tells more", filepath.Join(dir, files[i]))
		}
	}
	r.durable = r.tip
	return r, r.heldAgainstHead(slices.Contains(l.id.Regions, name))
}

// resume reads a file and returns the chain's end in it, nil if it holds no whole line. Of the latest file it moves aside what follows the last whole
// line.
func (r *regionLog) resume(name string, first uint64, latest bool) (*tip, error) {
	data, err := os.ReadFile(r.path(name))
	if err != nil {
		return nil, err
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	end, err := checkChain(data[:whole], first, genesis(r.log.name, r.name))
	if err != nil {
		return nil, fmt.Errorf("%s:%w: the log was altered or damaged, and is not continued; atoll audit verify tells more. "+
			"Move the folder aside as evidence to begin another log", r.path(name), err)
	}
	if latest {
		if whole < len(data) {
			if err := r.moveAside(name, data[whole:], int64(whole), first); err != nil {
				return nil, err
			}
		}
		r.current, r.size = name, int64(whole)
		if whole == 0 {
			r.current = "" // begun again, under the same name
		}
	}
	return end, nil
}

// checkChain follows the chain through the lines of a file that begins with entry first. Its errors begin with the number of the line.
func checkChain(data []byte, first uint64, origin tip) (*tip, error) {
	var end *tip
	for n := 1; len(data) > 0; n++ {
		line, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		l, err := readLink(line)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%d: %w", n, err)
		case !l.sound:
			return nil, fmt.Errorf("%d: entry %d does not have the hash of its bytes", n, l.sequence)
		case end == nil && l.sequence != first, end != nil && l.sequence != end.sequence+1:
			return nil, fmt.Errorf("%d: entry %d is out of order", n, l.sequence)
		case end == nil && first == 1 && l.prev != origin.hash, end != nil && l.prev != end.hash:
			return nil, fmt.Errorf("%d: entry %d does not follow the one before it", n, l.sequence)
		}
		end = &tip{sequence: l.sequence, hash: l.hash}
	}
	return end, nil
}

// moveAside puts an incomplete last line into a file of its own and takes it off the log. Interrupted, it is done again.
func (r *regionLog) moveAside(name string, torn []byte, at int64, first uint64) error {
	sum := sha256.Sum256(torn)
	aside := fmt.Sprintf("torn-%016d-%d.bin", first, at)
	if err := writeSynced(r.path(aside), torn); err != nil {
		return err
	}
	if err := syncFolder(r.dir); err != nil {
		return err
	}
	if err := truncate(r.path(name), at); err != nil {
		return err
	}
	r.recovered = &Recovered{File: aside, Bytes: int64(len(torn)), SHA256: hex.EncodeToString(sum[:])}
	return nil
}

func truncate(path string, size int64) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	if err := f.Truncate(size); err != nil {
		return err
	}
	return f.Sync()
}

// heldAgainstHead refuses a log that ends before its latest checkpoint: what is missing was cut off, since checkpoints are kept after they are synced.
func (r *regionLog) heldAgainstHead(listed bool) error {
	head, err := readHead(r.dir)
	switch {
	case err != nil:
		return err
	case head == nil && !listed:
		return nil
	case head == nil:
		return fmt.Errorf("%s is missing: the log of region %s was altered; atoll audit verify tells more", r.path(headFile), r.name)
	case r.tip.sequence <= head.Sequence:
		return fmt.Errorf("the log of region %s ends with entry %d, and its latest checkpoint was entry %d: entries were cut off; atoll audit verify tells more. "+
			"Move the folder aside as evidence to begin another log", r.name, r.tip.sequence, head.Sequence+1)
	}
	r.listed = listed
	return nil
}
