package engine

import (
	"math"
	"math/big"
	"time"
)

const day = 24 * time.Hour

var (
	dayOne   = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	base1900 = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	first    = map[Kind]time.Time{DateTime: time.Date(1753, 1, 1, 0, 0, 0, 0, time.UTC), SmallDateTime: base1900}
	after    = map[Kind]time.Time{DateTime: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), SmallDateTime: time.Date(2079, 6, 7, 0, 0, 0, 0, time.UTC)}
)

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// local is t's wall clock as a time in UTC.
func local(t time.Time) time.Time { return midnight(t).Add(clock(t)) }

func clock(t time.Time) time.Duration {
	h, m, s := t.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(t.Nanosecond())
}

// daysBetween counts days; a Duration would not hold all years.
func daysBetween(from, to time.Time) int64 { return (to.Unix() - from.Unix()) / 86400 }

// daysSince1900 is what a datetime is as a number.
func daysSince1900(t time.Time) float64 {
	days, ticks := datetimeParts(t)
	return float64(days) + float64(ticks)/(300*86400)
}

// datetimeParts are the stored parts of a datetime: days since 1900 and 1/300 seconds since midnight.
func datetimeParts(t time.Time) (days, ticks int64) {
	days = int64(math.Floor(float64(t.Unix()-base1900.Unix()) / 86400))
	ticks = (int64(clock(t))*3 + 5_000_000) / 10_000_000
	if ticks == 300*86400 {
		return days + 1, 0
	}
	return days, ticks
}

// datetimeOf is the value of the stored parts, with the 100 ns digits that a tick has when it becomes datetime2.
func datetimeOf(days, ticks int64) time.Time {
	return base1900.AddDate(0, 0, int(days)).Add(time.Duration((ticks*100_000+1)/3) * 100)
}

// roundTo rounds to scale digits of a second, half up.
func roundTo(d time.Duration, scale int) time.Duration {
	unit := time.Duration(pow10(9 - scale).Int64())
	return (d + unit/2) / unit * unit
}

func truncateTo(d time.Duration, scale int) time.Duration {
	unit := time.Duration(pow10(9 - scale).Int64())
	return d / unit * unit
}

// toTemporal is the conversion to date and time types.
func toTemporal(v Value, from, to Type, style int) (Value, *Error) {
	switch v := v.(type) {
	case String16:
		m, err := parseMoment(v, from, to, style)
		if err != nil {
			return nil, err
		}
		return temporalOf(m, from, to)
	case time.Time:
		return temporalOf(v, from, to)
	case time.Duration:
		if to.Kind == Time {
			return roundTo(v, to.Scale) % day, nil
		}
		return temporalOf(base1900.Add(v), from, to)
	case []byte:
		return datetimeOfBytes(v, from, to)
	}
	return datetimeOfNumber(v, from, to)
}

// temporalOf is t, whose zone is that of a datetimeoffset or UTC, as a type. The offset is dropped, not applied, where
// the type has none.
func temporalOf(t time.Time, from, to Type) (Value, *Error) {
	switch to.Kind {
	case Date:
		return midnight(t), nil
	case Time:
		return roundTo(clock(t), to.Scale) % day, nil
	case DateTimeOffset:
		rounded := midnight(t).Add(roundTo(clock(t), to.Scale))
		_, offset := t.Zone()
		out := rounded.Add(-time.Duration(offset) * time.Second).In(t.Location())
		return out, inRange(local(out), from, to)
	case DateTime2:
		out := midnight(t).Add(roundTo(clock(t), to.Scale))
		return out, inRange(out, from, to)
	}
	t = local(t)
	out := datetimeOf(datetimeParts(t))
	if to.Kind == SmallDateTime {
		out = midnight(out).Add((clock(out) + 30*time.Second) / time.Minute * time.Minute)
	}
	if out.Before(first[to.Kind]) || !out.Before(after[to.Kind]) {
		return nil, outOfRange(from, to)
	}
	return out, nil
}

func inRange(t time.Time, from, to Type) *Error {
	if t.Year() < 1 || t.Year() > 9999 {
		return overflow(TypeName(from), to)
	}
	return nil
}

func outOfRange(from, to Type) *Error {
	return valueError(242, "The conversion of a %s data type to a %s data type resulted in an out-of-range value.", TypeName(from), TypeName(to))
}

// datetimeOfNumber counts days since 1900.
func datetimeOfNumber(v Value, from, to Type) (Value, *Error) {
	if !isOldTime(to.Kind) {
		return nil, notServed("conversion from %s to %s", TypeName(from), TypeName(to))
	}
	var days *big.Rat
	switch v := v.(type) {
	case bool:
		days = new(big.Rat).SetInt64(bitOf(v))
	case int64:
		days = new(big.Rat).SetInt64(v)
	case Dec:
		days = new(big.Rat).SetFrac(v.Unscaled, pow10(v.Scale))
	case float64, float32:
		days = new(big.Rat).SetFloat64(floatOf(v))
	}
	if days == nil {
		return nil, notServed("conversion from %s to %s", TypeName(from), TypeName(to))
	}
	ticks := new(big.Int).Mul(days.Num(), big.NewInt(2*300*86400))
	ticks.Add(ticks, days.Denom()).Div(ticks, new(big.Int).Mul(days.Denom(), bigTwo)) // rounded, half up
	whole, rest := new(big.Int).DivMod(ticks, big.NewInt(300*86400), new(big.Int))
	if !whole.IsInt64() || whole.Int64() < -53690 || whole.Int64() > 2958463 {
		return nil, overflow("expression", to)
	}
	return temporalOf(datetimeOf(whole.Int64(), rest.Int64()), from, to)
}

// datetimeOfBytes reads the stored form of datetime.
func datetimeOfBytes(b []byte, from, to Type) (Value, *Error) {
	if to.Kind != DateTime {
		return nil, notServed("conversion from %s to %s", TypeName(from), TypeName(to))
	}
	n := integerOfBytes(b, Type{Kind: BigInt})
	if ticks := int64(uint32(n)); ticks < 300*86400 {
		return temporalOf(datetimeOf(n>>32, ticks), from, to)
	}
	return nil, valueError(210, "Conversion failed when converting datetime from binary/varbinary string.")
}

// AtTimeZoneType is the type of x AT TIME ZONE zone.
func AtTimeZoneType(t Type) (Type, *Error) {
	if t.Kind != DateTime && t.Kind != SmallDateTime && t.Kind != DateTime2 && t.Kind != DateTimeOffset {
		return Type{}, badArgument(t, 1, "AT TIME ZONE")
	}
	return Type{Kind: DateTimeOffset, Scale: fractionDigits(t)}, nil
}

// AtTimeZone serves the zone UTC only; every other name is error 9820.
func AtTimeZone(v Value, t Type, zone String16) (Value, *Error) {
	if !lowerEqual(zone, "utc") {
		return nil, valueError(9820, "The time zone parameter '%s' provided to AT TIME ZONE clause is invalid.", zone)
	}
	if v == nil {
		return nil, nil
	}
	return v.(time.Time).UTC(), nil
}

func lowerEqual(s String16, lower string) bool { return lowerASCII(s.String()) == lower }
