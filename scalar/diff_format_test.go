package scalar

import (
	"strings"
	"testing"
)

func (g generator) numberTemplate() string {
	var b strings.Builder
	for range 1 + g.IntN(8) {
		b.WriteString(pick(g, "9", "9", "9", "0", "99", "00", "999", ".", ",", "D", "G", "FM", "S", "MI", "PL", "SG", "PR", "V", "L", "TH", "th", "x", " ", "$", `"a9"`, "B", "EEEE", "RN"))
	}
	return b.String()
}

func TestDiffNumberTemplates(t *testing.T) {
	g := newGenerator(41)
	templates := []string{"", "9", "99", "999", "9999", "0", "000", "FM999990.00", "999,999.99", "FM999,999.99", "999G999D99", "9.99", "0.99", ".99", "FM9.9", "FM0.9", "FM9.99", "FM.99", "9.9EEEE", "9.99999EEEE", "EEEE", "RN", "FMRN", "rn", "FMrn",
		"S999", "999S", "S99.9", "99.9S", "SG999", "999SG", "MI999", "999MI", "FM999MI", "PL999", "999PL", "FM999PL", "999PR", "FM999PR", "99.9PR", "99V9", "99V99", "V99", "999th", "999TH", "FM999th", "L999", "999L", `"Total: "999`, `\"999\"`, "9 9 9", "9-9",
		"B999", "B9.9", "00999.990", "FM09.90", "FM90.09", "9,9,9", "FM9,9,9", "S0999", "0999S", "SS9", "S9PL", "9.9.9", "9V9.9", "PR9", "EEEE9", "9EEEEFM", "FM9EEEE", "999999999999999999.99999999", "FM9999999999999999999999.9999999999999999999", "999D", "C99", "SP9", "fm99.00", "9.", "x9y9z", "é9", "0.000", "FM0.000", "FM000.99", "999.99S", "MI0.0", "FM9S", "99G999G999", "099G999", "0,000", "FM0,000", "PL9.9", "9.9MI", "9.9PL", "FM9.9MI"}
	for range 500 {
		templates = append(templates, g.numberTemplate())
	}
	ints := []string{"0", "1", "-1", "12", "-485", "12345", "2147483647", "-2147483648", "3999", "4000", "111", "21"}
	numerics := []string{"0", "1", "-1", "0.1", "-0.1", "485.8", "-485.8", "12.5", "0.005", "-0.004", "148500000", "1234567.891", "99.999", "999.95", "-999.95", "0.00000123", "12345678901234567890.123456789", "3.7", "10"}
	floats := append([]string{"1e20", "1e-10", "-1.5e300", "123456789.123456789", "1234567890123456", "0.3", "2.5", "3.5"}, numerics...)
	pairs := func(values []string) [][]string { return cross(values, templates) }
	inputs := []string{"", "0", "1", "-1", "12", "-485.8", "12,454.8-", "1,234,567", " 12.5", "+12", "<12>", "12-", "12+", "$12.5", "1e3", "abc", "12 34", "1.2.3", "th12", "12th", "0.001", "-.5", ".5", "x1y2z", "é5", "- 12", "12 -", "123456789012345678901234567890"}
	runDiff(t, []diffCase{
		{"pg_to_char", types(tInt4, tText), "to_char($1, $2)", pairs(ints)}, {"pg_to_char", types(tInt8, tText), "to_char($1, $2)", pairs(append(ints[:8:8], "-9223372036854775808", "9007199254740993"))},
		{"pg_to_char", types(wideType, tText), "to_char($1, $2)", pairs(numerics)}, {"pg_to_char", types(tF8, tText), "to_char($1, $2)", pairs(floats)},
		{"pg_to_char", types(tF4, tText), "to_char($1, $2)", pairs(append(numerics[:14:14], "1e20", "123456"))},
		{"pg_to_number", types(tText, tText), "to_number($1, $2)", cross(inputs, templates)},
	})
}
