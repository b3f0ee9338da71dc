package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/yamldoc"
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

func TestLiteralPassword(t *testing.T) {
	x := yamldoc.Expanded
	for template, want := range map[string]bool{
		x: false, "postgres://" + x + "@h/db": false, "postgres://u:" + x + "@h": false, "postgres://u@h:5432/db": false,
		"postgres://u@h/db?application_name=a@b:c": false, "postgres://u:@h": false, "host=h password=" + x: false,
		"host=h password='" + x + "'": false, "host=h user=u": false, "postgres://h/db?password=" + x: false,
		"postgres://u:p@h": true, "postgres://u:p/q@h": true, "postgres://u:p" + x + "@h": true, "postgres://h/?sslpassword=p": true,
		"sqlserver://u:" + x + "@h?database=d&encrypt=true": false, "server=h;user id=u;password=" + x + ";database=d": false,
		"odbc:server=h;pwd={" + x + "};database=d": false, `server=h;password="` + x + `"`: false,
		"sqlserver://h?fedauth=ActiveDirectoryServicePrincipal&user id=a@t&clientcertpath=c.pem&password=" + x: false,
		"server=h;fedauth=ActiveDirectoryDefault;clientcertpath=/etc/c.pem;database=d":                         false,
		"sqlserver://u:p@h?database=d": true, "server=h;user id=u;password=p": true, "server=h;user id=u; PWD = p": true, "odbc:server=h;pwd={p;q}": true,
		"odbc:pwd={" + x + ";p}": true, `server=h;password="` + x + `;p"`: true, "sqlserver://h?pwd=p": true, "sqlserver://h?user+id=u&Client+Secret=p": true,
		"server=h;clientassertion=p": true, "server=h;access token=p": true, "server=h;change password=p": true, "sqlserver://h?access_token=p": true,
		"password=p": true, "host=h\npassword=p": true, "host=h password='p": true, "host=h password=" + x + "p": true,
	} {
		if got := literalPassword(template); got != want {
			t.Errorf("%q: %v", template, got)
		}
	}
}
