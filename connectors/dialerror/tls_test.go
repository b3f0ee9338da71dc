package dialerror

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTLS goes by errors as the standard library and the drivers make them.
func TestTLS(t *testing.T) {
	cert := &x509.Certificate{DNSNames: []string{"db.example.com"}, NotAfter: time.Unix(1e9, 0)}
	for _, c := range []struct {
		err     error
		text    string // a part of it; "" where it is no fault of TLS
		lasting bool
	}{
		{x509.UnknownAuthorityError{}, "authority that is not known here: name the authority's own certificate in its DSN (sslrootcert)", true},
		{x509.HostnameError{Certificate: cert, Host: "10.0.0.1"}, "for another host name", true},
		{x509.CertificateInvalidError{Cert: cert, Reason: x509.Expired, Detail: "current time 2030-01-02T00:00:00Z is after 2030-01-01T00:00:00Z"}, "expired at 2030-01-01T00:00:00Z, and the coordinator's clock says 2030-01-02T00:00:00Z", true},
		{x509.CertificateInvalidError{Cert: cert, Reason: x509.Expired, Detail: "current time 2030-01-01T00:00:00Z is before 2030-01-02T00:00:00Z"}, "is not valid before 2030-01-02T00:00:00Z", true},
		{x509.CertificateInvalidError{Cert: cert, Reason: x509.IncompatibleUsage}, "cannot be accepted", true},
		{errors.New("tls error: server refused TLS connection"), "does not offer TLS, which its DSN demands (sslmode)", true},
		{errors.New("remote error: tls: certificate required"), "sslcert, sslkey", false},
		{errors.New("tls: first record does not look like a TLS handshake"), "does not speak TLS", false},
		{errors.New("TLS Handshake failed: EOF"), "the TLS handshake failed", false},
		{errors.New("EOF"), "", false},
	} {
		for _, err := range []error{c.err, fmt.Errorf("failed to connect to host-of-secret: %w", c.err)} {
			text, lasting := TLS(err, PostgreSQL)
			if (text == "") != (c.text == "") || !strings.Contains(text, c.text) || lasting != c.lasting {
				t.Errorf("%v: %q, %v", err, text, lasting)
			}
			if strings.Contains(text, "secret") || strings.Contains(text, "example") || strings.Contains(text, "10.0.0.1") {
				t.Errorf("%v: %q names a host", err, text)
			}
		}
	}
}

// TestNetwork tells faults of the way to a server from others.
func TestNetwork(t *testing.T) {
	for _, c := range []struct {
		err             error
		network, socket string // parts of them
	}{
		{&net.DNSError{Name: "secret", IsTimeout: true}, "host name in its DSN", ""},
		{fmt.Errorf("dial: %w", syscall.ECONNREFUSED), "connection refused", ""},
		{context.DeadlineExceeded, "took too long", ""},
		{os.ErrDeadlineExceeded, "took too long", ""},
		{&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, "cannot be reached", ""},
		{syscall.ENOENT, "", "does not exist"},
		{syscall.EACCES, "", "may not be opened"},
		{errors.New("secret"), "", ""},
	} {
		for got, want := range map[string]string{Network(c.err): c.network, Socket(c.err): c.socket} {
			if (got == "") != (want == "") || !strings.Contains(got, want) {
				t.Errorf("%v: %q, want %q", c.err, got, want)
			}
		}
	}
}
