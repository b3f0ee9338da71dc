package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestShardNeverPrintsItsDSN(t *testing.T) {
	c, err := parse(base)
	if err != nil {
		t.Fatal(err)
	}
	if c.Shards[0].Connector().DSN != "postgres://u:"+secret+"@h/db" {
		t.Fatal("the DSN is lost")
	}
	var out bytes.Buffer
	for _, v := range []any{c.Shards[0], &c.Shards[0], c.Shards, *c, c} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
	}
	if b, err := json.Marshal(c.Shards); err != nil {
		t.Error(err)
	} else {
		out.Write(b)
	}
	for _, form := range []string{secret, fmt.Sprintf("%x", secret)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the password is printed:\n%s", out.String())
		}
	}
}

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		`dsn: "postgres://u:a@b@h/db"`:                 `dsn: "postgres://u:***@h/db"`,
		`dsn: "postgres://u:${PW}@h/db"`:               `dsn: "postgres://u:${PW}@h/db"`,
		`dsn: "postgres://u@h:5432/db"`:                `dsn: "postgres://u@h:5432/db"`,
		`dsn: "host=h password=x${PW}é user=u"`:        `dsn: "host=h password=*${PW}* user=u"`,
		`dsn: "host=h password = 'a b' user=u"`:        `dsn: "host=h password = ***** user=u"`,
		`{password: hunter2, user: u}`:                 `{password: ******** user: u}`,
		`"password": "a b", user: u`:                   `"password": *****, user: u`,
		`postgres://h/db?password=abc&sslmode=require`: `postgres://h/db?password=***&sslmode=require`,
	} {
		if got := maskLine(in); got != want {
			t.Errorf("%s\nbecomes %s\nnot     %s", in, got, want)
		}
	}
}

func TestLiteralPassword(t *testing.T) {
	x := expanded
	for template, want := range map[string]bool{
		x: false, "postgres://" + x + "@h/db": false, "postgres://u:" + x + "@h": false, "postgres://u@h:5432/db": false,
		"postgres://u@h/db?application_name=a@b:c": false, "postgres://u:@h": false, "host=h password=" + x: false,
		"host=h password='" + x + "'": false, "host=h user=u": false, "postgres://h/db?password=" + x: false,
		"postgres://u:p@h": true, "postgres://u:p/q@h": true, "postgres://u:p" + x + "@h": true, "postgres://h/?sslpassword=p": true,
		"password=p": true, "host=h\npassword=p": true, "host=h password='p": true, "host=h password=" + x + "p": true,
	} {
		if got := literalPassword(template); got != want {
			t.Errorf("%q: %v", template, got)
		}
	}
}
