package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// MaxLine bounds an entry, in bytes.
const MaxLine = 4 << 20

const (
	hexDigest = 2 * sha256.Size
	prevName  = `,"prev":"`
	hashName  = `","hash":"`
	lineEnd   = `"}`
	chainPart = len(prevName) + hexDigest + len(hashName) + hexDigest + len(lineEnd)
)

// tip is the end of a chain: the last entry's sequence and hash.
type tip struct {
	sequence uint64
	hash     string
}

// genesis is what the first entry of a region's log follows.
func genesis(log, region string) tip {
	sum := sha256.Sum256([]byte("atoll audit log 1\n" + log + "\n" + region + "\n"))
	return tip{hash: hex.EncodeToString(sum[:])}
}

// appendLine appends a whole line, newline included, and returns the chain's new end. body is what appendBody made.
func appendLine(b []byte, e *Event, body []byte, prev string) ([]byte, tip) {
	start := len(b)
	b = appendStamp(b, e)
	b = append(b, body...)
	b = append(b, prevName...)
	b = append(b, prev...)
	b = append(b, hashName[0])
	sum := sha256.Sum256(b[start:]) // over every byte before `,"hash":`
	hash := hex.EncodeToString(sum[:])
	b = append(b, hashName[1:]...)
	b = append(b, hash...)
	b = append(b, lineEnd...)
	return append(b, '\n'), tip{sequence: e.Sequence, hash: hash}
}

// link is what a line says of its place in the chain.
type link struct {
	sequence   uint64
	day        string // YYYY-MM-DD
	prev, hash string
	sound      bool // the hash is that of the line's bytes
}

var errNotEntry = errors.New("not an entry of an audit log")

// readLink reads the chain's part of a line, given without its newline. It looks at a few fixed places only.
func readLink(line []byte) (link, error) {
	rest, ok := bytes.CutPrefix(line, []byte(`{"v":`+strconv.Itoa(FormatVersion)+`,"seq":`))
	if !ok {
		return link{}, versionError(line)
	}
	digits := bytes.IndexByte(rest, ',')
	if digits < 0 || len(line) < chainPart+len(timeLayout) {
		return link{}, errNotEntry
	}
	sequence, err := strconv.ParseUint(string(rest[:digits]), 10, 64)
	if err != nil {
		return link{}, errNotEntry
	}
	stamp, ok := bytes.CutPrefix(rest[digits:], []byte(`,"time":"`))
	if !ok || len(stamp) < len(timeLayout) {
		return link{}, errNotEntry
	}
	end := line[len(line)-chainPart:]
	prev, ok := bytes.CutPrefix(end, []byte(prevName))
	if !ok {
		return link{}, errNotEntry
	}
	hash, ok := bytes.CutPrefix(prev[hexDigest:], []byte(hashName))
	if !ok || string(hash[hexDigest:]) != lineEnd {
		return link{}, errNotEntry
	}
	sum := sha256.Sum256(line[:len(line)-len(lineEnd)-hexDigest-len(hashName)+1])
	l := link{sequence: sequence, day: string(stamp[:len("2006-01-02")]), prev: string(prev[:hexDigest]), hash: string(hash[:hexDigest])}
	l.sound = hex.EncodeToString(sum[:]) == l.hash
	return l, nil
}

// versionError tells a line of another version of the format from one that is none at all.
func versionError(line []byte) error {
	rest, ok := bytes.CutPrefix(line, []byte(`{"v":`))
	digits := bytes.IndexByte(rest, ',')
	if !ok || digits < 1 {
		return errNotEntry
	}
	if v, err := strconv.ParseUint(string(rest[:digits]), 10, 31); err == nil && v != FormatVersion {
		return fmt.Errorf("an entry of version %d of the format: this program reads version %d", v, FormatVersion)
	}
	return errNotEntry
}

// decode reads an entry and holds it against its only spelling, so that what is shown is what was hashed: no field twice, none unknown.
func decode(line []byte) (*Event, error) {
	var e Event
	if err := json.Unmarshal(line, &e); err != nil {
		return nil, errors.New("not JSON, or a field of another type")
	}
	again := appendStamp(make([]byte, 0, len(line)), &e)
	again = appendBody(again, &e)
	if len(line) < chainPart || !bytes.Equal(again, line[:len(line)-chainPart]) {
		return nil, errors.New("not in the one spelling of entries: a field is unknown, doubled or out of order")
	}
	return &e, nil
}
