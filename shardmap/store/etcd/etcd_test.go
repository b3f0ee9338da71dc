package etcd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/atoll-sql/atoll/internal/etcdtest"
	"github.com/atoll-sql/atoll/shardmap/store"
	"github.com/atoll-sql/atoll/shardmap/store/storetest"
)

const (
	user     = "atoll-map"
	password = "hunter2-of-etcd"
)

func open(tb testing.TB, o Options) *Store {
	tb.Helper()
	s, err := Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func at(server *etcdtest.Server) Options {
	return Options{Endpoints: []string{server.Endpoint}, Timeout: 30 * time.Second}
}

func swap(t *testing.T, s store.Store, version uint64) {
	t.Helper()
	if err := s.Swap(t.Context(), version-1, storetest.Doc(version, "x")); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, s store.Store, version uint64) {
	t.Helper()
	doc, err := s.Load(t.Context())
	if err != nil || doc.Version != version || string(doc.Text) != string(storetest.Text(version, "x")) {
		t.Fatalf("got %d, %v; want version %d", doc.Version, err, version)
	}
}

func TestConformance(t *testing.T) {
	server := etcdtest.Start(t, "--auth-token=simple")
	login(t, server)
	var places atomic.Int32
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		o := at(server)
		o.Prefix, o.Username, o.Password = fmt.Sprintf("/place/%d/", places.Add(1)), user, password
		return func(t *testing.T) store.Store { return open(t, o) }
	}, password)
}

