package shardmap

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Reassign returns a table's settings with some keys placed on another shard, and nothing else changed. The settings are those of a table that
// the map was built from; they are not modified. It fails where the keys are not all on the shard from, or the settings have no way to say
// where they are to be.
func (t *Table) Reassign(s Sharding, keys KeySet, from, to string) (Sharding, error) {
	var err error
	switch {
	case s.Strategy == KindLookup && s.Directory == "" && len(keys.Values) > 0:
		s.Map, err = t.reassignKeys(s.Map, keys.Values, from, to)
	case s.Strategy == KindList && len(keys.Values) > 0:
		s.Lists, err = t.reassignKeys(s.Lists, keys.Values, from, to)
	case s.Strategy == KindRange && len(keys.Values) == 0 && len(keys.Buckets) == 0:
		s.Ranges, err = t.reassignRange(s.Ranges, keys, from, to)
	case s.Strategy == KindHash && s.Partitions == nil && len(keys.Buckets) > 0:
		if s.Buckets == nil {
			s.Buckets, s.Shards = s.Shards, nil
		}
		s.Buckets, err = reassignBuckets(s.Buckets, keys.Buckets, from, to)
	case s.Strategy == KindVirtual && len(keys.Buckets) > 0:
		s.Assign, err = reassignVirtual(s.Assign, s.Virtual, keys.Buckets, from, to)
	default:
		err = fmt.Errorf("%w: keys of strategy %s do not move this way: by name with lookup (without a directory) and list, by range with range, by bucket with hash (of shards or buckets) and virtual",
			ErrUnsupported, s.Strategy)
	}
	return s, err
}

// reassignKeys moves keys between entries. The shard that has them keeps its entry for as long as it has others.
func (t *Table) reassignKeys(entries []Entry, texts []string, from, to string) ([]Entry, error) {
	moving := map[Value]string{}
	for _, text := range texts {
		v, err := ParseValue(t.keyTypes[0], text)
		if err != nil {
			return nil, err
		}
		moving[v] = text
	}
	var out []Entry
	var moved []string
	for _, e := range entries {
		kept := Entry{Shard: e.Shard}
		for _, text := range e.Keys {
			v, err := ParseValue(t.keyTypes[0], text)
			if _, is := moving[v]; err != nil || !is || e.Shard != from {
				kept.Keys = append(kept.Keys, text)
				continue
			}
			moved = append(moved, text)
			delete(moving, v)
		}
		if len(kept.Keys) > 0 {
			out = append(out, kept)
		}
	}
	if n := len(moving); n > 0 {
		return nil, fmt.Errorf("%w: %d of the keys are not listed for shard %s", ErrSetting, n, quote(from))
	}
	if i := slices.IndexFunc(out, func(e Entry) bool { return e.Shard == to }); i >= 0 {
		out[i].Keys = append(out[i].Keys, moved...)
		return out, nil
	}
	return append(out, Entry{Shard: to, Keys: moved}), nil
}

func reassignBuckets(owners []string, buckets []int, from, to string) ([]string, error) {
	out := slices.Clone(owners)
	for _, n := range buckets {
		if n < 0 || n >= len(out) || out[n] != from {
			return nil, fmt.Errorf("%w: bucket %d is not shard %s's", ErrSetting, n, quote(from))
		}
		out[n] = to
	}
	return out, nil
}

// reassignVirtual moves virtual shards, and writes what each shard has as runs.
func reassignVirtual(assign []Entry, virtual int, numbers []int, from, to string) ([]Entry, error) {
	owners := make([]string, virtual)
	var order []string
	for _, e := range assign {
		order = append(order, e.Shard)
		for _, text := range e.Keys {
			first, last, ok := parseRun(text, virtual)
			if !ok {
				return nil, fmt.Errorf("%w: %s is no run of virtual shards", ErrSetting, quote(text))
			}
			for v := first; v <= last; v++ {
				owners[v] = e.Shard
			}
		}
	}
	owners, err := reassignBuckets(owners, numbers, from, to)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(order, to) {
		order = append(order, to)
	}
	var out []Entry
	for _, shard := range order {
		if runs := runsOf(owners, shard); len(runs) > 0 {
			out = append(out, Entry{Shard: shard, Keys: runs})
		}
	}
	return out, nil
}

// runsOf writes the indexes of a shard as numbers and runs.
func runsOf(owners []string, shard string) []string {
	var out []string
	for v := 0; v < len(owners); v++ {
		if owners[v] != shard {
			continue
		}
		first := v
		for v+1 < len(owners) && owners[v+1] == shard {
			v++
		}
		run := strconv.Itoa(first)
		if v > first {
			run += "-" + strconv.Itoa(v)
		}
		out = append(out, run)
	}
	return out
}

// reassignRange cuts the interval out of the one that holds it. Neighbours that end up on one shard are joined.
func (t *Table) reassignRange(ranges []Bounds, keys KeySet, from, to string) ([]Bounds, error) {
	low, high, err := t.interval(keys.From, keys.To)
	if err != nil {
		return nil, err
	}
	var out []Bounds
	found := false
	for _, r := range ranges {
		first, last, err := t.interval(r.From, r.To)
		if err != nil {
			return nil, err
		}
		inside := (first.kind == NoValue || low.kind != NoValue && Compare(first, low) <= 0) &&
			(last.kind == NoValue || high.kind != NoValue && Compare(high, last) <= 0)
		if !inside || r.Shard != from {
			out = append(out, r)
			continue
		}
		found = true
		if low != first {
			out = append(out, Bounds{Shard: from, From: r.From, To: keys.From})
		}
		out = append(out, Bounds{Shard: to, From: keys.From, To: keys.To})
		if high != last {
			out = append(out, Bounds{Shard: from, From: keys.To, To: r.To})
		}
	}
	if !found {
		return nil, fmt.Errorf("%w: the interval does not lie within one of shard %s's: move the parts one by one", ErrSetting, quote(from))
	}
	return joined(out), nil
}

func (t *Table) interval(from, to *string) (low, high Value, err error) {
	if from != nil {
		if low, err = ParseValue(t.keyTypes[0], *from); err != nil {
			return low, high, err
		}
	}
	if to != nil {
		high, err = ParseValue(t.keyTypes[0], *to)
	}
	return low, high, err
}

func joined(ranges []Bounds) []Bounds {
	var out []Bounds
	for _, r := range ranges {
		if n := len(out); n > 0 && out[n-1].Shard == r.Shard && out[n-1].To != nil && r.From != nil && strings.TrimSpace(*out[n-1].To) == strings.TrimSpace(*r.From) {
			out[n-1].To = r.To
			continue
		}
		out = append(out, r)
	}
	return out
}
