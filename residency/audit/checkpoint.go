package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Why a checkpoint was made.
const (
	CheckpointOpen   = "open"   // the first entry of a run of the writer
	CheckpointCount  = "count"  // every so many entries
	CheckpointRotate = "rotate" // the first entry of a further file
	CheckpointClose  = "close"  // the last entry of a run that ended in order
	CheckpointHead   = "head"   // asked for, to be kept elsewhere; not an entry
)

// Checkpoint names the end of a region's log at a moment. Kept elsewhere it is an anchor: no entry up to its sequence can be altered
// or cut off without [Verify] finding it.
type Checkpoint struct {
	Log       string    `json:"log"` // the log's own name, made at its beginning
	Region    string    `json:"region"`
	Sequence  uint64    `json:"seq"`  // of the entry before; 0 at the beginning
	Head      string    `json:"head"` // that entry's hash
	Time      time.Time `json:"time"`
	Reason    string    `json:"reason"`
	Key       string    `json:"key,omitempty"`       // which key signed; see KeyID
	Signature string    `json:"signature,omitempty"` // Ed25519 over Message, in base64
}

// Message returns the bytes that are signed: a fixed first line, then log, region, sequence, head, time and reason, each on a line of its own.
func (c Checkpoint) Message() []byte {
	return []byte("atoll audit checkpoint 1\n" + c.Log + "\n" + strconv.Quote(c.Region) + "\n" + strconv.FormatUint(c.Sequence, 10) + "\n" + c.Head + "\n" +
		c.Time.UTC().Format(timeLayout) + "\n" + c.Reason + "\n")
}

// sign signs c; without a key it stays unsigned.
func (c *Checkpoint) sign(key ed25519.PrivateKey) {
	if key == nil {
		return
	}
	c.Key = KeyID(key.Public().(ed25519.PublicKey))
	c.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(key, c.Message()))
}

// ErrUnsigned is returned by Check for a checkpoint without a signature.
var ErrUnsigned = errors.New("the checkpoint is not signed")

// Check tells whether one of the keys made the signature: nil, ErrUnsigned, or an error that says what is wrong.
func (c Checkpoint) Check(keys ...ed25519.PublicKey) error {
	if c.Signature == "" {
		return ErrUnsigned
	}
	signature, err := base64.StdEncoding.DecodeString(c.Signature)
	if err != nil {
		return errors.New("the signature is not base64")
	}
	for _, k := range keys {
		if KeyID(k) == c.Key {
			if ed25519.Verify(k, c.Message(), signature) {
				return nil
			}
			return fmt.Errorf("the signature is not that of key %s over this checkpoint", c.Key)
		}
	}
	return fmt.Errorf("signed with key %s, which is not among those given", strconv.Quote(c.Key))
}

// KeyID names a public key: the first 8 bytes of its SHA-256, in hexadecimal.
func KeyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}

func (c *Checkpoint) appendJSON(b []byte) []byte {
	w := writer{b}
	w.object(func() {
		w.text("log", c.Log)
		w.text("region", c.Region)
		w.name("seq")
		w.b = strconv.AppendUint(w.b, c.Sequence, 10)
		w.text("head", c.Head)
		w.time("time", c.Time)
		w.text("reason", c.Reason)
		w.text("key", c.Key)
		w.text("signature", c.Signature)
	})
	return w.b
}
