package plantest

import "fmt"

// PseudonymKey is the key of pseudonym(x) in these tests.
var PseudonymKey = []byte("a key that stands in no statement")

// PseudonymDDL gives a PostgreSQL database the function that Atoll has and PostgreSQL has not, under PseudonymKey.
func PseudonymDDL() []string {
	pad := func(x byte) string {
		block := make([]byte, 64)
		copy(block, PseudonymKey)
		for i := range block {
			block[i] ^= x
		}
		return fmt.Sprintf(`'\x%x'::bytea`, block)
	}
	var out []string
	for _, t := range []string{"text", "bigint", "uuid", "date", "boolean"} {
		out = append(out, fmt.Sprintf("CREATE FUNCTION pseudonym(x %s) RETURNS text LANGUAGE sql STABLE STRICT AS $f$ "+
			"SELECT encode(sha256(%s || sha256(%s || convert_to(x::text, 'UTF8'))), 'hex') $f$", t, pad(0x5c), pad(0x36)))
	}
	return out
}
