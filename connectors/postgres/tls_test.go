package postgres

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// authority signs the certificates of a test's servers.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // its certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	now := time.Now()
	a := &authority{file: filepath.Join(t.TempDir(), "ca.pem"), cert: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotBefore: now.Add(-100 * time.Hour), NotAfter: now.Add(100 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}}
	var der []byte
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err == nil {
		der, err = x509.CreateCertificate(rand.Reader, a.cert, a.cert, &a.key.PublicKey, a.key)
	}
	if err == nil {
		err = os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// sign makes a certificate for a host.
func (a *authority) sign(t *testing.T, host string, from, until time.Duration) tls.Certificate {
	t.Helper()
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(until),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// encrypted puts TLS in front of a server that listens on a socket file, and returns the address. A nil config refuses TLS, as a server without it does.
func encrypted(t *testing.T, dsn string, config *tls.Config) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(u.Query().Get("host"), ".s.PGSQL."+u.Query().Get("port"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var g sync.WaitGroup
	g.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			g.Go(func() { serveTLS(c, socket, config) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		g.Wait()
	})
	return l.Addr().String()
}

func serveTLS(c net.Conn, socket string, config *tls.Config) {
	defer c.Close()
	if _, err := io.ReadFull(c, make([]byte, 8)); err != nil { // SSLRequest
		return
	}
	if config == nil {
		_, _ = c.Write([]byte{'N'})
		return
	}
	if _, err := c.Write([]byte{'S'}); err != nil {
		return
	}
	in := tls.Server(c, config)
	if in.Handshake() != nil {
		return
	}
	out, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(in, out)
		_ = in.Close()
	}()
	_, _ = io.Copy(out, in)
	_ = out.Close()
	<-done
}

// TestWrongCertificate holds that what is wrong with a server's certificate is named, with what to change, and is not tried again.
func TestWrongCertificate(t *testing.T) {
	dsn := database(t)
	known, stranger := newAuthority(t), newAuthority(t)
	now := time.Now()
	day := func(d time.Duration) string { return now.Add(d).UTC().Format("2006-01-02T15:04") }
	demanding := func(cert tls.Certificate) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAnyClientCert}
	}
	for _, c := range []struct {
		name, mode string
		config     *tls.Config
		class      connectors.Class
		saying     string
	}{
		{"good", "verify-full", &tls.Config{Certificates: []tls.Certificate{known.sign(t, "localhost", -time.Hour, time.Hour)}}, "", ""},
		{"unknown authority", "verify-full", &tls.Config{Certificates: []tls.Certificate{stranger.sign(t, "localhost", -time.Hour, time.Hour)}},
			connectors.ClassConfig, "authority that is not known|(sslrootcert)"},
		{"host name", "verify-full", &tls.Config{Certificates: []tls.Certificate{known.sign(t, "db.example", -time.Hour, time.Hour)}},
			connectors.ClassConfig, "for another host name|sslmode=verify-ca"},
		{"host name not compared", "verify-ca", &tls.Config{Certificates: []tls.Certificate{known.sign(t, "db.example", -time.Hour, time.Hour)}}, "", ""},
		{"expired", "verify-full", &tls.Config{Certificates: []tls.Certificate{known.sign(t, "localhost", -48*time.Hour, -24*time.Hour)}},
			connectors.ClassConfig, "expired at " + day(-24*time.Hour) + "|renew the certificate, or set the clock"},
		{"not valid yet", "verify-ca", &tls.Config{Certificates: []tls.Certificate{known.sign(t, "localhost", 24*time.Hour, 48*time.Hour)}},
			connectors.ClassConfig, "not valid before " + day(24*time.Hour) + "|coordinator's clock says " + day(0)[:11]},
		{"no TLS", "verify-full", nil, connectors.ClassConfig, "does not offer TLS|sslmode"},
		{"client certificate", "verify-full", demanding(known.sign(t, "localhost", -time.Hour, time.Hour)), connectors.ClassUnavailable, "certificate of the client|sslcert"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, port, err := net.SplitHostPort(encrypted(t, dsn, c.config))
			if err != nil {
				t.Fatal(err)
			}
			s := openShard(t, connectors.Config{DSN: "postgres://atoll@localhost:" + port + "/testwrongcertificate?sslmode=" + c.mode + "&sslrootcert=" + url.QueryEscape(known.file)}, nil)
			_, _, err = values(t, s, connectors.Statement{SQL: "SELECT 1::int8", Schema: oneInt})
			if c.saying == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e := asError(t, err)
			if e.Class != c.class || e.SQLState != "08001" || e.Shard != "eu-1" {
				t.Errorf("class %s: %v", e.Class, err)
			}
			for part := range strings.SplitSeq(c.saying, "|") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v does not say %q", err, part)
				}
			}
			if strings.Contains(err.Error(), "localhost") || strings.Contains(err.Error(), "db.example") {
				t.Errorf("%v names a host", err)
			}
		})
	}
}
