//go:build !cgo

package scalar

import "math"

// Without cgo the last bit may differ from PostgreSQL's.

func libmExp(x float64) float64      { return math.Exp(x) }
func libmLog(x float64) float64      { return math.Log(x) }
func libmLog10(x float64) float64    { return math.Log10(x) }
func libmPow(x, y float64) float64   { return math.Pow(x, y) }
func libmCbrt(x float64) float64     { return math.Cbrt(x) }
func libmSin(x float64) float64      { return math.Sin(x) }
func libmCos(x float64) float64      { return math.Cos(x) }
func libmTan(x float64) float64      { return math.Tan(x) }
func libmAsin(x float64) float64     { return math.Asin(x) }
func libmAcos(x float64) float64     { return math.Acos(x) }
func libmAtan(x float64) float64     { return math.Atan(x) }
func libmAtan2(y, x float64) float64 { return math.Atan2(y, x) }
func libmSinh(x float64) float64     { return math.Sinh(x) }
func libmCosh(x float64) float64     { return math.Cosh(x) }
func libmTanh(x float64) float64     { return math.Tanh(x) }
func libmAsinh(x float64) float64    { return math.Asinh(x) }
func libmAcosh(x float64) float64    { return math.Acosh(x) }
func libmAtanh(x float64) float64    { return math.Atanh(x) }
