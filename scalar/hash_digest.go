package scalar

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

const blockSize = sha256.BlockSize

// digest makes a hash of canonical bytes, with scratch space.
type digest struct {
	kind         HashKind
	inner, outer []byte
	buf, msg     []byte
	hex, digits  []byte
}

func newDigest(kind HashKind, key []byte) (*digest, error) {
	d := &digest{kind: kind}
	switch {
	case kind == HashKeyed && len(key) != HashKeySize:
		return nil, errKeyBlock
	case kind == HashKeyed:
		d.inner, d.outer = key[:blockSize:blockSize], key[blockSize:]
	case kind > HashKeyed:
		return nil, fmt.Errorf("scalar: there is no hash of number %d", kind)
	}
	return d, nil
}

// sum is the portable or the keyed hash.
func (d *digest) sum(canonical []byte) uint64 {
	if d.kind == HashPortable {
		sum := md5.Sum(canonical)
		return binary.BigEndian.Uint64(sum[:])
	}
	d.msg = append(append(d.msg[:0], d.inner...), canonical...)
	sum := sha256.Sum256(d.msg)
	d.msg = append(append(d.msg[:0], d.outer...), sum[:]...)
	sum = sha256.Sum256(d.msg)
	return binary.BigEndian.Uint64(sum[:])
}

// hashOf hashes a value.
func hashOf[T any](d *digest, f form[T], v T) (uint64, error) {
	if d.kind == HashFast && f.plain {
		return f.fast(d, nil, v), nil
	}
	var err error
	if d.buf, err = f.canonical(d.buf[:0], v); err != nil {
		return 0, err
	}
	if d.kind == HashFast {
		return f.fast(d, d.buf, v), nil
	}
	return d.sum(d.buf), nil
}
