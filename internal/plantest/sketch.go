package plantest

import "fmt"

// beta14 are the coefficients of LogLog-Beta at precision 14.
var beta14 = []string{"-0.371009760230692", "0.00978811941207509", "0.185796293324165", "0.203015527328432", "-0.116710521803686", "0.0431106699492820", "-0.00599583540511831", "0.000449704299509437"}

// SketchDDL gives a PostgreSQL database the functions of stored sketches that Atoll has and PostgreSQL has not; of sketches of precision
// 14 with few registers only.
func SketchDDL() []string {
	beta := beta14[0] + " * z"
	for i, c := range beta14[1:] {
		beta += fmt.Sprintf(" + %s * power(ln(z + 1), %d)", c, i+1)
	}
	return []string{
		"CREATE FUNCTION hll_error(s bytea) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT AS $f$ SELECT 1.04 / sqrt(power(2::float8, get_byte(s, 4))) $f$",
		"CREATE FUNCTION hll_estimate(s bytea) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT AS $f$ " +
			"SELECT floor(0.5 + 0.7213 / (1 + 1.079 / 16384) * 16384 * (16384 - z) / (z + ranks + " + beta + "))::bigint " +
			"FROM (SELECT (16384 - count(*))::float8, coalesce(sum(power(2::float8, -(get_byte(s, at) & 63))), 0) " +
			"FROM generate_series(18, length(s) - 1, 3) AS at) AS r (z, ranks) $f$",
	}
}
