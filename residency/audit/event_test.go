package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// filled sets every field of a value to something that is not zero.
func filled(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString("s\"\\\x01é\u2028<" + strings.Repeat("x", *n%3))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			filled(v.Index(i), n)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon.Add(time.Duration(*n) * time.Microsecond)))
			return
		}
		for i := range v.NumField() {
			filled(v.Field(i), n)
		}
	}
}

func line(e *Event, prev string) []byte {
	id := writer{}
	b, _ := appendLine(nil, e, append(id.b, appendBody(nil, e)...), prev)
	return bytes.TrimSuffix(b, []byte{'\n'})
}

// TestEveryFieldIsWritten fails if a field is added to Event and not to the line, or stands elsewhere in it.
func TestEveryFieldIsWritten(t *testing.T) {
	var e Event
	n := 0
	filled(reflect.ValueOf(&e).Elem(), &n)
	e.Version = FormatVersion
	prev := strings.Repeat("0", hexDigest)
	text := line(&e, prev)
	got, err := decode(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	got.Prev, got.Hash, e.Prev, e.Hash = "", "", "", ""
	if !reflect.DeepEqual(*got, e) {
		t.Errorf("read back:\n%+v\nwritten:\n%+v", *got, e)
	}
	var names []string
	d := json.NewDecoder(bytes.NewReader(text))
	for depth, key := 0, true; d.More() || depth > 0; {
		tok, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch tok := tok.(type) {
		case json.Delim:
			if tok == '{' || tok == '[' {
				depth++
			} else {
				depth--
			}
			key = true
		case string:
			if depth == 1 && key {
				names = append(names, tok)
				key = false
			} else if depth == 1 {
				key = true
			}
		default:
			if depth == 1 {
				key = true
			}
		}
	}
	var want []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Event]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		want = append(want, name)
	}
	if !reflect.DeepEqual(names, want) {
		t.Errorf("order in the line:\n%s\norder of the fields:\n%s", names, want)
	}
}

func TestHashIsOverTheBytesBeforeIt(t *testing.T) {
	text := line(&Event{Version: 1, Sequence: 9, Time: noon, Type: TypeIntent, Query: "q"}, strings.Repeat("a", hexDigest))
	before, after, _ := strings.Cut(string(text), `,"hash":"`)
	sum := sha256.Sum256([]byte(before))
	if after != hex.EncodeToString(sum[:])+`"}` {
		t.Errorf("%s", text)
	}
	l, err := readLink(text)
	if err != nil || !l.sound || l.sequence != 9 || l.day != "2026-03-04" {
		t.Errorf("%+v %v", l, err)
	}
}

func TestZeroCountsStandWhereTheyMean(t *testing.T) {
	for typ, want := range map[string]string{TypeShipment: `"rows":0,"bytes":0`, TypeComplete: `"rows_to_client":0`, TypeAbort: `"rows_to_client":0`} {
		if text := line(&Event{Version: 1, Type: typ}, ""); !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
	zero := int64(0)
	if text := line(&Event{GroupsSuppressed: &zero}, ""); !strings.Contains(string(text), `"groups_suppressed":0`) {
		t.Errorf("%s", text)
	}
}

func TestOneSpelling(t *testing.T) {
	good := string(line(&Event{Version: 1, Sequence: 1, Time: noon, ID: "i", Type: TypeIntent, Region: eu, User: "ada"}, strings.Repeat("a", hexDigest)))
	if _, err := decode([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"unknown field": strings.Replace(good, `,"user"`, `,"extra":1,"user"`, 1),
		"double field":  strings.Replace(good, `,"user":"ada"`, `,"user":"eve","user":"ada"`, 1),
		"case":          strings.Replace(good, `"user"`, `"USER"`, 1),
		"space":         strings.Replace(good, `,"user"`, `, "user"`, 1),
		"escape":        strings.Replace(good, `ada`, `\u0061da`, 1),
		"time zone":     strings.Replace(good, `000000Z`, `000000+00:00`, 1),
	} {
		if _, err := decode([]byte(text)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestNotUTF8BecomesReplacementCharacters(t *testing.T) {
	text := line(&Event{Version: 1, Time: noon, User: "a\xffb\xc3", Type: "\x00\x1f\n"}, strings.Repeat("a", hexDigest))
	e, err := decode(text)
	if err != nil || e.User != "a\ufffdb\ufffd" || e.Type != "\x00\x1f\n" {
		t.Errorf("%v %+v", err, e)
	}
}

func TestRedact(t *testing.T) {
	n := int64(4)
	e := Event{Type: TypeIntent, Literals: []string{"DE123"}, LiteralsHash: "h", GroupsSuppressed: &n, PayloadDigest: "d", User: "ada"}
	got := Redact(e)
	if got.Literals != nil || got.GroupsSuppressed != nil || got.PayloadDigest != "" || got.LiteralsHash != "h" || got.User != "ada" {
		t.Errorf("%+v", got)
	}
	if len(e.Literals) != 1 || e.GroupsSuppressed == nil {
		t.Error("the event itself was changed")
	}
}

// lineOf is the whole text of an entry, as the documentation of the format shows it.
func TestFormatIsThatOfTheDocumentation(t *testing.T) {
	e := Event{Version: 1, Sequence: 1, Time: noon, Type: TypeComplete, Region: eu, Query: "q"}
	want := `{"v":1,"seq":1,"time":"2026-03-04T12:00:00.000000Z","type":"COMPLETE","region":"eu-central-1","query":"q","rows_to_client":0,"prev":"p","hash":"`
	if got := string(line(&e, "p")); !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s…", got, want)
	}
}
