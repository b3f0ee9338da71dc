package audit

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
)

// ParsePrivateKey reads an Ed25519 key: PEM as OpenSSL writes it (PKCS #8), or its seed of 32 bytes in hexadecimal or base64. Errors do not quote the text.
func ParsePrivateKey(text string) (ed25519.PrivateKey, error) {
	text = strings.TrimSpace(text)
	if block, _ := pem.Decode([]byte(text)); block != nil {
		if parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if key, ok := parsed.(ed25519.PrivateKey); ok {
				return key, nil
			}
		}
		return nil, errors.New("not an Ed25519 private key in PKCS #8: make one with openssl genpkey -algorithm ed25519")
	}
	seed, ok := rawBytes(text, ed25519.SeedSize)
	if !ok {
		return nil, errors.New("not an Ed25519 private key: give PEM, or the seed of 32 bytes in hexadecimal or base64; openssl genpkey -algorithm ed25519 makes one")
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// ParsePublicKey reads an Ed25519 public key: PEM, or 32 bytes in hexadecimal or base64.
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	text = strings.TrimSpace(text)
	if block, _ := pem.Decode([]byte(text)); block != nil {
		if block.Type != "PUBLIC KEY" {
			return nil, errors.New("not a public key, but " + block.Type + ": openssl pkey -pubout writes it")
		}
		if parsed, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
			if key, ok := parsed.(ed25519.PublicKey); ok {
				return key, nil
			}
		}
		return nil, errors.New("not an Ed25519 public key")
	}
	key, ok := rawBytes(text, ed25519.PublicKeySize)
	if !ok {
		return nil, errors.New("not an Ed25519 public key: give PEM, or 32 bytes in hexadecimal or base64")
	}
	return ed25519.PublicKey(key), nil
}

// rawBytes decodes n bytes in hexadecimal or any common base64.
func rawBytes(text string, n int) ([]byte, bool) {
	if b, err := hex.DecodeString(text); err == nil && len(b) == n {
		return b, true
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if b, err := enc.DecodeString(text); err == nil && len(b) == n {
			return b, true
		}
	}
	return nil, false
}
