package spill

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// File holds record batches that are written one after the other and read in any order. One goroutine uses it; Close frees it.
//
// Each batch is a chunk of its own. A sealed one is encrypted and authenticated with AES-256-GCM under the file's key, which is random and
// exists only here, with its number as nonce and as additional data: no nonce is used twice under one key, and a chunk that was changed,
// moved or cut is an error. One that is not sealed carries a CRC-32C, so that a disk that lies is an error, too.
type File struct {
	space  *Space
	f      *os.File
	name   string // "" once the file has no name
	aead   cipher.AEAD
	chunks uint64
	size   int64
	buf    []byte
}

// Chunk is a batch in a [File].
type Chunk struct {
	Rows   int64
	number uint64
	at     int64
	length int
}

// trailer is what follows the bytes of a chunk: the tag of GCM, or the sum.
const trailer = 16

// Create makes an empty file.
func (s *Space) Create() (*File, error) {
	folder, err := s.Folder()
	if err != nil {
		return nil, err
	}
	f := &File{space: s}
	var secret [8 + 32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return nil, s.failed("no key can be made", err)
	}
	if s.opts.Encrypt {
		block, err := aes.NewCipher(secret[8:])
		if err != nil {
			return nil, s.failed("no key can be made", err)
		}
		if f.aead, err = cipher.NewGCM(block); err != nil {
			return nil, s.failed("no key can be made", err)
		}
	}
	f.name = filepath.Join(folder, hex.EncodeToString(secret[:8]))
	if f.f, err = os.OpenFile(f.name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, s.failed("no file can be made", err)
	}
	if unlinks && os.Remove(f.name) == nil {
		f.name = ""
	}
	return f, nil
}

// Write appends a batch of columns of fixed width, booleans, texts and bytes. It does not keep rec. The error is an [*Error] or a
// [*LimitError]; after it only Close is of use.
func (f *File) Write(rec arrow.Record) (Chunk, error) {
	b, err := encode(f.buf[:0], rec)
	if err != nil {
		return Chunk{}, err
	}
	c := Chunk{Rows: rec.NumRows(), number: f.chunks, at: f.size, length: len(b) + trailer}
	f.chunks++
	b = f.seal(c, b)
	f.buf = b
	if err := f.space.take(int64(len(b))); err != nil {
		return Chunk{}, err
	}
	f.size += int64(len(b)) // before the bytes are there: what was begun is freed by Close
	if _, err := f.space.write(f.f, b, c.at); err != nil {
		return Chunk{}, f.space.failed("what does not fit in memory cannot be written", err)
	}
	return c, nil
}

// Read reads a chunk of this file as a batch of a schema with the types of the one that was written. The caller releases it.
func (f *File) Read(alloc memory.Allocator, c Chunk, schema *arrow.Schema) (arrow.Record, error) {
	buf := memory.NewResizableBuffer(alloc)
	defer buf.Release()
	buf.Resize(c.length)
	if _, err := f.f.ReadAt(buf.Bytes(), c.at); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // it must not pass for the orderly end of a stream
		}
		return nil, f.space.failed("what was written cannot be read back", err)
	}
	plain, err := f.open(c, buf.Bytes())
	if err != nil {
		return nil, f.space.failed("what was written is not what is read back", err)
	}
	return decode(buf, len(plain), schema)
}

func nonce(c Chunk) []byte {
	var n [12]byte
	binary.LittleEndian.PutUint64(n[:], c.number)
	return n[:]
}

// label is what is authenticated beside a chunk: its number, its place and its length.
func label(c Chunk) []byte {
	var b [24]byte
	binary.LittleEndian.PutUint64(b[:], c.number)
	binary.LittleEndian.PutUint64(b[8:], uint64(c.at))
	binary.LittleEndian.PutUint64(b[16:], uint64(c.length))
	return b[:]
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sum(c Chunk, b []byte) uint32 {
	return crc32.Update(crc32.Checksum(label(c), castagnoli), castagnoli, b)
}

// seal appends the trailer, and encrypts b in place where the file is sealed.
func (f *File) seal(c Chunk, b []byte) []byte {
	if f.aead != nil {
		return f.aead.Seal(b[:0], nonce(c), b, label(c))
	}
	var end [trailer]byte
	binary.LittleEndian.PutUint32(end[:], sum(c, b))
	return append(b, end[:]...)
}

var errDamaged = errors.New("the bytes are damaged")

// open undoes seal in place.
func (f *File) open(c Chunk, b []byte) ([]byte, error) {
	if f.aead != nil {
		plain, err := f.aead.Open(b[:0], nonce(c), b, label(c))
		if err != nil {
			return nil, errDamaged
		}
		return plain, nil
	}
	plain := b[:len(b)-trailer]
	if binary.LittleEndian.Uint32(b[len(plain):]) != sum(c, plain) {
		return nil, errDamaged
	}
	return plain, nil
}

// Size is the number of bytes in the file.
func (f *File) Size() int64 { return f.size }

// Close removes the file and frees its bytes. It may be called more than once.
func (f *File) Close() error {
	if f.f == nil {
		return nil
	}
	err := f.f.Close()
	if f.name != "" {
		err = errors.Join(err, os.Remove(f.name))
	}
	f.space.used.Add(-f.size)
	f.f, f.buf, f.aead = nil, nil, nil
	if err != nil {
		return f.space.failed("a file cannot be removed", err)
	}
	return nil
}
