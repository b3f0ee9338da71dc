package mssql

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/atoll-sql/atoll/connectors"
)

// parsed reads a DSN as open does and returns what the driver makes of it.
func parsed(t *testing.T, dsn string) msdsn.Config {
	t.Helper()
	params, text := readDSN(dsn)
	if text != "" {
		t.Fatalf("%s: %s", dsn, text)
	}
	settle(params, Options{}, 0)
	cfg, err := msdsn.Parse(writeDSN(params))
	if err != nil {
		t.Fatalf("%s: %v", dsn, err)
	}
	return cfg
}

func TestDSNDefaults(t *testing.T) {
	for _, tc := range []struct {
		dsn        string
		encryption msdsn.Encryption
		trust      bool
		readOnly   bool
		app        string
	}{
		{"sqlserver://sa:p%7Dw;=%7B@db.example:1433?database=sales", msdsn.EncryptionRequired, false, true, "atoll"},
		{"server=db.example,1433;user id=sa;password=\"p}w;={\";database=sales", msdsn.EncryptionRequired, false, true, "atoll"},
		{"Data Source=tcp:db.example,1433;UID=sa;PWD=\"p}w;={\";Initial Catalog=sales;Application Name=x", msdsn.EncryptionRequired, false, true, "x"},
		{"odbc:server=db.example;port=1433;user id=sa;password={p}}w;={};database=sales", msdsn.EncryptionRequired, false, true, "atoll"},
		{"sqlserver://sa:p%7Dw;=%7B@db.example:1433?database=sales&encrypt=false", msdsn.EncryptionOff, false, true, "atoll"},
		{"sqlserver://sa:p%7Dw;=%7B@db.example:1433?database=sales&encrypt=disable", msdsn.EncryptionDisabled, false, true, "atoll"},
		{"sqlserver://sa:p%7Dw;=%7B@db.example:1433?database=sales&encrypt=strict", msdsn.EncryptionStrict, false, true, "atoll"},
		{"sqlserver://sa:p%7Dw;=%7B@db.example:1433?database=sales&TrustServerCertificate=true", msdsn.EncryptionRequired, true, true, "atoll"},
		{"sqlserver://sa:p%7Dw;=%7B@db.example:1433?database=sales&applicationintent=ReadWrite", msdsn.EncryptionRequired, false, false, "atoll"},
		{"sqlserver://sa:p%7Dw;=%7B@db.example:1433", msdsn.EncryptionRequired, false, false, "atoll"},
	} {
		cfg := parsed(t, tc.dsn)
		if cfg.Encryption != tc.encryption || cfg.TrustServerCertificate != tc.trust || cfg.ReadOnlyIntent != tc.readOnly || cfg.AppName != tc.app {
			t.Errorf("%s: encryption %d, trust %v, read-only %v, app %q", tc.dsn, cfg.Encryption, cfg.TrustServerCertificate, cfg.ReadOnlyIntent, cfg.AppName)
		}
		if cfg.Host != "db.example" || cfg.Port != 1433 || cfg.User != "sa" || cfg.Password != "p}w;={" {
			t.Errorf("%s: %s:%d, %q, %q", tc.dsn, cfg.Host, cfg.Port, cfg.User, cfg.Password)
		}
	}
}

// TestDSNOverrides: what would change the meaning of values, or log them, is not left to the DSN.
func TestDSNOverrides(t *testing.T) {
	cfg := parsed(t, "sqlserver://h?guid+conversion=true&timezone=Asia/Tokyo&log=63&connection+timeout=7")
	if cfg.Encoding.GuidConversion || cfg.Encoding.Timezone != time.UTC || cfg.LogFlags != 0 || cfg.ConnTimeout != 0 {
		t.Errorf("%+v", cfg)
	}
	for _, tc := range []struct {
		timeout, want time.Duration
		dsn           string
	}{
		{0, 7 * time.Second, "sqlserver://h?connection+timeout=7"}, {time.Second, time.Second, "sqlserver://h?connection+timeout=7"},
		{0, defaultConnectTimeout, "sqlserver://h"},
	} {
		params, _ := readDSN(tc.dsn)
		if got := settle(params, Options{}, tc.timeout); got != tc.want {
			t.Errorf("%s with %s: %s", tc.dsn, tc.timeout, got)
		}
	}
}

func TestMalformedDSN(t *testing.T) {
	token := Options{Token: func(context.Context) (string, error) { return "", errors.New("none") }}
	for _, tc := range []struct {
		dsn     string
		options Options
	}{
		{"", Options{}}, {"secret", Options{}}, {"postgres://u:secret@h/db", Options{}},
		{"sqlserver://u:secret@h:port", Options{}}, {"sqlserver://u:sec%ret@h", Options{}},
		{"sqlserver://u:secret@h?encrypt=secret", Options{}}, {"sqlserver://u:secret@h?port=secret", Options{}},
		{"sqlserver://u:secret@h?certificate=/no/secret.pem", Options{}}, {"sqlserver://u:secret@h?encrypt=true&Encrypt=false", Options{}},
		{"odbc:server={secret", Options{}}, {"user id=u;password=secret", Options{}},
		{"sqlserver://u:secret@h?fedauth=secret", Options{}}, {"sqlserver://h?fedauth=ActiveDirectoryServicePrincipal", Options{}},
		{"sqlserver://h?fedauth=ActiveDirectoryDefault", token}, {"sqlserver://u:secret@h?applicationintent=ReadOnly", Options{}},
	} {
		_, err := NewOpener(tc.options)(connectors.Config{Shard: "br-1", DSN: tc.dsn})
		var e *connectors.Error
		if !errors.As(err, &e) || e.Class != connectors.ClassConfig || e.Shard != "br-1" {
			t.Errorf("%q: %v", tc.dsn, err)
			continue
		}
		for cause := err; cause != nil; cause = errors.Unwrap(cause) {
			if strings.Contains(cause.Error(), "secret") {
				t.Errorf("%q: the error shows it: %v", tc.dsn, cause)
			}
		}
	}
}

func TestGoodDSN(t *testing.T) {
	for _, dsn := range []string{
		"sqlserver://h?fedauth=ActiveDirectoryDefault&database=d", "sqlserver://id@tenant:pw@h?fedauth=ActiveDirectoryServicePrincipal",
		"server=h;fedauth=ActiveDirectoryManagedIdentity", "sqlserver://h/instance",
	} {
		c, err := Open(connectors.Config{Shard: "br-1", DSN: dsn})
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
			continue
		}
		if n := c.(connectors.Pooled).MaxConns(); n != defaultMaxConns {
			t.Errorf("%d connections", n)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
