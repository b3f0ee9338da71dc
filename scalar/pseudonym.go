package scalar

import (
	"crypto/sha256"
	"encoding/hex"
)

// pseudonymFunctions lists the HMAC-SHA-256 of a text. Its key comes as the two blocks that RFC 2104 makes of it, the inner and the outer
// one, since that is all an engine with SHA-256 alone could use; as texts in the form of bytea, which are the same in all rows and so are
// read once.
func pseudonymFunctions() []Function {
	return []Function{make3("pg_pseudonym", kText, kText, kText, kOut, func() func(s, inner, outer string) ([]byte, error) {
		var in, out keyBlock
		var buf, shown []byte
		return func(s, inner, outer string) ([]byte, error) {
			if err := in.read(inner); err != nil {
				return nil, err
			}
			if err := out.read(outer); err != nil {
				return nil, err
			}
			buf = append(append(buf[:0], in.bytes...), s...)
			sum := sha256.Sum256(buf)
			buf = append(append(buf[:0], out.bytes...), sum[:]...)
			sum = sha256.Sum256(buf)
			shown = hex.AppendEncode(shown[:0], sum[:])
			return shown, nil
		}
	})}
}

// keyBlock is the latest block that was read.
type keyBlock struct {
	text  string // a copy
	bytes []byte
}

func (b *keyBlock) read(text string) error {
	if text == b.text && b.bytes != nil {
		return nil
	}
	v, err := parseBytea(text)
	if err != nil {
		return err
	}
	if len(v) != sha256.BlockSize {
		return errKeyBlock
	}
	b.text, b.bytes = string([]byte(text)), v
	return nil
}

var errKeyBlock = fail("22023", "a key's block has 64 bytes")
