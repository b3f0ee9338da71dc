package spill

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

func TestRoundTrip(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		rng := rand.New(rand.NewPCG(1, 2))
		f := create(t, open(t, Options{Dir: t.TempDir(), Encrypt: sealed}))
		var want []arrow.Record
		var chunks []Chunk
		for _, rows := range []int{0, 1, 7, 64, 1000, 3} {
			rec := randomBatch(t, alloc, rng, rows)
			c, err := f.Write(rec)
			if err != nil {
				t.Fatal(err)
			}
			want, chunks = append(want, rec), append(chunks, c)
		}
		for _, i := range rng.Perm(len(chunks)) {
			got, err := f.Read(alloc, chunks[i], want[i].Schema())
			if err != nil {
				t.Fatal(err)
			}
			if chunks[i].Rows != want[i].NumRows() || !array.RecordEqual(got, want[i]) {
				t.Errorf("sealed %v: chunk %d of %d rows differs", sealed, i, want[i].NumRows())
			}
			got.Release()
		}
		for _, rec := range want {
			rec.Release()
		}
		if f.Size() == 0 || f.space.Used() != f.Size() {
			t.Errorf("%d bytes counted, %d written", f.space.Used(), f.Size())
		}
		for range 2 {
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if f.space.Used() != 0 || f.space.Peak() == 0 {
			t.Errorf("%d bytes counted after Close", f.space.Used())
		}
		alloc.AssertSize(t, 0)
	}
}

// planted makes a batch of a text that is easy to find.
func planted(t testing.TB) arrow.Record {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String}}, nil))
	defer b.Release()
	for range 100 {
		b.Field(0).(*array.StringBuilder).Append("PLANTED")
	}
	return b.NewRecord()
}

func contents(t testing.TB, f *File) []byte {
	t.Helper()
	b := make([]byte, f.size)
	if _, err := f.f.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSealed reads the file itself: nothing of the rows is in it, nor do equal batches look alike.
func TestSealed(t *testing.T) {
	rec := planted(t)
	defer rec.Release()
	for _, sealed := range []bool{false, true} {
		f := create(t, open(t, Options{Dir: t.TempDir(), Encrypt: sealed}))
		var length int
		for range 2 {
			c, err := f.Write(rec)
			if err != nil {
				t.Fatal(err)
			}
			length = c.length
		}
		b := contents(t, f)
		if clear := bytes.Contains(b, []byte("PLANTED")); clear == sealed {
			t.Errorf("sealed %v: the text is in the clear: %v", sealed, clear)
		}
		if alike := bytes.Equal(b[:length-trailer], b[length:len(b)-trailer]); alike == sealed {
			t.Errorf("sealed %v: two chunks are alike: %v", sealed, alike)
		}
	}
}

// TestDamage changes, moves and cuts chunks: each must be an error of the disk's, and none the end of a stream.
func TestDamage(t *testing.T) {
	rec := planted(t)
	defer rec.Release()
	for _, sealed := range []bool{false, true} {
		for name, damage := range map[string]func(f *File, a, b Chunk) error{
			"changed":   func(f *File, a, b Chunk) error { return flip(f, b.at+20) },
			"trailer":   func(f *File, a, b Chunk) error { return flip(f, b.at+int64(b.length)-trailer) },
			"moved":     func(f *File, a, b Chunk) error { return move(f, a, b) },
			"cut":       func(f *File, a, b Chunk) error { return f.f.Truncate(f.size - 1) },
			"cut whole": func(f *File, a, b Chunk) error { return f.f.Truncate(b.at) },
		} {
			f := create(t, open(t, Options{Dir: t.TempDir(), Encrypt: sealed}))
			a, err1 := f.Write(rec)
			b, err2 := f.Write(rec)
			if err := errors.Join(err1, err2, damage(f, a, b)); err != nil {
				t.Fatal(err)
			}
			got, err := f.Read(memory.DefaultAllocator, b, rec.Schema())
			var disk *Error
			if !errors.As(err, &disk) || disk.Full || disk.SQLState() != "58030" {
				t.Errorf("sealed %v, %s: %v, %v", sealed, name, got, err)
			}
			if strings.Contains(err.Error(), f.f.Name()) {
				t.Errorf("the error shows the file: %v", err)
			}
		}
	}
}

func flip(f *File, at int64) error {
	var b [1]byte
	if _, err := f.f.ReadAt(b[:], at); err != nil {
		return err
	}
	b[0] ^= 1
	_, err := f.f.WriteAt(b[:], at)
	return err
}

func move(f *File, a, b Chunk) error {
	buf := make([]byte, a.length)
	if _, err := f.f.ReadAt(buf, a.at); err != nil {
		return err
	}
	_, err := f.f.WriteAt(buf, b.at)
	return err
}

func TestLimit(t *testing.T) {
	rec := planted(t)
	defer rec.Release()
	s := open(t, Options{Dir: t.TempDir(), Limit: 3000})
	f, g := create(t, s), create(t, s)
	for _, x := range []*File{f, g} {
		if _, err := x.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	_, err := g.Write(rec)
	var limit *LimitError
	if !errors.As(err, &limit) || limit.Max != 3000 || limit.SQLState() != "53400" || !strings.Contains(err.Error(), "spill.limit") {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Write(rec); err != nil {
		t.Errorf("what another file held is not free: %v", err)
	}
}

func TestFullDisk(t *testing.T) {
	rec := planted(t)
	defer rec.Release()
	for cause, state := range map[error]string{syscall.ENOSPC: "53100", syscall.EDQUOT: "53100", syscall.EFBIG: "53100", syscall.EIO: "58030"} {
		s := open(t, Options{Dir: t.TempDir()})
		s.write = func(f *os.File, b []byte, at int64) (int, error) {
			return 0, &os.PathError{Op: "write", Path: f.Name(), Err: cause}
		}
		f := create(t, s)
		_, err := f.Write(rec)
		var disk *Error
		if !errors.As(err, &disk) || disk.SQLState() != state || !errors.Is(err, cause) || !strings.Contains(err.Error(), "spill.dir") {
			t.Errorf("%v: %v", cause, err)
		}
		if strings.Contains(err.Error(), f.f.Name()) {
			t.Errorf("the error shows the file: %v", err)
		}
		if err := f.Close(); err != nil || s.Used() != 0 {
			t.Errorf("%v, %d bytes counted", err, s.Used())
		}
	}
}

// TestUnnamed checks that a file has no name while it is used, where the system allows that.
func TestUnnamed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have names there until they are closed")
	}
	s := open(t, Options{Dir: t.TempDir()})
	f := create(t, s)
	folder, err := s.Folder()
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, folder); len(got) != 1 || got[0] != lockName {
		t.Errorf("%v", got)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
