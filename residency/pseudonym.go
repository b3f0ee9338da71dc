package residency

import (
	"crypto/hmac"
	"crypto/sha256"
)

// PseudonymKey derives from the policy's secret the key under which pseudonym(x) is computed for a purpose: HMAC-SHA-256 of
// "atoll pseudonym\x00" and the purpose, 32 bytes. Pseudonyms of one purpose can be joined across regions; those of two cannot, nor does one
// purpose's key tell another's. Queries without a purpose share that of "". An empty secret has no key: nil, which permits no pseudonym.
func PseudonymKey(master []byte, purpose string) []byte {
	if len(master) == 0 {
		return nil
	}
	h := hmac.New(sha256.New, master)
	h.Write([]byte("atoll pseudonym\x00" + purpose))
	return h.Sum(nil)
}
