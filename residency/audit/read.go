package audit

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// ReadOptions choose entries; zero fields choose all.
type ReadOptions struct {
	Region string
	Query  string
	Since  time.Time // inclusive
}

// Entry is an entry as it stands in a file.
type Entry struct {
	Event
	File string // below the log's folder
	Line int
	Text []byte // the line without its newline; valid until the call returns
}

// Read calls do for each chosen entry, region by region in the order of names, each in the order of its log. It needs no lock and does not verify the chain; an
// incomplete last line is left out. It stops at the first error. Whoever shows entries to somebody records that first, with RecordRead.
func Read(dir string, o ReadOptions, do func(*Entry) error) error {
	regions, err := Regions(dir)
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	if o.Region != "" {
		if !slices.Contains(regions, o.Region) {
			return fmt.Errorf("audit log: %s has no log of region %q", dir, o.Region)
		}
		regions = []string{o.Region}
	}
	for _, region := range regions {
		if err := readRegion(dir, region, o, do); err != nil {
			return err
		}
	}
	return nil
}

// Regions lists the regions that have entries, sorted.
func Regions(dir string) ([]string, error) {
	id, err := readIdentity(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no audit log: there is no %s in it", dir, identityFile)
	}
	return id.Regions, err
}

func readRegion(dir, region string, o ReadOptions, do func(*Entry) error) error {
	folder := filepath.Join(dir, regionFolder(region))
	files, _, err := entryFiles(folder)
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	for _, name := range files {
		err := eachLine(filepath.Join(folder, name), func(n int, line []byte, whole bool) error {
			if !whole {
				return nil
			}
			e, err := decode(line)
			if err != nil {
				return fmt.Errorf("audit log: %s:%d: %w; atoll audit verify tells more", filepath.Join(folder, name), n, err)
			}
			if o.Query != "" && e.Query != o.Query || e.Time.Before(o.Since) {
				return nil
			}
			return do(&Entry{Event: *e, File: filepath.Join(regionFolder(region), name), Line: n, Text: line})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// longLineError tells of a line that cannot be an entry.
type longLineError struct {
	path string
	line int
}

func (e *longLineError) Error() string {
	return fmt.Sprintf("%s:%d: the line is longer than any entry, %d bytes", e.path, e.line, MaxLine)
}

// eachLine calls do for each line of a file, numbered from 1; whole is false for a last line without a newline. It keeps one line in memory.
// A line longer than any entry is an error.
func eachLine(path string, do func(n int, line []byte, whole bool) error) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	in := bufio.NewReaderSize(f, 256<<10)
	var long []byte
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		for long = long[:0]; errors.Is(err, bufio.ErrBufferFull) && len(long) <= MaxLine; line, err = in.ReadSlice('\n') {
			long = append(long, line...)
		}
		if len(long) > 0 {
			long = append(long, line...)
			line = long
		}
		if len(line) > MaxLine+1 {
			return &longLineError{path: path, line: n}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		text, whole := bytes.CutSuffix(line, []byte{'\n'})
		if len(text) > 0 || whole {
			if err := do(n, text, whole); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

// Heads returns a checkpoint of the latest entry of each region, signed if there is a key. It needs no lock.
func Heads(dir string, key ed25519.PrivateKey, now time.Time) ([]Checkpoint, error) {
	id, err := readIdentity(dir)
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	heads := make([]Checkpoint, 0, len(id.Regions))
	for _, region := range id.Regions {
		end, err := lastEntry(filepath.Join(dir, regionFolder(region)), genesis(id.Log, region))
		if err != nil {
			return nil, fmt.Errorf("audit log: %w", err)
		}
		c := Checkpoint{Log: id.Log, Region: region, Sequence: end.sequence, Head: end.hash, Time: now, Reason: CheckpointHead}
		c.sign(key)
		heads = append(heads, c)
	}
	return heads, nil
}

// lastEntry follows the chain through the latest file that has whole lines.
func lastEntry(dir string, origin tip) (tip, error) {
	files, first, err := entryFiles(dir)
	if err != nil {
		return tip{}, err
	}
	for i := len(files) - 1; i >= 0; i-- {
		data, err := os.ReadFile(filepath.Join(dir, files[i]))
		if err != nil {
			return tip{}, err
		}
		end, err := checkChain(data[:bytes.LastIndexByte(data, '\n')+1], first[i], origin)
		if err != nil {
			return tip{}, fmt.Errorf("%s:%w; atoll audit verify tells more", filepath.Join(dir, files[i]), err)
		}
		if end != nil {
			return *end, nil
		}
	}
	return tip{}, fmt.Errorf("%s holds no entries", dir)
}
