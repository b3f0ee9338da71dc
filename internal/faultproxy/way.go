package faultproxy

import (
	"bytes"
	"net"
	"time"
)

const (
	// queued is how many pieces of a direction are on their way at most: with pieceBytes it is the window of a slow link.
	queued     = 32
	pieceBytes = 32 << 10
)

// way is one direction of a connection. One goroutine reads, so that time passes for what has arrived while earlier pieces wait; another
// hands on.
type way struct {
	link     *link
	from, to net.Conn
	answers  bool // from the server
	queue    chan piece

	// of the goroutine that hands on
	setting *setting
	passed  int64 // bytes since the setting came into force
	struck  bool  // what strikes once under a setting has done so
}

// piece is what was read at once, with the lots that were drawn for it. A piece without bytes is the end.
type piece struct {
	data    []byte
	arrived time.Time
	jitter  float64 // from -1 to 1
	stall   float64 // the lot of a request; 1, which no share exceeds, for anything else
}

// read takes what comes until the end.
func (w *way) read() {
	buf := make([]byte, pieceBytes)
	for requests := 0; ; {
		n, err := w.from.Read(buf)
		p := piece{data: bytes.Clone(buf[:n]), arrived: time.Now(), stall: 1}
		if n > 0 {
			p.jitter = 2*w.link.p.lot() - 1
			if w.answers {
				w.link.heard.Store(true)
			} else if w.link.heard.Swap(false) || requests == 0 {
				if requests++; requests > 1 {
					p.stall = w.link.p.lot()
				}
			}
			if !w.put(p) {
				return
			}
		}
		if err != nil {
			w.put(piece{arrived: time.Now(), stall: 1})
			return
		}
	}
}

func (w *way) put(p piece) bool {
	select {
	case w.queue <- p:
		return true
	case <-w.link.gone:
		return false
	}
}

// carry hands on what was read, as the faults in force have it, and ends the connection when its end was handed on.
func (w *way) carry() {
	defer w.link.close()
	for {
		select {
		case p := <-w.queue:
			if len(p.data) == 0 {
				w.wait(p)
				return
			}
			if !w.deliver(p) {
				return
			}
		case <-w.link.gone:
			return
		}
	}
}

// wait holds a piece for as long as the faults in force have it, and reports whether the connection is still there. What it waits for is
// reckoned anew when other faults take their place.
func (w *way) wait(p piece) bool {
	stalled := false
	for {
		s := w.look()
		d := s.Latency + time.Duration(p.jitter*float64(s.Jitter))
		if p.stall < s.StallShare {
			d += s.StallBy
			if !stalled {
				stalled = true
				w.link.p.struck.Add(1)
			}
		}
		if len(p.data) == 0 {
			d += s.SlowClose
		}
		silent := s.Silent || w.link.silent.Load() == s
		if d = time.Until(p.arrived.Add(d)); d <= 0 && !silent {
			return true
		}
		if silent {
			d = -1
		}
		if !w.link.pause(d, s) {
			return false
		}
	}
}

// look takes note of the faults in force.
func (w *way) look() *setting {
	if s := w.link.p.inForce(w.link); s != w.setting {
		w.setting, w.passed, w.struck = s, 0, false
	}
	return w.setting
}

// deliver hands on a piece, and reports whether the connection goes on.
func (w *way) deliver(p piece) bool {
	for data := p.data; len(data) > 0; {
		if !w.wait(p) {
			return false
		}
		s := w.setting
		part := data
		if s.Bandwidth > 0 {
			part = part[:min(len(part), max(1, s.Bandwidth/100))]
		}
		at := w.next(s)
		if at > 0 {
			part = part[:min(int64(len(part)), at-w.passed)]
		}
		if _, err := w.to.Write(part); err != nil {
			return false
		}
		data, w.passed = data[len(part):], w.passed+int64(len(part))
		if at > 0 && w.passed >= at && !w.strike(s) {
			return false
		}
		if s.Bandwidth > 0 && !w.link.pause(time.Duration(len(part))*time.Second/time.Duration(s.Bandwidth), s) {
			return false
		}
	}
	return true
}

// next is after how many bytes the next fault strikes that counts them; 0 if none does.
func (w *way) next(s *setting) (at int64) {
	if !w.answers || w.struck {
		return 0
	}
	for _, n := range []int64{s.ResetAfter, s.CutAfter, s.SilentAfter, s.GarbageAfter} {
		if n > 0 && (at == 0 || n < at) {
			at = n
		}
	}
	return at
}

// strike does what is due, and reports whether the connection goes on.
func (w *way) strike(s *setting) bool {
	w.struck = true
	w.link.p.struck.Add(1)
	switch w.passed {
	case s.ResetAfter:
		w.link.reset()
		return false
	case s.CutAfter:
		return false
	case s.SilentAfter:
		w.link.silent.Store(s)
		return true
	default:
		_, err := w.to.Write(w.link.p.garbage())
		return err == nil
	}
}
