package shardmap

import (
	"encoding/binary"

	"github.com/atoll-sql/atoll/scalar/pghash"
)

// The epoch of PostgreSQL's dates and timestamps, 2000-01-01, on the scales of Value.
const (
	postgresEpochDays   = 10957
	postgresEpochMicros = postgresEpochDays * microsPerDay
)

// postgresSum is what compute_partition_hash_value makes of a row whose partition key is this key.
func postgresSum(key []Value) uint64 {
	var row uint64
	for i := range key {
		row = pghash.Combine(row, key[i].postgresHash())
	}
	return row
}

func (v *Value) postgresHash() uint64 {
	switch v.kind {
	case TextValue:
		return pghash.String(v.text, pghash.PartitionSeed)
	case UUIDValue:
		var raw [16]byte
		binary.BigEndian.PutUint64(raw[:8], v.hi)
		binary.BigEndian.PutUint64(raw[8:], uint64(v.n))
		return pghash.Bytes(raw[:], pghash.PartitionSeed)
	case BoolValue:
		return pghash.Uint32(uint32(v.n), pghash.PartitionSeed)
	case DateValue:
		days := v.n
		if days != infiniteDate && days != -infiniteDate-1 {
			days -= postgresEpochDays
		}
		return pghash.Uint32(uint32(int32(days)), pghash.PartitionSeed)
	case TimestampValue, TimestampTZValue:
		us := v.n
		if us != infiniteMicros && us != -infiniteMicros-1 {
			us -= postgresEpochMicros
		}
		return pghash.Int64(us, pghash.PartitionSeed)
	}
	return pghash.Int64(v.n, pghash.PartitionSeed)
}

// Infinity on the scales of Value; -infinity is the number one below its negative.
const (
	infiniteDate   = 1<<31 - 1
	infiniteMicros = 1<<63 - 1
)
