package scalar

import (
	"encoding/hex"
	"slices"
	"strings"
)

// hashFunctions lists the hashes of every type, by kind. Narrower numbers are cast; a character(n) comes as text without the blanks at its end, an uuid as
// its text, and what is compared by a key as the bytes of that; a wide numeric is bytes to
// an engine, too, so that its hashes have a name of their own.
func hashFunctions() []Function {
	out := slices.Concat(hashed(kBool, boolForm), hashed(kInt8, intForm[int64]()), hashed(kF8, floatForm[float64]()),
		hashed(kText, textForm), hashed(kBin, byteaForm), hashed(kDate, dateForm), hashed(kTime, timeForm), hashed(kTs, stampForm), hashed(kTz, stampForm),
		hashed(kIv, intervalForm))
	slices.SortStableFunc(out, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	numeric := hashed(kWide, decimalForm(wholeText))
	for i := range numeric {
		numeric[i].Name += "_numeric"
	}
	return append(append(out, numeric...), fastUUID())
}

// hashed makes the hashes of a type.
func hashed[T any](k kind[T], f form[T]) []Function {
	plain := func(name string, kind HashKind) Function {
		return make1(name, k, kInt8, func() func(T) (int64, error) {
			d := &digest{kind: kind}
			return func(v T) (int64, error) {
				h, err := hashOf(d, f, v)
				return int64(h), err
			}
		})
	}
	return []Function{plain("pg_hash_fast", HashFast), plain("pg_hash_portable", HashPortable), hashedUnder(k, f)}
}

// hashedUnder makes the keyed hash of a type. The blocks of its key come as they come to pg_pseudonym.
func hashedUnder[T any](k kind[T], f form[T]) Function {
	return make3("pg_hash_keyed", k, kText, kText, kInt8, func() func(v T, inner, outer string) (int64, error) {
		var in, out keyBlock
		d := &digest{kind: HashKeyed}
		return func(v T, inner, outer string) (int64, error) {
			if err := in.read(inner); err != nil {
				return 0, err
			}
			if err := out.read(outer); err != nil {
				return 0, err
			}
			d.inner, d.outer = in.bytes, out.bytes
			h, err := hashOf(d, f, v)
			return int64(h), err
		}
	})
}

// fastUUID is the fast hash of an uuid's sixteen bytes, which come as text; the other hashes are those of the text.
func fastUUID() Function {
	return make1("pg_hash_fast_uuid", kText, kInt8, func() func(string) (int64, error) {
		d := &digest{kind: HashFast}
		return func(s string) (int64, error) {
			v, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
			if err != nil {
				return 0, errSyntax
			}
			h, err := hashOf(d, uuidForm, v)
			return int64(h), err
		}
	})
}
