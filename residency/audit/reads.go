package audit

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// RecordRead records that somebody reads the logs of regions, before they read. Since the writer may be another process, the entry is first put,
// durably, into a file beside each log; the writer appends it when it next looks, which is on opening, on closing, and once a minute while it writes. Removing
// such a file before that hides a read, as copying the log's files does: who may read them is for the operator's file permissions to say.
func RecordRead(dir string, regions []string, e Event) error {
	e.Type = TypeLogRead
	known, err := Regions(dir)
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	for _, region := range regions {
		if !slices.Contains(known, region) {
			return fmt.Errorf("audit log: %s has no log of region %q", dir, region)
		}
	}
	for _, region := range regions {
		if err := spoolRead(filepath.Join(dir, regionFolder(region), readsFolder), e); err != nil {
			return fmt.Errorf("audit log: the read cannot be recorded, so nothing is shown: %w", err)
		}
	}
	return nil
}

func spoolRead(dir string, e Event) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	name := make([]byte, 8)
	if _, err := rand.Read(name); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, hex.EncodeToString(name)+".json"), e)
}

// waitingReads lists the files of reads that the writer has not recorded yet.
func waitingReads(dir string) ([]string, error) {
	list, err := os.ReadDir(filepath.Join(dir, readsFolder))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	var names []string
	for _, d := range list {
		if strings.HasSuffix(d.Name(), ".json") {
			names = append(names, filepath.Join(dir, readsFolder, d.Name()))
		}
	}
	return names, nil
}

// collect appends the reads that wait. What keeps it from that is told by an entry too: it must not keep queries from being recorded.
func (r *regionLog) collect() {
	r.readsMu.Lock()
	defer r.readsMu.Unlock()
	names, err := waitingReads(r.dir)
	if err != nil {
		_, _ = r.enqueue([]Event{{Type: TypeLogRead, Status: "waiting reads could not be listed"}})
	}
	for _, name := range names {
		if r.spooled[name] {
			continue
		}
		var e Event
		if err := readJSON(name, &e); err != nil {
			e = Event{Status: "a waiting read could not be decoded", Reason: filepath.Base(name)}
		}
		e.Type, e.Literals = TypeLogRead, nil
		if _, err := r.enqueue([]Event{e}, name); err == nil { // else the log is closed or broken, and the file stays for the next run
			r.spooled[name] = true
		}
	}
}

// forget removes the files of reads that are written now.
func (r *regionLog) forget(names []string) {
	r.readsMu.Lock()
	defer r.readsMu.Unlock()
	for _, name := range names {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			_ = r.log.fail(err) // the next append reports it; the read would be recorded over and over
		}
		delete(r.spooled, name)
	}
}
