package mssql

import (
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// The calendar of the server's types, in days and in microseconds of Unix time.
const (
	firstDay, lastDay       = -719162, 2932896 // 0001-01-01, 9999-12-31
	dayMicros               = daySeconds * 1_000_000
	firstMoment, lastMoment = firstDay * dayMicros, (lastDay+1)*dayMicros - 1
	firstDatetime           = -79257 * dayMicros // 1753-01-01
	firstSmall, lastSmall   = -25567 * dayMicros, 39969*dayMicros - 1
)

// fromMoment writes dates, times and timestamps.
func (c *outgoing) fromMoment() bool {
	switch values := c.array.(type) {
	case *array.Date32:
		c.put = func(b []byte, i int) ([]byte, error) {
			day := int64(values.Value(i))
			if day < firstDay || day > lastDay {
				return b, c.refuse("22008", "an infinite date, or one of a year before 1 or after 9999, is no value of")
			}
			return plain(b, time.Unix(day*daySeconds, 0).UTC().Format(time.DateOnly)), nil
		}
		return c.to.typ == "date"
	case *array.Time64:
		c.put = func(b []byte, i int) ([]byte, error) {
			at := int64(values.Value(i))
			if at < 0 || at >= dayMicros {
				return b, c.refuse("22008", "24:00:00 is no value of")
			}
			return c.moment(b, at, "15:04:05.000000")
		}
		return c.to.typ == "time" && c.field.Type.(*arrow.Time64Type).Unit == arrow.Microsecond
	case *array.Timestamp:
		t := c.field.Type.(*arrow.TimestampType)
		format, low, high, ok := timestampForm(c.to.typ, t.TimeZone != "")
		c.put = func(b []byte, i int) ([]byte, error) {
			at := int64(values.Value(i))
			if at < low || at > high {
				return b, c.refuse("22008", "an infinite timestamp, or one beyond the calendar, is no value of")
			}
			return c.moment(b, at, format)
		}
		return ok && t.Unit == arrow.Microsecond
	}
	return false
}

// timestampForm is the form of a timestamp's text that the type reads whatever the session's language, and the type's bounds.
func timestampForm(typ string, zoned bool) (format string, low, high int64, ok bool) {
	switch {
	case zoned:
		return "2006-01-02 15:04:05.000000 +00:00", firstMoment, lastMoment, typ == "datetimeoffset"
	case typ == "datetime":
		return "2006-01-02T15:04:05.000", firstDatetime, lastMoment, true
	case typ == "smalldatetime":
		return "2006-01-02T15:04:05", firstSmall, lastSmall, true
	}
	return "2006-01-02T15:04:05.000000", firstMoment, lastMoment, typ == "datetime2"
}

// moment writes microseconds of Unix time, if the column has nothing to round.
func (c *outgoing) moment(b []byte, at int64, format string) ([]byte, error) {
	if !c.holdsMicros(at) {
		return b, c.refuse("22008", "a time is finer than")
	}
	return plain(b, time.UnixMicro(at).UTC().Format(format)), nil
}

// holdsMicros reports whether the column keeps the fraction of a moment. Of a datetime's ticks of 1/300 s the milliseconds are what is read.
func (c *outgoing) holdsMicros(at int64) bool {
	switch c.to.typ {
	case "smalldatetime":
		return at%60_000_000 == 0
	case "datetime":
		last := (at / 1000) % 10
		if last < 0 {
			last += 10
		}
		return at%1000 == 0 && (last == 0 || last == 3 || last == 7)
	}
	unit := int64(1)
	for range 6 - min(c.to.scale, 6) {
		unit *= 10
	}
	return at%unit == 0
}
