package peers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// scriptedTrino answers each request with the next page, in whatever way that says.
type scriptedTrino struct {
	t       *testing.T
	pages   []string // bodies; "busy", "hang", "wrong" (a status that is none of the protocol's)
	mu      sync.Mutex
	next    int
	deleted []string
	sql     string
	server  *httptest.Server
}

func newScriptedTrino(t *testing.T, pages ...string) *scriptedTrino {
	s := &scriptedTrino{t: t, pages: pages}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

func (s *scriptedTrino) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if r.Method == http.MethodDelete {
		s.deleted = append(s.deleted, r.URL.Path)
		s.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if r.Method == http.MethodPost {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			s.t.Error(err)
		}
		s.sql = string(text)
	}
	for name, want := range map[string]string{"X-Trino-User": "bench", "X-Trino-Catalog": "memory", "X-Trino-Time-Zone": "UTC"} {
		if got := r.Header.Get(name); got != want {
			s.t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	page := s.pages[s.next]
	s.next++
	s.mu.Unlock()
	switch page {
	case "busy":
		w.WriteHeader(http.StatusServiceUnavailable)
	case "hang":
		<-r.Context().Done()
	case "wrong":
		http.Error(w, "who are you?", http.StatusUnauthorized)
	default:
		if _, err := io.WriteString(w, strings.ReplaceAll(page, "NEXT", s.server.URL+"/v1/statement/"+fmt.Sprint(s.next))); err != nil {
			s.t.Error(err)
		}
	}
}

func (s *scriptedTrino) peer() *trinoPeer {
	return &trinoPeer{server: &trinoServer{process: &process{}}, client: newTrinoClient(s.server.URL)}
}

func TestTrinoPages(t *testing.T) {
	columns := `"columns":[{"name":"n","type":"decimal(12,2)"},{"name":"f","type":"double"},{"name":"c","type":"char(3)"},{"name":"t","type":"timestamp(6)"},
		{"name":"b","type":"boolean"},{"name":"i","type":"bigint"}]`
	s := newScriptedTrino(t,
		`{"id":"1","nextUri":"NEXT"}`,
		"busy",
		`{"id":"1","nextUri":"NEXT",`+columns+`}`,
		`{"id":"1","nextUri":"NEXT",`+columns+`,"data":[["1.50",1.5E10,"a  ","2024-01-01 10:00:00.500000",true,9007199254740993]]}`,
		`{"id":"1","nextUri":"NEXT",`+columns+`,"data":[[null,"NaN","é\"x",null,false,-1]]}`,
		`{"id":"1",`+columns+`}`,
	)
	p := s.peer()
	defer p.client.close()
	r, err := p.Ask(t.Context(), "select 'x'", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(r.Answer.Columns, r.Answer.Types, r.Answer.Rows)
	want := `[n f c t b i] [numeric double precision character timestamp without time zone boolean bigint] ` +
		`[["1.5" "1.5e+10" "a  " "2024-01-01 10:00:00.5" "true" "9007199254740993"] [NULL "NaN" "é\"x" NULL "false" "-1"]]`
	if got != want || s.sql != "select 'x'" || r.Took <= 0 || len(s.deleted) > 0 {
		t.Errorf("got  %s\nwant %s\nafter %q in %s, given up %q", got, want, s.sql, r.Took, s.deleted)
	}
}

func TestTrinoFails(t *testing.T) {
	for _, tc := range []struct {
		name  string
		pages []string
		want  string
	}{
		{"a query", []string{`{"nextUri":"NEXT"}`, `{"error":{"message":"line 1: no","errorName":"SYNTAX_ERROR"}}`}, "SYNTAX_ERROR: line 1: no"},
		{"a status", []string{`{"nextUri":"NEXT"}`, "wrong"}, "401 Unauthorized: who are you?"},
		{"another server", []string{`{"nextUri":"http://127.0.0.1:1/v1/statement/1"}`}, "another server"},
		{"no JSON", []string{"<html>"}, "invalid character"},
		{"a type", []string{`{"columns":[{"name":"m","type":"map(varchar, bigint)"}],"data":[[{}]]}`}, "map(varchar, bigint)"},
		{"a short row", []string{`{"columns":[{"name":"m","type":"bigint"}],"data":[[1,2]]}`}, "2 values for 1 columns"},
	} {
		p := newScriptedTrino(t, tc.pages...).peer()
		if _, err := p.Ask(t.Context(), "select", time.Minute); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
		p.client.close()
	}
}

// TestTrinoGivesUp: what nobody waits for any more is cancelled at the server.
func TestTrinoGivesUp(t *testing.T) {
	for _, tc := range []struct {
		name  string
		limit time.Duration
		ends  bool // the caller's context does
		want  error
	}{{"timeout", 100 * time.Millisecond, false, ErrTimeout}, {"caller", time.Minute, true, context.Canceled}} {
		s := newScriptedTrino(t, `{"nextUri":"NEXT"}`, "hang")
		p := s.peer()
		ctx, cancel := context.WithCancel(t.Context())
		if tc.ends {
			time.AfterFunc(100*time.Millisecond, cancel)
		}
		if _, err := p.Ask(ctx, "select", tc.limit); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
		s.mu.Lock()
		if len(s.deleted) != 1 || s.deleted[0] != "/v1/statement/1" {
			t.Errorf("%s: given up were %q", tc.name, s.deleted)
		}
		s.mu.Unlock()
		cancel()
		p.client.close()
	}
}

// TestTrinoReadable asks a table again until a node has its catalog.
func TestTrinoReadable(t *testing.T) {
	none := `{"error":{"message":"No nodes","errorName":"` + noNodes + `"}}`
	s := newScriptedTrino(t, none, none, `{"columns":[{"name":"n","type":"bigint"}],"data":[[1]]}`)
	p := s.peer()
	defer p.client.close()
	if err := p.readable(t.Context(), itemTable); err != nil || s.next != 3 {
		t.Errorf("after %d requests: %v", s.next, err)
	}
}

func TestJSONText(t *testing.T) {
	for in, want := range map[string]string{`1`: "1", `1.50`: "1.50", `"a\nb"`: "a\nb", `true`: "true", ` "x" `: "x"} {
		if got, err := jsonText(json.RawMessage(in)); err != nil || got == nil || *got != want {
			t.Errorf("%s: %v, %v, want %q", in, got, err, want)
		}
	}
	if got, err := jsonText(json.RawMessage("null")); got != nil || err != nil {
		t.Errorf("null: %v, %v", got, err)
	}
}
