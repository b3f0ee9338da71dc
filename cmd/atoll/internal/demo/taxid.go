package demo

import (
	"fmt"
	"math/rand/v2"
)

// Tax numbers look like those of their countries, and none is anybody's.

// germanTaxID has eleven digits; one that begins with 0 is for tests.
func germanTaxID(r *rand.Rand) string {
	return fmt.Sprintf("0%d %03d %03d %03d", 1+r.IntN(9), r.IntN(1000), r.IntN(1000), r.IntN(1000))
}

// brazilianTaxID ends in two check digits, the last of which is wrong by one.
func brazilianTaxID(r *rand.Rand) string {
	var d [11]int
	for i := range 9 {
		d[i] = r.IntN(10)
	}
	for n := 9; n < 11; n++ {
		sum := 0
		for i := range n {
			sum += d[i] * (n + 1 - i)
		}
		d[n] = sum * 10 % 11 % 10
	}
	d[10] = (d[10] + 1) % 10
	return fmt.Sprintf("%d%d%d.%d%d%d.%d%d%d-%d%d", d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10])
}

// americanTaxID begins with a number that the Social Security Administration does not give.
func americanTaxID(r *rand.Rand) string {
	return fmt.Sprintf("%d-%02d-%04d", 900+r.IntN(100), 1+r.IntN(49), 1+r.IntN(9999))
}
