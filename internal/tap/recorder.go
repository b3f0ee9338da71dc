package tap

import (
	"fmt"
	"sync"
)

// Recorder keeps every byte of the connections over one border, in memory and without bound. It is safe for concurrent
// use; the zero value is ready.
type Recorder struct {
	mu      sync.Mutex
	count   int
	streams []*stream
}

// stream is one direction of one connection.
type stream struct {
	r    *Recorder
	name string
	out  bool
	data []byte
}

// note records a line.
func (s *stream) note(text string) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.data = append(append(s.data, text...), '\n')
}

// open begins a stream. out says that it leads to the shard.
func (r *Recorder) open(name string, out bool) *stream {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &stream{r: r, name: name, out: out}
	r.streams = append(r.streams, s)
	return s
}

// number is the number of a new connection, from 1.
func (r *Recorder) number() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	return r.count
}

// Write implements io.Writer.
func (s *stream) Write(p []byte) (int, error) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.data = append(s.data, p...)
	return len(p), nil
}

// Find looks for planted values in everything that was recorded.
func (r *Recorder) Find(f *Finder) (hits []Hit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.streams {
		for _, h := range f.Find(s.data) {
			h.Stream, h.Out = s.name, s.out
			hits = append(hits, h)
		}
	}
	return hits
}

// Bytes is how many bytes were recorded on their way to the shard, and from it.
func (r *Recorder) Bytes() (out, in int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.streams {
		if s.out {
			out += len(s.data)
		} else {
			in += len(s.data)
		}
	}
	return out, in
}

// Forget drops what was recorded so far. Connections that are open are recorded further.
func (r *Recorder) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.streams {
		s.data = nil
	}
}

func streamName(shard string, conn int, what string) string {
	return fmt.Sprintf("%s, connection %d, %s", shard, conn, what)
}
