package scalar

import "strings"

// unit is a field of dates and intervals.
type unit int

const (
	uNone unit = iota
	uMicrosecond
	uMillisecond
	uSecond
	uMinute
	uHour
	uDay
	uWeek
	uMonth
	uQuarter
	uYear
	uDecade
	uCentury
	uMillennium
	uZone
	uZoneHour
	uZoneMinute
	uEpoch
	uDow
	uDoy
	uIsoDow
	uIsoYear
	uJulian
)

// unitNames maps the names of units; PostgreSQL compares their first ten characters only.
var unitNames = func() map[string]unit {
	m := map[string]unit{}
	for u, names := range map[unit]string{
		uMicrosecond: "us usec usecs useconds usecond microsecon", uMillisecond: "ms msec msecs msecond mseconds millisecon",
		uSecond: "s sec secs second seconds", uMinute: "m min mins minute minutes", uHour: "h hr hrs hour hours", uDay: "d day days",
		uWeek: "w week weeks", uMonth: "mon mons month months", uQuarter: "qtr quarter", uYear: "y yr yrs year years",
		uDecade: "dec decs decade decades", uCentury: "c cent century centuries", uMillennium: "mil mils millennia millennium",
		uZone: "timezone", uZoneHour: "timezone_h", uZoneMinute: "timezone_m",
	} {
		for _, name := range strings.Fields(names) {
			m[name] = u
		}
	}
	return m
}()

func unitOf(name string) unit { return unitNames[name[:min(len(name), 10)]] }
