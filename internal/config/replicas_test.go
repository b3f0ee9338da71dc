package config

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const replicated = eu7 + `, max_conns: 7, connect_timeout: 3s, statement_timeout: 9s, max_staleness: 4s,
    replicas: {eu-1b: {region: br, dsn: "postgres://r:${PW}@b/db"}, eu-1c: {region: eu, dsn_file: %s, schema: s, max_conns: 2, connect_timeout: 1s}}`

func TestReplicas(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.dsn")
	if err := os.WriteFile(file, []byte("host=c user=u password="+secret), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := parse(strings.Replace(base, eu7, fmt.Sprintf(replicated, file), 1))
	if err != nil {
		t.Fatal(err)
	}
	s := c.Shards[0]
	if s.MaxStaleness != 4*time.Second || s.StatementTimeout != 9*time.Second || len(s.Replicas) != 2 || c.Shards[1].Replicas != nil {
		t.Fatalf("%d replicas, %s, %s", len(s.Replicas), s.MaxStaleness, s.StatementTimeout)
	}
	b, d := s.ReplicaConnector(s.Replicas[0]), s.ReplicaConnector(s.Replicas[1])
	if b.Shard != "eu-1" || b.Region != "br" || b.DSN != "postgres://r:"+secret+"@b/db" || b.MaxConns != 7 || b.ConnectTimeout != 3*time.Second ||
		b.StatementTimeout != 9*time.Second || b.Schema != "" {
		t.Error("the first replica is not reached as it should be")
	}
	if d.Region != "eu" || !strings.HasPrefix(d.DSN, "host=c") || d.MaxConns != 2 || d.ConnectTimeout != time.Second || d.Schema != "s" {
		t.Error("the second replica is not reached as it should be")
	}
	var out bytes.Buffer
	for _, v := range []any{s, &s, s.Replicas, s.Replicas[0], &s.Replicas[0], c} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
	}
	for _, form := range []string{secret, fmt.Sprintf("%x", secret)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the password is printed:\n%s", out.String())
		}
	}
}

func TestSameSeesReplicas(t *testing.T) {
	shard := func(edit func(string) string) Shard {
		c, err := parse(strings.Replace(base, eu7, edit(eu7+`, max_staleness: 4s, replicas: {r: {region: br, dsn: "host=r"}}`), 1))
		if err != nil {
			t.Fatal(err)
		}
		return c.Shards[0]
	}
	as := shard(func(s string) string { return s })
	if !as.Same(shard(func(s string) string { return s + ", state: draining" })) {
		t.Error("a shard's state changes how it is reached")
	}
	for _, change := range []string{"4s", "host=r", "region: br", "r: {"} {
		other := map[string]string{"4s": "5s", "host=r": "host=q", "region: br": "region: eu", "r: {": "q: {"}[change]
		if as.Same(shard(func(s string) string { return strings.Replace(s, change, other, 1) })) {
			t.Errorf("%s instead of %s is not seen", other, change)
		}
	}
}

// Each tenant of a server has its replicas: in its schema, or in its database.
func TestReplicasOfTenants(t *testing.T) {
	const server = eu7 + `, replicas: {r: {region: br, dsn: "host=r dbname=db", schema: elsewhere}}`
	text := strings.Replace(base, "tables:\n", "tables:\n  inv: {sharding: {strategy: tenant, key: [tenant]}}\n", 1)
	c, err := parse(strings.Replace(text, eu7, server+`, schemas: {acme: [1]}, databases: {blue: [2]}`, 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"eu-1": "r host=r dbname=db elsewhere", "eu-1.acme": "r.acme host=r dbname=db acme", "eu-1.blue": "r.blue host=r dbname=db dbname='blue' elsewhere"} {
		for _, s := range c.Shards {
			if s.Name != name {
				continue
			}
			r := s.ReplicaConnector(s.Replicas[0])
			if got := s.Replicas[0].Name + " " + r.DSN + " " + r.Schema; got != want || r.Shard != name {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
}

// In a store keys move: a replica that may be any time behind would miss their rows.
func TestReplicasOfAStoredMap(t *testing.T) {
	cfg := parseStore(t)
	text := strings.Replace(document, "max_conns: 4", `max_conns: 4, max_staleness: 1m, replicas: {a2: {region: r, dsn: "host=x"}}`, 1)
	doc, err := cfg.ParseMap([]byte(text), "map.yaml")
	if err != nil {
		t.Fatal(err)
	}
	edited, err := EditMap([]byte(text), MapEdit{Version: 8})
	if err != nil {
		t.Fatal(err)
	}
	again, err := cfg.ParseMap(edited, "map.yaml")
	if err != nil || !again.Shards[0].Same(doc.Shards[0]) || len(again.Shards[0].Replicas) != 1 {
		t.Errorf("%v\n%s", err, edited)
	}
	_, err = cfg.ParseMap([]byte(strings.Replace(text, "1m", "any", 1)), "map.yaml")
	if err == nil || !strings.Contains(err.Error(), "map.yaml:4:") || !strings.Contains(err.Error(), "must be a duration in a map that is kept in a store") {
		t.Errorf("any: %v", err)
	}
}
