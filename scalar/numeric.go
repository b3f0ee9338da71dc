package scalar

import (
	"math/big"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
)

// The limits of PostgreSQL's numeric that decide result scales.
const (
	minSigDigits    = 16   // significant digits an inexact result has at least
	maxDisplayScale = 1000 // largest scale chosen for an inexact result
	maxResultScale  = 2000 // bound of exp's exponent, a third of it
	maxWeightDigits = 131072
)

// Decimal is a finite PostgreSQL numeric: an integer over a power of ten, the power being the display
// scale (PostgreSQL's dscale), which decides the scale of quotients and roots. The zero value is 0.
// A Decimal is immutable; its methods return new ones and may be called from several goroutines.
type Decimal struct {
	coef  *big.Int // nil means 0
	scale int
}

var bigZero = new(big.Int)

// NewDecimal returns coef / 10^scale with display scale scale >= 0. It keeps a copy of coef.
func NewDecimal(coef *big.Int, scale int) Decimal {
	return Decimal{coef: new(big.Int).Set(coef), scale: scale}
}

// DecimalFromInt64 returns v with display scale 0.
func DecimalFromInt64(v int64) Decimal { return Decimal{coef: big.NewInt(v)} }

// DecimalFrom128 returns the decimal128 value n of the given scale, which becomes the display scale.
func DecimalFrom128(n decimal128.Num, scale int) Decimal {
	return Decimal{coef: n.BigInt(), scale: scale}
}

// DecimalFrom256 returns the decimal256 value n of the given scale, which becomes the display scale.
func DecimalFrom256(n decimal256.Num, scale int) Decimal {
	return Decimal{coef: n.BigInt(), scale: scale}
}

// DecimalFromWide returns a numeric held at scale 38 whose display scale was lost: the display scale becomes
// that of the value without trailing zeros, but at least hint (the declared scale, 0 if unknown).
func DecimalFromWide(n decimal256.Num, hint int) Decimal {
	d := Decimal{coef: new(big.Int)}
	d.scale = trimWide(d.coef, n)
	if hint > d.scale {
		return Decimal{coef: d.atScale(hint), scale: hint}
	}
	return d
}

func (d Decimal) int() *big.Int {
	if d.coef == nil {
		return bigZero
	}
	return d.coef
}

// Scale returns the display scale.
func (d Decimal) Scale() int { return d.scale }

// Sign returns -1, 0 or 1.
func (d Decimal) Sign() int { return d.int().Sign() }

// Cmp compares values: -1, 0 or 1. Display scales do not matter.
func (d Decimal) Cmp(e Decimal) int {
	s := max(d.scale, e.scale)
	return d.atScale(s).Cmp(e.atScale(s))
}

// atScale returns the unscaled integer at a scale, rounded half away from zero if digits are lost. The
// result may share memory with d.
func (d Decimal) atScale(scale int) *big.Int {
	switch {
	case scale == d.scale:
		return d.int()
	case scale > d.scale:
		return new(big.Int).Mul(d.int(), pow10(scale-d.scale))
	}
	var w scratch
	z := new(big.Int)
	w.divRound(z, d.int(), pow10(d.scale-scale))
	return z
}

// Wide returns the unscaled integer at scale 38. More than 38 integer digits, or non-zero digits beyond the
// 38th fraction digit, are error 22003.
func (d Decimal) Wide() (decimal256.Num, error) {
	var w scratch
	return w.toWide(d.int(), d.scale)
}

// Decimal128 rounds to scale as a cast to numeric(prec, scale) does, and returns the unscaled integer.
// A value that needs more than prec digits is error 22003. prec is at most 38.
func (d Decimal) Decimal128(prec, scale int) (decimal128.Num, error) {
	v := d.atScale(scale)
	if v.CmpAbs(pow10(prec)) >= 0 {
		return decimal128.Num{}, errRange
	}
	return decimal128.FromBigInt(v), nil
}

// trimmed returns the same value with the smallest display scale that holds it.
func (d Decimal) trimmed() Decimal {
	c, s := d.int(), d.scale
	q, r := new(big.Int), new(big.Int)
	for s > 0 {
		if q.QuoRem(c, pow10(1), r); r.Sign() != 0 {
			break
		}
		c, s, q = q, s-1, new(big.Int)
	}
	return Decimal{coef: c, scale: s}
}
