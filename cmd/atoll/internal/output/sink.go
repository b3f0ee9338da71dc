package output

import "io"

// flushAt is the number of buffered bytes at which a sink writes them out.
const flushAt = 128 << 10

// sink collects appended bytes and writes them in large pieces. Writers append to buf and call flushFull after
// each row, so it holds at most flushAt and one row.
type sink struct {
	w       io.Writer
	buf     []byte
	started bool // something reached w
}

func newSink(w io.Writer) sink { return sink{w: w, buf: make([]byte, 0, flushAt+flushAt/4)} }

func (s *sink) flushFull() error {
	if len(s.buf) < flushAt {
		return nil
	}
	return s.flush()
}

func (s *sink) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	s.started = true
	_, err := s.w.Write(s.buf)
	s.buf = s.buf[:0]
	return err
}
