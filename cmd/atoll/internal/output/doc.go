// Package output writes a stream of Arrow record batches in the formats of `atoll query --format`.
//
// # How values read
//
// The text of a value is the same in table, CSV and JSON; [newCells] is the one place that decides it.
//
//   - integers and decimals in plain notation: numeric(p,s) with exactly s fraction digits, a numeric without a
//     declared scale without trailing zeros
//   - floats with the fewest digits that read back to the same value, as PostgreSQL prints them (1e+15, 1e-05,
//     NaN, Infinity, -Infinity)
//   - ISO 8601 for dates and times: 2026-01-31, 2026-01-31T12:00:00.5 for timestamp, 2026-01-31T12:00:00.5Z for
//     timestamptz, 12:00:00.5 for time; years outside 0000–9999 carry a sign (year 0000 is 1 BC, -0043 is 44 BC);
//     infinity and -infinity by name; no fraction where it is zero
//   - intervals as ISO 8601 durations, spelled as PostgreSQL spells them with intervalstyle iso_8601: P1Y2M3DT4H5M6.5S
//   - booleans as true and false; bytea as \x and hexadecimal digits; uuid in its canonical form
//
// # The formats
//
// Table pads columns to the widest value among the first rows and aligns numbers to the right. NULL stands for a
// missing value. Control and formatting characters are escaped (\n, \x1b, \u202e), so data cannot drive a terminal.
//
// CSV is RFC 4180: a header row, lines end with CR LF. NULL is an empty unquoted field, the empty string is "".
// A row of one NULL in a single-column result is therefore an empty line, which some readers skip.
//
// JSON is one array of objects, NDJSON one object per line, with the values PostgreSQL's row_to_json would write:
// numbers verbatim with all their digits (a reader that holds numbers as doubles loses those beyond 2^53), NaN and
// infinities as strings, json and jsonb documents embedded as they are. A column name that occurs again gets the
// suffix _2, _3, ….
//
// Arrow is the IPC stream format with the result's own schema. Parquet has row groups of at most 131,072 rows, Zstandard
// compression; intervals become text (Parquet's interval knows only milliseconds), column names are made unique as in JSON.
//
// # Incomplete output
//
// Nothing is written before the first batch or the end, so a query that fails early leaves the output empty. One that
// fails later leaves it in a state that no strict reader takes for complete: see [Writer.Abort].
package output