// login makes a server demand a password, with a user who may do all.
func login(t *testing.T, server *etcdtest.Server) {
	t.Helper()
	admin := server.Client(t)
	for _, name := range []string{"root", user} {
		_, err := admin.UserAdd(t.Context(), name, password)
		if err == nil {
			_, err = admin.UserGrantRole(t.Context(), name, "root")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := admin.AuthEnable(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestWrongPassword(t *testing.T) {
	server := etcdtest.Start(t)
	login(t, server)
	for name, o := range map[string]Options{
		"none":  at(server),
		"wrong": {Endpoints: []string{server.Endpoint}, Username: user, Password: password + "!"},
	} {
		s := open(t, o)
		_, err := s.Load(t.Context())
		if err == nil || errors.Is(err, store.ErrNotFound) || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The server is killed and started again with its data: nothing is lost, and the watch goes on.
func TestRestart(t *testing.T) {
	server := etcdtest.Start(t)
	s, writer := open(t, at(server)), open(t, at(server))
	swap(t, writer, 1)
	w := storetest.Watch(t, s)
	for v := uint64(2); v <= 4; v++ {
		server.Kill(t)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if doc, err := s.Load(ctx); err == nil {
			t.Fatalf("read version %d from a server that is down", doc.Version)
		}
		cancel()
		server.Run(t)
		swap(t, writer, v)
		holds(t, s, v)
		w.Sees(t, s, v)
	}
}

// The moment that an answer names lies before the question.
func TestAsOfIsBeforeTheQuestion(t *testing.T) {
	server := etcdtest.Start(t)
	s, writer := open(t, at(server)), open(t, at(server))
	swap(t, writer, 1)
	s.now = func() time.Time {
		swap(t, writer, 2)
		return time.Now()
	}
	holds(t, s, 2)
}

// Changes that were compacted while the watch was cut off are lost to it: it must end, so that the resolver asks.
func TestCompaction(t *testing.T) {
	server := etcdtest.Start(t)
	proxy := newProxy(t, strings.TrimPrefix(server.Endpoint, "http://"))
	s, writer := open(t, Options{Endpoints: []string{proxy.endpoint()}, Timeout: 30 * time.Second}), open(t, at(server))
	swap(t, writer, 1)
	w := storetest.Watch(t, s)
	proxy.cut()
	for v := uint64(2); v <= 5; v++ {
		swap(t, writer, v)
	}
	admin := server.Client(t)
	now, err := admin.Get(t.Context(), "any")
	if err == nil {
		_, err = admin.Compact(t.Context(), now.Header.Revision, clientv3.WithCompactPhysical())
	}
	if err != nil {
		t.Fatal(err)
	}
	proxy.mend()
	if err := w.End(t); !errors.Is(err, errLost) || !strings.Contains(err.Error(), "compacted") {
		t.Errorf("the watch ended with %v", err)
	}
	holds(t, s, 5)
	w = storetest.Watch(t, s)
	swap(t, writer, 6)
	w.Sees(t, s, 6)
}

// A member without a leader ends watches and answers nothing, although it holds the document.
func TestLostLeader(t *testing.T) {
	server := etcdtest.Start(t)
	s := open(t, at(server))
	swap(t, s, 1)
	w := storetest.Watch(t, s)
	admin := server.Client(t)
	// A second member that never starts: one of two is no majority.
	if _, err := admin.MemberAdd(t.Context(), []string{"http://127.0.0.1:1"}); err != nil {
		t.Fatal(err)
	}
	if err := w.End(t); !errors.Is(err, errLost) {
		t.Errorf("the watch ended with %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if doc, err := s.Load(ctx); err == nil {
		t.Errorf("a member without a leader vouched for version %d", doc.Version)
	}
}

func TestUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // which accepts and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for name, o := range map[string]Options{
		"mute":        {Endpoints: []string{listener.Addr().String()}},
		"refused":     {Endpoints: []string{"127.0.0.1:1"}},
		"mute, login": {Endpoints: []string{listener.Addr().String()}, Username: user, Password: password},
	} {
		o.Timeout = time.Hour // so that the caller's context ends it, or nothing does
		s := open(t, o)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, loadErr := s.Load(ctx)
		for _, err := range []error{loadErr, s.Swap(ctx, 0, storetest.Doc(1, "x"))} {
			if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), password) {
				t.Errorf("%s: %v", name, err)
			}
		}
		cancel()
		if err := s.Watch(ctx, func() { t.Error("told of a change") }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: the watch ended with %v", name, err)
		}
	}
}

func TestCloseEndsALogin(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	s := open(t, Options{Endpoints: []string{listener.Addr().String()}, Username: user, Password: password, Timeout: time.Hour})
	ended := make(chan error, 1)
	go func() { _, err := s.Load(context.Background()); ended <- err }()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || strings.Contains(err.Error(), password) {
		t.Error(err)
	}
}

func TestTextsThatAreNoVersions(t *testing.T) {
	server := etcdtest.Start(t)
	s := open(t, at(server))
	if _, err := server.Client(t).Put(t.Context(), "atoll/map", "map_version: ["); err != nil {
		t.Fatal(err)
	}
	if doc, err := s.Load(t.Context()); !errors.Is(err, store.ErrBad) {
		t.Errorf("%+v, %v", doc, err)
	}
	if err := s.Swap(t.Context(), 0, storetest.Doc(1, "x")); !errors.Is(err, store.ErrBad) {
		t.Errorf("it was replaced: %v", err)
	}
}

func TestMapsThatAreTooLarge(t *testing.T) {
	s := open(t, at(etcdtest.Start(t)))
	doc := store.Document{Version: 1, Text: []byte("map_version: 1\n# " + strings.Repeat("x", 1_700_000))}
	if err := s.Swap(t.Context(), 0, doc); err == nil || !strings.Contains(err.Error(), "max-request-bytes") {
		t.Error(err)
	}
	if doc, err := s.Load(t.Context()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%d, %v", doc.Version, err)
	}
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]Options{
		"no endpoints":     {},
		"empty endpoint":   {Endpoints: []string{" "}},
		"user in endpoint": {Endpoints: []string{"https://u:" + password + "@h:2379"}},
		"user alone":       {Endpoints: []string{"h:2379"}, Username: "u"},
		"password alone":   {Endpoints: []string{"h:2379"}, Password: password},
	} {
		if _, err := Open(o); err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := open(t, Options{Endpoints: []string{"h:2379"}, Username: "u", Password: password})
	if text := fmt.Sprintf("%v %+v %#v %s", s, s, s, s); strings.Contains(text, password) {
		t.Error(text)
	}
}
