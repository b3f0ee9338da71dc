package engine

import (
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

var partFunctions = map[string]function{
	"DATEFROMPARTS":           {3, 3, partsType(Type{Kind: Date}, 3), evalFromParts, false},
	"DATETIMEFROMPARTS":       {7, 7, partsType(Type{Kind: DateTime}, 7), evalFromParts, false},
	"DATETIME2FROMPARTS":      {8, 8, scaledPartsType(DateTime2), evalFromParts, false},
	"TIMEFROMPARTS":           {5, 5, scaledPartsType(Time), evalFromParts, false},
	"DATETIMEOFFSETFROMPARTS": {10, 10, scaledPartsType(DateTimeOffset), evalFromParts, false},
	"SWITCHOFFSET":            {2, 2, offsetType(true), evalSwitchOffset, false},
	"TODATETIMEOFFSET":        {2, 2, offsetType(false), evalToOffset, false},
}

func partsType(t Type, n int) func(*tsql.Call, []Type) (Type, *Error) {
	return func(call *tsql.Call, args []Type) (Type, *Error) {
		for i, arg := range args[:n] {
			if !Implicit(arg, Type{Kind: Int}) {
				return t, badArgument(arg, i+1, call.Name)
			}
		}
		return t, nil
	}
}

// scaledPartsType: the last argument is the scale, which must be a constant.
func scaledPartsType(kind Kind) func(*tsql.Call, []Type) (Type, *Error) {
	return func(call *tsql.Call, args []Type) (Type, *Error) {
		scale, ok := literalInt(call, len(args)-1)
		if !ok {
			return Type{}, valueError(10760, "Scale argument is not valid. Valid expressions for data type %s scale argument are integer "+
				"constants and integer constant expressions.", TypeName(Type{Kind: kind}))
		}
		if scale > 7 {
			return Type{}, valueError(1002, "Line 1: Specified scale %d is invalid.", scale)
		}
		return partsType(Type{Kind: kind, Scale: scale}, len(args)-1)(call, args)
	}
}

// evalFromParts builds a date or time; parts that make none are error 289.
func evalFromParts(c *invocation) (Value, *Error) {
	n := make([]int64, 0, 10)
	for i := range c.args {
		v, err := c.integer(i)
		if err != nil {
			return nil, err
		}
		n = append(n, v)
	}
	wrong := valueError(289, "Cannot construct data type %s, some of the arguments have values which are not valid.", TypeName(c.result))
	date := base1900
	if c.result.Kind != Time {
		date = time.Date(int(n[0]), time.Month(n[1]), int(n[2]), 0, 0, 0, 0, time.UTC)
		if n[0] < 1 || n[0] > 9999 || n[1] != int64(date.Month()) || n[2] != int64(date.Day()) {
			return nil, wrong
		}
		n = n[3:]
	}
	if c.result.Kind == Date {
		return date, nil
	}
	digits := c.result.Scale
	if c.result.Kind == DateTime {
		digits = 3
	}
	of, ok := clockOf(n, digits)
	if !ok {
		return nil, wrong
	}
	switch c.result.Kind {
	case Time:
		return of, nil
	case DateTimeOffset:
		if n[4] < -14 || n[4] > 14 || n[5] < -59 || n[5] > 59 || n[4]*n[5] < 0 || abs(n[4]*60+n[5]) > 14*60 {
			return nil, wrong
		}
		minutes := int(n[4]*60 + n[5])
		return date.Add(of - time.Duration(minutes)*time.Minute).In(Zone(minutes)), nil
	}
	out, err := temporalOf(date.Add(of), c.result, c.result)
	if err != nil {
		return nil, wrong
	}
	return out, nil
}

func abs(n int64) int64 { return max(n, -n) }

// clockOf takes hour, minute, second and a fraction in units of the scale.
func clockOf(n []int64, scale int) (time.Duration, bool) {
	unit := pow10(9 - scale).Int64()
	if n[0] < 0 || n[0] > 23 || n[1] < 0 || n[1] > 59 || n[2] < 0 || n[2] > 59 || n[3] < 0 || n[3]*unit >= int64(time.Second) {
		return 0, false
	}
	return time.Duration(n[0])*time.Hour + time.Duration(n[1])*time.Minute + time.Duration(n[2])*time.Second + time.Duration(n[3]*unit), true
}

func offsetType(switching bool) func(*tsql.Call, []Type) (Type, *Error) {
	return func(call *tsql.Call, args []Type) (Type, *Error) {
		t := args[0]
		switch {
		case isText(t.Kind):
			t = anyMoment
		case t.Kind != DateTimeOffset && (switching || t.Kind != DateTime2) && !Implicit(t, anyMoment):
			return t, badArgument(t, 1, call.Name)
		}
		return Type{Kind: DateTimeOffset, Scale: fractionDigits(t)}, nil
	}
}

// zoneArgument is the second argument: minutes, or text as '+02:00'.
func (c *invocation) zoneArgument() (*time.Location, *Error) {
	wrong := valueError(9812, "The timezone provided to builtin function %s is invalid.", lowerASCII(c.call.Name))
	if s, ok := c.args[1].(String16); ok {
		p := momentParts{zone: time.UTC}
		text := s.String()
		if len(text) != 6 || text[0] != '+' && text[0] != '-' || text[3] != ':' || !digitsOnly(text[1:3]+text[4:]) || !p.readZone(text, false) {
			return nil, wrong
		}
		return p.zone, nil
	}
	n, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	if abs(n) > 14*60 {
		return nil, wrong
	}
	return Zone(int(n)), nil
}

// evalSwitchOffset keeps the moment and changes how it is written.
func evalSwitchOffset(c *invocation) (Value, *Error) {
	v, err := c.to(0, c.result)
	if err != nil {
		return nil, err
	}
	zone, err := c.zoneArgument()
	if err != nil {
		return nil, err
	}
	return v.(time.Time).In(zone), nil
}

// evalToOffset keeps the wall clock and gives it an offset.
func evalToOffset(c *invocation) (Value, *Error) {
	v, err := c.to(0, c.result)
	if err != nil {
		return nil, err
	}
	zone, err := c.zoneArgument()
	if err != nil {
		return nil, err
	}
	wall := local(v.(time.Time))
	_, offset := wall.In(zone).Zone()
	return wall.Add(-time.Duration(offset) * time.Second).In(zone), nil
}
