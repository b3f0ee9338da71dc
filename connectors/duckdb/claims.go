package duckdb

import (
	"path/filepath"
	"sync"
)

// openFiles are the database files that connectors of this process have open. The locks that DuckDB takes on a file keep other processes away,
// but not another instance of the same process.
var openFiles = claims{users: map[string]int{}}

// claims counts, for each file, its readers, or holds writer.
type claims struct {
	mu    sync.Mutex
	users map[string]int
}

const writer = -1

// claim notes the use of a file until release is called; false if a writer has it, or if it is to be written and anybody has it.
func (c *claims) claim(path string, write bool) (release func(), ok bool) {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch n := c.users[path]; {
	case n == writer, write && n != 0:
		return nil, false
	case write:
		c.users[path] = writer
	default:
		c.users[path] = n + 1
	}
	return func() { c.release(path) }, true
}

func (c *claims) release(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.users[path]; n > 1 {
		c.users[path] = n - 1
	} else {
		delete(c.users, path)
	}
}
