package mssql

import (
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/tdstest"
)

// TestWrongCertificate holds that what is wrong with a server's certificate is named, with what to change, in both ways that TLS is begun in, and is not tried again.
func TestWrongCertificate(t *testing.T) {
	now := time.Now()
	valid := func(from, until time.Duration) *tdstest.Server {
		return tdstest.Start(t, tdstest.WithValidity(now.Add(from), now.Add(until)))
	}
	good, expired, early := tdstest.Start(t), valid(-48*time.Hour, -24*time.Hour), valid(24*time.Hour, 48*time.Hour)
	plain := tdstest.Start(t, tdstest.WithEncryption(tdstest.EncryptionAbsent))
	day := func(d time.Duration) string { return now.Add(d).UTC().Format("2006-01-02T15:04") }
	for _, c := range []struct {
		name   string
		srv    *tdstest.Server
		params []string
		saying string
	}{
		{"unknown authority", good, []string{"certificate", ""}, "authority that is not known|(certificate)"},
		{"host name", good, []string{"hostNameInCertificate", "db.example"}, "for another host name|hostNameInCertificate"},
		{"expired", expired, nil, "expired at " + day(-24*time.Hour) + "|renew the certificate, or set the clock"},
		{"not valid yet", early, nil, "not valid before " + day(24*time.Hour) + "|coordinator's clock says " + day(0)[:11]},
		{"no TLS", plain, []string{"encrypt", "true", "certificate", good.CertificateFile()}, "does not offer TLS|encrypt"},
	} {
		for _, mode := range []string{"true", "strict"} {
			if c.name == "no TLS" && mode == "strict" {
				continue // such a server takes the first byte for a broken packet
			}
			s := openShard(t, connectors.Config{DSN: c.srv.DSNWith(append([]string{"encrypt", mode}, c.params...)...), Shard: "br-1"})
			_, _, err := values(t, s, connectors.Statement{SQL: "SELECT CAST(1 AS bigint) AS a", Schema: oneInt})
			e := asError(t, err)
			if e.Class != connectors.ClassConfig || e.SafeToRetry() || e.SQLState != "08001" || e.Shard != "br-1" {
				t.Errorf("%s, encrypt=%s: class %s: %v", c.name, mode, e.Class, err)
			}
			for part := range strings.SplitSeq(c.saying, "|") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%s, encrypt=%s: %v does not say %q", c.name, mode, err, part)
				}
			}
			if strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), "db.example") {
				t.Errorf("%s: %v names a host", c.name, err)
			}
		}
	}
}
