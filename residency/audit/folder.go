package audit

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// What lies in a log's folder beside the folders of regions, and in those.
const (
	identityFile = "log.json"
	lockFile     = "lock"
	headFile     = "head.json" // the region's latest checkpoint
	readsFolder  = "reads"     // reads that wait for the writer to record them
	entrySuffix  = ".jsonl"
)

// identity is what log.json holds: the log's name, and every region that has entries.
type identity struct {
	Log     string   `json:"log"`
	Regions []string `json:"regions"`
}

func readIdentity(dir string) (identity, error) {
	var id identity
	if err := readJSON(filepath.Join(dir, identityFile), &id); err != nil {
		return id, err
	}
	if id.Log == "" {
		return id, fmt.Errorf("%s names no log", filepath.Join(dir, identityFile))
	}
	return id, nil
}

// makeIdentity reads the log's identity, or gives it one if the folder holds no log yet.
func makeIdentity(dir string) (identity, error) {
	id, err := readIdentity(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return id, err
	}
	entries, err := filepath.Glob(filepath.Join(dir, "*", "*"+entrySuffix))
	if err != nil {
		return id, err
	}
	if len(entries) > 0 {
		return id, fmt.Errorf("%s is missing, but there are entries such as %s: put it back, or move the folder aside as evidence",
			filepath.Join(dir, identityFile), entries[0])
	}
	name := make([]byte, 16)
	if _, err := rand.Read(name); err != nil {
		return id, err
	}
	id.Log = hex.EncodeToString(name)
	return id, writeJSON(filepath.Join(dir, identityFile), id)
}

// readJSON reads a small file; its errors name it.
func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return nil
}

// writeJSON replaces a file: afterwards it is the old one or the new one, whatever happens.
func writeJSON(path string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	tmp := path + ".new"
	if err := writeSynced(tmp, append(data, '\n')); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func writeSynced(path string, data []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// syncFolder makes new names in a folder durable.
func syncFolder(dir string) (err error) {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Sync()
}

// regionFolder names a region's folder: the region's name in which every byte but letters, digits, '-', '_' and inner dots is written %XX, and the
// first one of names that are files' here.
func regionFolder(region string) string {
	var b strings.Builder
	reserved := region == lockFile || strings.HasPrefix(region, identityFile)
	for i := range len(region) {
		c := region[i]
		switch {
		case i == 0 && reserved:
			fmt.Fprintf(&b, "%%%02X", c)
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// entryFile names the file that begins with an entry.
func entryFile(first uint64) string { return fmt.Sprintf("%016d%s", first, entrySuffix) }

// entryFiles lists the files of a region's entries, oldest first, with the sequence each begins with. A folder that does not exist has none.
func entryFiles(dir string) (names []string, first []uint64, err error) {
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	for _, d := range list {
		digits, ok := strings.CutSuffix(d.Name(), entrySuffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 64)
		if err != nil || entryFile(n) != d.Name() || !d.Type().IsRegular() {
			return nil, nil, fmt.Errorf("%s is not named as files of entries are", filepath.Join(dir, d.Name()))
		}
		names, first = append(names, d.Name()), append(first, n)
	}
	slices.Sort(names)
	slices.Sort(first)
	return names, first, nil
}

// readHead reads a region's latest checkpoint; nil if there is none.
func readHead(dir string) (*Checkpoint, error) {
	var c Checkpoint
	err := readJSON(filepath.Join(dir, headFile), &c)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return &c, err
}
