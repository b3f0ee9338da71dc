package tdstest

import (
	"bytes"
	"context"
	"testing"
)

// TestLateAttention holds that answering an ATTENTION which came after its request's end does not touch the next request,
// which may begin while that answer is still being sent.
func TestLateAttention(t *testing.T) {
	c := &conn{ctx: t.Context()}
	var next context.Context
	c.w = newPacketWriter(writerFunc(func(p []byte) (int, error) {
		next = c.begin() // what the other goroutine does once the client has the answer and sends more
		return len(p), nil
	}))
	if err := c.handle(request{message: message{kind: typeAttention}, ctx: t.Context()}); err != nil {
		t.Fatal(err)
	}
	if err := next.Err(); err != nil {
		t.Errorf("the next request was ended: %v", err)
	}
	if c.finish() {
		t.Error("the next request was taken for stopped")
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestAttentionsBetweenRequests sends requests and late ATTENTIONs in turn, as fast as it can.
func TestAttentionsBetweenRequests(t *testing.T) {
	c := dialRaw(t, startFake(t, &fake{}))
	for range 300 {
		c.send(typeBatch, 0, batchBody("rows 3"))
		if a := c.answer(); lastDone(a) != doneCount {
			t.Fatalf("% x", a)
		}
		c.send(typeAttention, 0, nil)
		if a := c.answer(); !bytes.HasPrefix(a, []byte{tokenDone}) || lastDone(a) != doneAttention {
			t.Fatalf("% x", a)
		}
	}
}
