package audit

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// restore counts the entries of the current day in a region's log. Queries are known by their names, over the logs of all regions; forgetQueries
// follows the last of them.
func (c *Counters) restore(dir, region string) error {
	files, _, err := entryFiles(dir)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.today()
	for _, name := range slices.Backward(files) {
		earlier, err := c.restoreFile(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("counting what rules permitted today in region %s: %w", region, err)
		}
		if earlier {
			break
		}
	}
	return nil
}

// forgetQueries ends the restoring: the queries of earlier runs have ended.
func (c *Counters) forgetQueries() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = map[string]map[string]*share{}
}

// restoreFile counts the day's entries in a file; earlier tells that it begins before the day.
func (c *Counters) restoreFile(path string) (earlier bool, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	for n := 1; len(data) > 0; n++ {
		line, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		l, err := readLink(line)
		if err != nil {
			return false, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if !l.sound {
			return false, fmt.Errorf("%s:%d: entry %d does not have the hash of its bytes", path, n, l.sequence)
		}
		if n == 1 {
			earlier = l.day < c.day
		}
		if l.day != c.day || !bytes.Contains(line, []byte(`"type":"DECISION"`)) && !bytes.Contains(line, []byte(`"type":"SHIPMENT"`)) {
			continue
		}
		e, err := decode(line)
		if err != nil {
			return false, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if e.Time.UTC().Format(time.DateOnly) == c.day && counted(e) {
			c.take(e)
		}
	}
	return earlier, nil
}
