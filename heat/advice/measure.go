package advice

// measure is one thing that shards can have too much of.
type measure struct {
	name   string
	load   func(shard int) float64
	of     func(u *unit) float64 // 0 where that is not known
	enough func(shard int) bool  // that it says something
}

func (a *adviser) byRequests() measure {
	return measure{"requests", func(i int) float64 { return a.requests[i] }, func(u *unit) float64 { return u.requests },
		func(i int) bool { return a.counted[i] >= leastStatements }}
}

// bySize is the bytes that the shards of a jurisdiction have, or their rows where not all know their bytes; false where they do not know those
// either.
func (a *adviser) bySize(law string) (measure, bool) {
	rows, bytes := true, true
	for _, i := range a.members(law) {
		s := a.held(i)
		rows, bytes = rows && s.Rows >= 0, bytes && s.Bytes >= 0
	}
	if bytes {
		load := func(i int) float64 { return float64(a.held(i).Bytes + a.arrived[i].Bytes) }
		return measure{"bytes", load, func(u *unit) float64 { return float64(max(u.bytes, 0)) }, func(i int) bool { return load(i) >= leastBytes }}, true
	}
	load := func(i int) float64 { return float64(a.held(i).Rows + a.arrived[i].Rows) }
	return measure{"rows", load, func(u *unit) float64 { return float64(max(u.rows, 0)) }, func(i int) bool { return load(i) >= leastRows }}, rows
}

// held is what a shard has of the tables whose rows are nowhere else.
func (a *adviser) held(shard int) Size {
	var out Size
	for _, name := range a.in.Map.Tables() {
		t, _ := a.in.Map.Table(name)
		if t.Replicated() || !contains(t.Shards(), shard) {
			continue
		}
		s := a.size(shard, name)
		out.Rows, out.Bytes = plus(out.Rows, s.Rows), plus(out.Bytes, s.Bytes)
	}
	return out
}

// take notes that a proposal moves a unit.
func (a *adviser) take(u *unit, from, to int) {
	a.taken[u.id()] = true
	a.requests[from] -= u.requests
	a.requests[to] += u.requests
	rows, bytes := max(u.rows, 0), max(u.bytes, 0)
	a.arrived[from] = Size{a.arrived[from].Rows - rows, a.arrived[from].Bytes - bytes}
	a.arrived[to] = Size{a.arrived[to].Rows + rows, a.arrived[to].Bytes + bytes}
}

// weight is what a unit adds to a shard: its parts of all requests and of all rows, as far as they are known.
func (a *adviser) weight(u *unit) float64 { return a.share(u.requests, float64(max(u.rows, 0))) }

// standing is the same of all that a shard has.
func (a *adviser) standing(shard int) float64 {
	return a.share(a.requests[shard], float64(max(a.held(shard).Rows, 0)+a.arrived[shard].Rows))
}

func (a *adviser) share(requests, rows float64) float64 {
	allRequests, allRows := 0.0, 0.0
	for i := range a.shards {
		allRequests += a.requests[i]
		allRows += float64(max(a.held(i).Rows, 0))
	}
	out := 0.0
	if allRequests > 0 {
		out += requests / allRequests
	}
	if allRows > 0 {
		out += rows / allRows
	}
	return out
}

func contains(list []int, n int) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}
