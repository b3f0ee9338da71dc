package scalar

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// TestPseudonym holds the kernel against the standard library's HMAC, with another key in each row.
func TestPseudonym(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	texts := []string{"", "a", "a ", "ä日🏝", nullText, "a text that is much longer than one block of SHA-256, so that the buffer grows", "x"}
	var inner, outer, want []string
	for i, text := range texts {
		key := []byte(fmt.Sprint("key ", i))
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		if want = append(want, hex.EncodeToString(h.Sum(nil))); text == nullText {
			want[i] = "NULL"
		}
		in, out := make([]byte, 64), make([]byte, 64)
		copy(in, key)
		copy(out, key)
		for k := range in {
			in[k], out[k] = in[k]^0x36, out[k]^0x5c
		}
		inner, outer = append(inner, `\x`+hex.EncodeToString(in)), append(outer, `\x`+hex.EncodeToString(out))
	}
	args := []arrow.Array{columnOf(t, alloc, tText, texts...), columnOf(t, alloc, tText, inner...), columnOf(t, alloc, tText, outer...)}
	out, err := findFunction(t, "pg_pseudonym", types(tText, tText, tText)).Eval(alloc, args, len(texts))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(textsOf(t, alloc, out)); got != fmt.Sprint(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	out.Release()
	bad := columnOf(t, alloc, tText, `\x00`, "00")
	defer bad.Release()
	for _, pair := range [][]arrow.Array{{args[0], bad, args[2]}, {args[0], args[1], bad}} {
		var e *Error
		if _, err := findFunction(t, "pg_pseudonym", types(tText, tText, tText)).Eval(alloc, pair, 1); !errors.As(err, &e) || e.SQLState != "22023" {
			t.Errorf("a block of one byte: %v", err)
		}
	}
	for _, a := range args {
		a.Release()
	}
}
