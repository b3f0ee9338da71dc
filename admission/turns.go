package admission

import "slices"

// inTheWay names the limit that keeps a query from running now, "" if none does. The caller holds mu.
func (q *Queue) inTheWay(u *user, memory int64) string {
	l := q.limits
	switch {
	case l.PerUser > 0 && u.running >= l.PerUser:
		return LimitPerUser
	case l.Queries > 0 && q.running >= l.Queries:
		return LimitQueries
	case l.Memory > 0 && q.memory+memory > l.Memory:
		return LimitMemory
	}
	return ""
}

// reason names the limit that a query in line waits for: its own, or that of the query before it. The caller holds mu.
func (q *Queue) reason(u *user, memory int64) string {
	if name := q.inTheWay(u, memory); name != "" {
		return name
	}
	for _, other := range q.turns {
		if name := q.inTheWay(other, other.line[0].memory); name != "" && name != LimitPerUser {
			return name
		}
	}
	return LimitQueries
}

// most is what a limit allows.
func (q *Queue) most(name string) int64 {
	switch name {
	case LimitPerUser:
		return int64(q.limits.PerUser)
	case LimitMemory:
		return q.limits.Memory
	}
	return int64(q.limits.Queries)
}

// noneBefore reports that nobody in line could take what becomes free: whoever waits does so for a user who has all it may have. The
// caller holds mu.
func (q *Queue) noneBefore() bool {
	return !slices.ContainsFunc(q.turns, func(u *user) bool { return q.limits.PerUser <= 0 || u.running < q.limits.PerUser })
}

// next lets in who is next, as long as there is room. A user who has all it may have keeps its turn, and those behind it go
// first; whoever else is next and does not fit is waited for. The caller holds mu.
func (q *Queue) next() {
	for i := 0; i < len(q.turns); {
		u := q.turns[i]
		r := u.line[0]
		switch q.inTheWay(u, r.memory) {
		case LimitPerUser:
			i++
			continue
		case "":
		default:
			return
		}
		q.start(u, r.memory)
		r.let = true
		close(r.done)
		q.remove(r)
		if len(u.line) > 0 { // its next turn comes after everybody else's
			q.turns = append(slices.Delete(q.turns, i, i+1), u)
		}
	}
}

// start counts a query that runs. The caller holds mu.
func (q *Queue) start(u *user, memory int64) {
	q.running++
	u.running++
	q.memory += memory
}

// leave counts a query that has ended, and lets in others.
func (q *Queue) leave(u *user, memory int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running--
	u.running--
	q.memory -= memory
	q.next()
	q.forget(u)
}

// remove takes a request out of its user's line, and a user without any out of the turns. The caller holds mu.
func (q *Queue) remove(r *request) {
	u := r.user
	q.waiting--
	if u.line[0] == r {
		u.line[0] = nil
		u.line = u.line[1:]
	} else {
		u.line = slices.DeleteFunc(u.line, func(o *request) bool { return o == r })
	}
	if len(u.line) == 0 {
		q.turns = slices.DeleteFunc(q.turns, func(o *user) bool { return o == u })
	}
	q.forget(u)
}

// forget drops a user of whom nothing runs or waits. The caller holds mu.
func (q *Queue) forget(u *user) {
	if u.running == 0 && len(u.line) == 0 {
		delete(q.users, u.name)
	}
}
