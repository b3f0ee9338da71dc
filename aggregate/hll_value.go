package aggregate

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/scalar"
)

// addHashed makes sketches of values, which shards did not hash, as shards would have made them.
func addHashed(in arrow.Field, o SketchOptions) (adder, error) {
	hasher, err := scalar.NewHasher(scalar.HashKind(o.Hash), in, o.Key)
	if err != nil {
		return nil, ofScalar(err)
	}
	var hashes []uint64
	return func(s *sketches, ids []uint32, col arrow.Array) error {
		var err error
		if hashes, err = hasher.Hash(hashes[:0], col); err != nil {
			return ofScalar(err)
		}
		nulls := col.NullN() > 0
		for i, id := range ids {
			if nulls && col.IsNull(i) {
				continue
			}
			sk := s.at(id)
			before := sk.Bytes()
			sk.Insert(hashes[i])
			s.held += sk.Bytes() - before
		}
		return nil
	}, nil
}

// ofScalar is an error of package scalar as one of this.
func ofScalar(err error) error {
	var e *scalar.Error
	if errors.As(err, &e) {
		return &Error{SQLState: e.SQLState, Text: e.Text}
	}
	return err
}
