package atoll

import (
	"testing"
	"time"
)

func TestArrayArgs(t *testing.T) {
	text, day := "a b", time.Date(2024, 1, 31, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		in   any
		want string
	}{
		{[]int64{1, -2}, "{1,-2}"}, {[]int{}, "{}"}, {[]int32(nil), "{}"}, {[]string{"a", "b c", "", "NULL", `q"\`, "{x}"}, `{a,"b c","","NULL","q\"\\","{x}"}`},
		{[]bool{true, false}, "{true,false}"}, {[]float64{1.5, 1e300}, "{1.5,1e+300}"}, {[]*string{&text, nil}, `{"a b",NULL}`}, {[]any{1, nil, "x"}, "{1,NULL,x}"},
		{[][]int{{1, 2}, {3, 4}}, "{{1,2},{3,4}}"}, {[][]byte{{0, 255}, {}}, `{"\\x00ff","\\x"}`}, {[]time.Time{day}, `{"2024-01-31 12:00:00+00"}`},
		{[]time.Duration{time.Second}, "{1s}"}, {[2]int{5, 6}, "{5,6}"}, {[]byte{1}, `\x01`}, {[]any{[]any{1, nil}}, "{{1,NULL}}"},
	}
	for _, tt := range tests {
		if got, null, err := textArg(tt.in); got != tt.want || null || err != nil {
			t.Errorf("%#v is written as %s (%v), want %s", tt.in, got, err, tt.want)
		}
	}
	if _, _, err := textArg([]struct{}{{}}); err == nil {
		t.Error("a slice of structs is accepted")
	}
}
