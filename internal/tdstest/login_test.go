package tdstest

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
)

// number is the number of the last error that the server sent, 0 if it sent none.
func number(err error) int32 {
	var e mssql.Error
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

func TestEncryption(t *testing.T) {
	for _, c := range []struct {
		server           Encryption
		client           string
		tls, loginTLS    bool
		refused, version uint32
	}{
		{EncryptionOffered, "true", true, true, 0, 0x74000004},
		{EncryptionOffered, "false", false, true, 0, 0x74000004},
		{EncryptionOffered, "disable", false, false, 0, 0x74000004},
		{EncryptionOffered, "strict", true, true, 0, version80},
		{EncryptionRequired, "true", true, true, 0, 0x74000004},
		{EncryptionRequired, "false", true, true, 0, 0x74000004},
		{EncryptionRequired, "disable", false, false, 1, 0},
		{EncryptionRequired, "strict", true, true, 0, version80},
		{EncryptionAbsent, "disable", false, false, 0, 0x74000004},
		{EncryptionAbsent, "false", false, false, 0, 0x74000004},
		{EncryptionAbsent, "true", false, false, 1, 0},
		{EncryptionAbsent, "strict", false, false, 1, 0},
	} {
		s := startFake(t, &fake{}, WithEncryption(c.server))
		long := strings.Repeat("a", 127)
		db := open(t, s.DSNWith("encrypt", c.client, "certificate", s.CertificateFile(), "app name", long, "packet size", "16000"))
		_, err := db.ExecContext(seconds(t, 20), "SELECT 1;")
		if (err != nil) != (c.refused != 0) {
			t.Errorf("server %d, client %s: %v", c.server, c.client, err)
		}
		if err != nil {
			continue
		}
		l := s.Logins()[0]
		if l.TLS != c.tls || l.LoginTLS != c.loginTLS || l.TDSVersion != c.version || l.AppName != long || l.PacketSize != 16000 {
			t.Errorf("server %d, client %s: %+v", c.server, c.client, l)
		}
	}
}

func TestLoginInSeveralPackets(t *testing.T) {
	// A packet of 512 bytes does not hold the login: what follows the first travels outside of TLS where only the login is encrypted.
	for _, encrypt := range []string{"true", "false", "disable", "strict"} {
		s := startFake(t, &fake{})
		db := open(t, s.DSNWith("encrypt", encrypt, "packet size", "512", "app name", strings.Repeat("b", 128), "workstation id", strings.Repeat("w", 100)))
		if _, err := db.ExecContext(seconds(t, 20), "SELECT 1;"); err != nil {
			t.Errorf("encrypt=%s: %v", encrypt, err)
		}
	}
}

func TestCertificateIsVerified(t *testing.T) {
	s, other := startFake(t, &fake{}), startFake(t, &fake{})
	for _, encrypt := range []string{"true", "strict"} {
		for _, file := range []string{"", other.CertificateFile()} {
			err := open(t, s.DSNWith("encrypt", encrypt, "certificate", file)).PingContext(seconds(t, 20))
			if err == nil || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("encrypt=%s: %v", encrypt, err)
			}
		}
	}
}

func TestLoginRefused(t *testing.T) {
	s := startFake(t, &fake{})
	change := func(f func(*url.URL)) string {
		u := s.URL()
		f(u)
		return u.String()
	}
	for name, c := range map[string]struct {
		dsn   string
		first int32
	}{
		"password": {change(func(u *url.URL) { u.User = url.UserPassword(DefaultUser, "wrong") }), 18456},
		"user":     {change(func(u *url.URL) { u.User = url.UserPassword("sa", DefaultPassword) }), 18456},
		"database": {s.DSNWith("database", "nowhere"), 4060},
	} {
		err := open(t, c.dsn).PingContext(seconds(t, 20))
		var e mssql.Error
		if !errors.As(err, &e) || e.Number != 18456 || len(e.All) == 0 || e.All[0].Number != c.first {
			t.Errorf("%s: %v", name, err)
		}
	}
	if l := s.Logins(); len(l) != 3 || l[0].Error == nil {
		t.Errorf("%+v", l)
	}
}

func TestReadOnlyIntent(t *testing.T) {
	s := startFake(t, &fake{})
	if err := open(t, s.DSNWith("applicationintent", "ReadOnly", "database", "ATOLL")).PingContext(seconds(t, 20)); err != nil {
		t.Fatal(err)
	}
	if l := s.Logins()[0]; !l.ReadOnlyIntent || l.Database != "ATOLL" || l.User != DefaultUser {
		t.Errorf("%+v", l)
	}
}

func TestAccessToken(t *testing.T) {
	const token = "eyJ0.for-tests.only"
	for _, encrypt := range []string{"true", "strict"} {
		s := startFake(t, &fake{}, WithAccessToken(token), func(o *Options) { o.STSURL, o.SPN = "https://sts.example/", "https://db.example/" })
		u := s.URL()
		u.User = nil
		dsn := u.String() + "&encrypt=" + encrypt
		dsn = strings.Replace(dsn, "encrypt=true&", "", 1)
		for _, c := range []struct {
			token string
			want  int32
		}{{token, 0}, {"stale", 18456}} {
			plain, err := mssql.NewAccessTokenConnector(dsn, func() (string, error) { return c.token, nil })
			if err != nil {
				t.Fatal(err)
			}
			db := sql.OpenDB(plain)
			if err := db.PingContext(seconds(t, 20)); number(err) != c.want || (err == nil) != (c.want == 0) {
				t.Errorf("encrypt=%s, security token %q: %v", encrypt, c.token, err)
			}
			db.Close()

			config, err := msdsn.Parse(dsn)
			if err != nil {
				t.Fatal(err)
			}
			asked, err := mssql.NewActiveDirectoryTokenConnector(config, mssql.FedAuthADALWorkflowNone, func(_ context.Context, spn, url string) (string, error) {
				if spn != "https://db.example/" || url != "https://sts.example/" {
					t.Errorf("asked for %q at %q", spn, url)
				}
				return c.token, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			db = sql.OpenDB(asked)
			if err := db.PingContext(seconds(t, 20)); number(err) != c.want || (err == nil) != (c.want == 0) {
				t.Errorf("encrypt=%s, token asked for %q: %v", encrypt, c.token, err)
			}
			db.Close()
		}
		if l := s.Logins()[0]; !l.Token {
			t.Errorf("%+v", l)
		}
	}
	s := startFake(t, &fake{})
	connector, err := mssql.NewAccessTokenConnector(s.DSN(), func() (string, error) { return token, nil })
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if err := db.PingContext(seconds(t, 20)); number(err) != 18456 {
		t.Errorf("a server without tokens: %v", err)
	}
}

func TestLoopbackOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:1433", "nonsense"} {
		if s, err := New(Options{Address: address}); err == nil {
			s.Close()
			t.Errorf("%s: listens", address)
		}
	}
}
