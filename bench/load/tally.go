package load

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// tally is what one worker saw of the requests that count.
type tally struct {
	classify         func(error) string
	latency, service *Recorder // nil until there is something to count: not every worker of many gets a request
	done, failed     int64
	unanswered       int64
	errors           map[string]*ErrorCount
	last             time.Time // when its last request ended
}

func newTally(classify func(error) string) *tally {
	if classify == nil {
		classify = class
	}
	return &tally{classify: classify, errors: map[string]*ErrorCount{}}
}

// record counts in a recorder, which it makes if there is none.
func record(in **Recorder, took time.Duration) {
	if *in == nil {
		*in = NewRecorder()
	}
	(*in).Record(took)
}

// class names the way in which a request failed, where the caller does not.
func class(err error) string {
	var state interface{ SQLState() string }
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.As(err, &state):
		return state.SQLState()
	}
	return "other"
}

// add counts a request that was to begin at one time, really began at another, and has ended.
func (t *tally) add(intended, began, ended time.Time, err error) {
	t.last = ended
	if err == nil {
		t.done++
		record(&t.latency, ended.Sub(intended))
		record(&t.service, ended.Sub(began))
		return
	}
	t.failed++
	name := t.classify(err)
	if e := t.errors[name]; e != nil {
		e.Count++
		return
	}
	t.errors[name] = &ErrorCount{Class: name, Count: 1, First: err}
}

// giveUp counts a request that was under way when the loop was over.
func (t *tally) giveUp(intended, began, at time.Time) {
	t.last = at
	t.unanswered++
	record(&t.latency, at.Sub(intended))
	record(&t.service, at.Sub(began))
}

// sum makes one result of what the workers saw since the end of the warm-up.
func sum(tallies []*tally, begin time.Time) *Result {
	r := &Result{Latency: NewRecorder(), Service: NewRecorder(), Most: len(tallies)}
	all := map[string]ErrorCount{}
	for _, t := range tallies {
		if t.latency != nil {
			r.Latency.Merge(t.latency)
		}
		if t.service != nil {
			r.Service.Merge(t.service)
		}
		r.Done += t.done
		r.Failed += t.failed
		r.Unanswered += t.unanswered
		r.Elapsed = max(r.Elapsed, t.last.Sub(begin))
		for name, e := range t.errors {
			have := all[name]
			all[name] = ErrorCount{Class: name, Count: have.Count + e.Count, First: cmp.Or(have.First, e.First)}
		}
	}
	for _, e := range all {
		r.Errors = append(r.Errors, e)
	}
	slices.SortFunc(r.Errors, func(a, b ErrorCount) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Class, b.Class)) })
	return r
}
