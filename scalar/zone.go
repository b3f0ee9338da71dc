package scalar

import (
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // machines without a zone database

	"github.com/apache/arrow/go/v17/arrow"
)

var (
	errZone     = fail("22023", "time zone not recognized: write its name in the IANA database, such as Europe/Berlin")
	errZoneForm = fail("0A000", "abbreviations and POSIX forms of time zones are not supported: write an IANA name such as Europe/Berlin, or an interval such as interval '2 hours'")
)

// zoneFunctions lists AT TIME ZONE, whose function PostgreSQL calls timezone.
func zoneFunctions() []Function {
	return []Function{
		make2("pg_timezone", kText, kTz, kTs, func() func(string, arrow.Timestamp) (arrow.Timestamp, error) {
			var z zoneCache
			return func(name string, t arrow.Timestamp) (arrow.Timestamp, error) {
				loc, err := z.find(name)
				if err != nil || infiniteStamp(t) {
					return t, err
				}
				_, offset := time.UnixMicro(int64(t)).In(loc).Zone()
				return shiftStamp(t, int64(offset)*secondUs)
			}
		}),
		make2("pg_timezone", kText, kTs, kTz, func() func(string, arrow.Timestamp) (arrow.Timestamp, error) {
			var z zoneCache
			return func(name string, t arrow.Timestamp) (arrow.Timestamp, error) {
				loc, err := z.find(name)
				if err != nil || infiniteStamp(t) {
					return t, err
				}
				return shiftStamp(t, -localOffset(time.UnixMicro(int64(t)), loc)*secondUs)
			}
		}),
		fn2("pg_timezone", kIv, kTz, kTs, func(iv arrow.MonthDayNanoInterval, t arrow.Timestamp) (arrow.Timestamp, error) {
			return byInterval(iv, t, 1)
		}),
		fn2("pg_timezone", kIv, kTs, kTz, func(iv arrow.MonthDayNanoInterval, t arrow.Timestamp) (arrow.Timestamp, error) {
			return byInterval(iv, t, -1)
		}),
	}
}

const secondUs = 1_000_000

// byInterval moves by an offset east of Greenwich. PostgreSQL counts its whole seconds only.
func byInterval(iv arrow.MonthDayNanoInterval, t arrow.Timestamp, sign int64) (arrow.Timestamp, error) {
	switch {
	case infiniteStamp(t):
		return t, nil
	case iv.Months != 0 || iv.Days != 0:
		return 0, errParameter
	}
	return shiftStamp(t, sign*(iv.Nanoseconds/1e9)*secondUs)
}

func shiftStamp(t arrow.Timestamp, us int64) (arrow.Timestamp, error) {
	days, clock := splitStamp(t)
	return makeStamp(days, clock+us)
}

// localOffset is the offset in seconds that makes the local time u, written as if it were UTC, an instant of loc. A time
// that a zone skips is read with the offset before the change, one that occurs twice as the second, as PostgreSQL does.
func localOffset(u time.Time, loc *time.Location) int64 {
	const day = 24 * time.Hour // no zone is further from Greenwich
	at := u.Add(-day).In(loc)
	_, found := at.Zone()
	for {
		_, end := at.ZoneBounds()
		if end.IsZero() || end.After(u.Add(day)) {
			return int64(found)
		}
		at = end.In(loc)
		if _, next := at.Zone(); !u.Before(end.Add(time.Duration(next) * time.Second)) {
			found = next // its segment has begun by the local clock
		} else {
			return int64(found)
		}
	}
}

// zoneCache remembers the zone of the row before.
type zoneCache struct {
	name string
	loc  *time.Location
}

func (z *zoneCache) find(name string) (*time.Location, error) {
	if z.loc != nil && z.name == name {
		return z.loc, nil
	}
	loc, err := loadZone(name)
	if err != nil {
		return nil, err
	}
	z.name, z.loc = strings.Clone(name), loc
	return loc, nil
}

// zones holds the locations that were found, by lower-case name.
var zones sync.Map

// loadZone finds a zone by its IANA name, in any case of letters as PostgreSQL does. Of the names without a region many
// are abbreviations to PostgreSQL (CET is one hour all year): only those of UTC are taken.
func loadZone(name string) (*time.Location, error) {
	lower := strings.ToLower(name)
	switch lower {
	case "utc", "gmt", "z", "zulu", "uct":
		return time.UTC, nil
	}
	if loc, ok := zones.Load(lower); ok {
		return loc.(*time.Location), nil
	}
	if !strings.Contains(lower, "/") {
		return nil, errZoneForm
	}
	for _, spelled := range []string{name, titled(lower)} {
		if loc, err := time.LoadLocation(spelled); err == nil {
			zones.Store(lower, loc)
			return loc, nil
		}
	}
	return nil, errZone
}

// titled spells a name as the database mostly does: America/Port_of_Spain, America/Argentina/Buenos_Aires.
func titled(lower string) string {
	if rest, ok := strings.CutPrefix(lower, "etc/"); ok {
		return "Etc/" + strings.ToUpper(rest)
	}
	b := []byte(lower)
	start := true
	for i, c := range b {
		if start && c >= 'a' && c <= 'z' && !isLink(lower[i:]) {
			b[i] = c - 'a' + 'A'
		}
		start = c == '/' || c == '_' || c == '-'
	}
	return string(b)
}

// isLink reports that a word within a name is written small.
func isLink(rest string) bool {
	for _, w := range []string{"of_", "es_", "au-"} {
		if strings.HasPrefix(rest, w) {
			return true
		}
	}
	return false
}
