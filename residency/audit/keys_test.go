package audit

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	key := testKey(1)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	for _, text := range []string{private, hex.EncodeToString(key.Seed()), base64.StdEncoding.EncodeToString(key.Seed()) + "\n", base64.RawURLEncoding.EncodeToString(key.Seed())} {
		if got, err := ParsePrivateKey(text); err != nil || !got.Equal(key) {
			t.Error(err)
		}
	}
	if der, err = x509.MarshalPKIXPublicKey(publicKey(key)); err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	for _, text := range []string{public, hex.EncodeToString(publicKey(key))} {
		if got, err := ParsePublicKey(text); err != nil || !got.Equal(publicKey(key)) {
			t.Error(err)
		}
	}
	for _, text := range []string{"", "s3cret", strings.Repeat("a", 63), public[:60]} {
		if _, err := ParsePrivateKey(text); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Error(text, err)
		}
	}
	for _, text := range []string{"", "zz", private} {
		if _, err := ParsePublicKey(text); err == nil {
			t.Error("taken:", text)
		}
	}
}

func TestCheckpointSignatures(t *testing.T) {
	c := Checkpoint{Log: "l", Region: eu, Sequence: 4, Head: "h", Time: noon, Reason: CheckpointHead}
	if err := c.Check(publicKey(testKey(1))); err != ErrUnsigned {
		t.Error(err)
	}
	c.sign(testKey(1))
	if err := c.Check(publicKey(testKey(2)), publicKey(testKey(1))); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Checkpoint){
		"log": func(c *Checkpoint) { c.Log = "m" }, "region": func(c *Checkpoint) { c.Region = us }, "sequence": func(c *Checkpoint) { c.Sequence++ },
		"head": func(c *Checkpoint) { c.Head = "i" }, "time": func(c *Checkpoint) { c.Time = c.Time.Add(1000) }, "reason": func(c *Checkpoint) { c.Reason = CheckpointClose },
		"signature": func(c *Checkpoint) { c.Signature = "x" }, "key": func(c *Checkpoint) { c.Key = KeyID(publicKey(testKey(2))) },
		"log and region": func(c *Checkpoint) { c.Log, c.Region = "l\n"+eu, "" },
	} {
		changed := c
		change(&changed)
		if err := changed.Check([]ed25519.PublicKey{publicKey(testKey(1)), publicKey(testKey(2))}...); err == nil {
			t.Errorf("%s is not covered", name)
		}
	}
}
