package etcd

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/internal/etcdtest"
)

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certificate, key := selfSigned(t, dir)
	server := etcdtest.Start(t, "--cert-file="+certificate, "--key-file="+key, "--client-cert-auth", "--trusted-ca-file="+certificate)
	cfg, err := TLS(certificate, certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	o := at(server)
	o.TLS = cfg
	s := open(t, o)
	swap(t, s, 1)
	holds(t, s, 1)
	for name, files := range map[string][3]string{
		"no certificate of ours": {certificate},
		"unknown authority":      {"", certificate, key},
	} {
		cfg, err := TLS(files[0], files[1], files[2])
		if err != nil {
			t.Fatal(err)
		}
		o := at(server)
		o.TLS, o.Timeout = cfg, time.Second
		if doc, err := open(t, o).Load(t.Context()); err == nil {
			t.Errorf("%s: read version %d", name, doc.Version)
		}
	}
	none := filepath.Join(dir, "none")
	for _, files := range [][3]string{{none}, {key}, {"", certificate, none}, {"", certificate}} {
		if _, err := TLS(files[0], files[1], files[2]); err == nil {
			t.Errorf("%v made a configuration", files)
		}
	}
}

// selfSigned makes a certificate that signs itself, for the loopback interface and both sides.
func selfSigned(t *testing.T, dir string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "atoll"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, bytes []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", secret)
}
