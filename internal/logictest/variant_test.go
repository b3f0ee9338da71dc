package logictest

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// drive gives a layout of three shards its drivers.
func drive(drivers ...string) Layout {
	l := testLayout(len(drivers))
	for i, d := range drivers {
		l.Shards[i].Driver = d
	}
	return l
}

func variantOf(t *testing.T, d *Dataset, l Layout) *Dataset {
	t.Helper()
	v, err := d.For(l)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDatasetForALayout(t *testing.T) {
	d := newDataset(t)
	if variantOf(t, d, drive("postgres", "duckdb", "postgres")) != d {
		t.Error("a data set that every shard holds is another")
	}
	only := variantOf(t, d, drive("sqlserver", "sqlserver", "sqlserver"))
	if only.table("edge").Has("iv") || !only.table("edge").Has("j") || only.table("events").Has("took") || !d.table("edge").Has("iv") {
		t.Error("intervals must be left out, json kept as a type that cannot be read, and the data set not changed")
	}
	// Rows with infinite dates, years BC and 24:00: 4 and 6 below 10, 14 below 20, 26 above.
	for i, want := range [][]string{{"14", "26"}, {"4", "6", "26"}, {"4", "6", "14"}} {
		drivers := []string{"postgres", "postgres", "postgres"}
		drivers[i] = "sqlserver"
		v := variantOf(t, d, drive(drivers...))
		if !v.table("edge").Has("iv") {
			t.Errorf("%v: a column that some shards have is gone", drivers)
		}
		for _, id := range []string{"4", "6", "14", "26"} {
			kept := slices.ContainsFunc(v.table("edge").Rows, func(row []Cell) bool { return row[0].Text == id })
			if kept != slices.Contains(want, id) {
				t.Errorf("%v: row %s of edge is kept: %v", drivers, id, kept)
			}
		}
	}
	if got, want := len(only.table("payments").Rows), len(d.table("payments").Rows); got != want {
		t.Errorf("%d of %d payments", got, want)
	}
	for _, row := range only.table("floats").Rows {
		if f := row[2].Text; f == "NaN" || f == "Infinity" || f == "5e-324" {
			t.Errorf("SQL Server is given the float %s", f)
		}
	}
}

func TestUnreadable(t *testing.T) {
	d := newDataset(t)
	if d.Unreadable(drive("postgres", "duckdb")) != nil {
		t.Error("PostgreSQL and DuckDB read every column")
	}
	all := d.Unreadable(drive("postgres", "sqlserver", "sqlserver"))
	took := slices.IndexFunc(all, func(u Unreadable) bool { return u.Table == "events" && u.Column == "took" })
	j := slices.IndexFunc(all, func(u Unreadable) bool { return u.Table == "edge" && u.Column == "j" })
	if took < 0 || j < 0 || len(all) != 3 || all[took].State != "42703" || all[j].State != "0A000" {
		t.Fatalf("got %v", all)
	}
	for sql, want := range map[string]bool{
		"select took from events": true, "select * from events": true, "select id,\n *\nfrom events": true, "select e.* from events e": true,
		"select count(*) from events": false, "select id from events order by id": false, "select took from payments": false,
		"select id from events where took is null": true, "select tooken from events": false,
	} {
		if all[took].touches(sql) != want {
			t.Errorf("touches(%q) must be %v", sql, want)
		}
	}
	const text = `column "took" of table "events" cannot be used: shard br-1 has no such column`
	if !all[took].refuses("42703", text) || all[took].refuses("42601", text) || all[j].refuses("42703", text) || all[took].refuses("42703", "column \"took\"") {
		t.Error("the refusal of took is misread")
	}
}

func TestMSSQLStatements(t *testing.T) {
	l := drive("sqlserver", "postgres", "sqlserver")
	l.Shards[0].Schema = "mine"
	v := variantOf(t, newDataset(t), l)
	statements, err := v.MSSQLStatements(l, "eu-1")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(statements, "\n")
	for _, want := range []string{
		`CREATE TABLE [mine].[units] ([id] bigint NOT NULL, [cooperative_id] int NOT NULL, [label] varchar(20) NULL, [area] float(53) NULL, ` +
			`[rooms] tinyint NULL, [rent] decimal(12,2) NULL, [Floor No] int NULL)`,
		`CREATE TABLE [mine].[events] ([id] bigint NOT NULL, [kind] nvarchar(20) collate Latin1_General_CS_AS NULL, [at] datetime2(7) NULL, [weight] int NULL, [tag] uniqueidentifier NULL)`,
		`[iv]`, `CAST(N'0001-01-01T00:00:00' AS datetime2(6))`, `N'O''Neil'`, ` +05:30' AS datetimeoffset(7))`,
	} {
		if strings.Contains(text, want) == (want == "[iv]") {
			t.Errorf("wrong about %s", want)
		}
	}
	if other, err := v.MSSQLStatements(l, "us-1"); err != nil || !strings.HasPrefix(other[0], "CREATE TABLE [dbo].[cooperatives]") {
		t.Errorf("%v %v", other, err)
	}
}

// TestMSSQLValuesFit: what a narrower type of SQL Server would round or refuse does not occur in its columns.
func TestMSSQLValuesFit(t *testing.T) {
	d := newDataset(t)
	for _, table := range d.Tables {
		for i, c := range table.Columns {
			native, _ := MSSQLType(table.Name, c)
			for _, row := range table.Rows {
				if text := row[i].Text; !row[i].Null && !fitsNative(native, text) {
					t.Errorf("%s.%s: %s does not hold %q", table.Name, c.Name, native, text)
				}
			}
		}
	}
}

func fitsNative(native, text string) bool {
	switch native {
	case "datetime": // milliseconds end in 0, 3 or 7
		_, frac, _ := strings.Cut(text, ".")
		return text >= "1753" && (frac == "" || len(frac) == 3 && strings.ContainsAny(frac[2:], "037"))
	case "smalldatetime":
		return text >= "1900" && text < "2079-06-07" && strings.HasSuffix(text, ":00") && !strings.Contains(text, ".")
	case "varchar(2)", "varchar(3)", "varchar(8)", "varchar(20)", "varchar(60)", "varchar(max)": // code page 1252
		return !strings.ContainsFunc(text, func(r rune) bool { return r > 0xff })
	case "tinyint":
		return text[0] != '-' && len(text) <= 3
	case "binary(4)":
		return len(text) == 10
	}
	return true
}

func TestSeries(t *testing.T) {
	for sql, want := range map[string]string{
		"a in ({{1..3: %d}})":                    "a in (1, 2, 3)",
		"a in ({{-1..1: 'x%d'}}, {{7..7: $%d}})": "a in ('x-1', 'x0', 'x1', $7)",
		"no series {{":                           "no series {{",
	} {
		if got, err := expand(sql); got != want || err != nil {
			t.Errorf("%q: %q, %v", sql, got, err)
		}
	}
	if _, err := expand("{{5..1: %d}}"); err == nil {
		t.Error("a series that ends before it begins")
	}
	if args, err := rangeArgs("3..5"); err != nil || !slices.Equal(args, []any{int64(3), int64(4), int64(5)}) {
		t.Errorf("%v, %v", args, err)
	}
}

// TestRunnerOfAVariant: an oracle with fewer rows may lack an error; what cannot be read must be refused by its name, and
// nothing else may be.
func TestRunnerOfAVariant(t *testing.T) {
	good := answer("text", "x")
	oracle := &Oracle{past: map[string]outcome{"f/answers": {answer: good}, "f/undefined": {err: stateError("42703")}}}
	gone := Unreadable{"events", "took", []string{"br-1"}, "42703"}
	refusal := namedError{stateError("42703"), `column "took" of table "e" cannot be used: shard br-1 has no such column`}
	stated := Case{File: "f", Name: "answers", SQLState: "22003", SQL: "select 1"}
	refused := Case{File: "f", Name: "answers", Refused: "22003", SQL: "select 1"}
	undefined := Case{File: "f", Name: "undefined", SQL: "select took from events"}
	touching := Case{File: "f", Name: "answers", SQL: "select took from events e"}
	for name, test := range map[string]struct {
		c       Case
		lacks   []Unreadable
		answer  Answer
		err     error
		message string
	}{
		"no error is left":      {stated, nil, good, nil, ""},
		"another answer":        {stated, nil, answer("text", "y"), nil, "no row"},
		"an error nevertheless": {stated, nil, Answer{}, stateError("22003"), "failed"},
		"refused":               {refused, nil, Answer{}, stateError("22003"), ""},
		"not refused":           {refused, nil, good, nil, ""},
		"both lack the column":  {undefined, nil, Answer{}, stateError("42703"), ""},
		"only the oracle lacks": {undefined, nil, good, nil, "want the error 42703"},
		"refused by name":       {touching, []Unreadable{gone}, Answer{}, refusal, ""},
		"refused otherwise":     {touching, []Unreadable{gone}, Answer{}, stateError("42703"), "not by the name"},
		"answered":              {touching, []Unreadable{gone}, good, nil, "although it reads"},
		"refused without cause": {Case{File: "f", Name: "answers", SQL: "select id from events"}, []Unreadable{gone}, Answer{}, refusal, "failed"},
	} {
		ask := func(context.Context, string, []any) (Answer, error) { return test.answer, test.err }
		err := Runner{Oracle: oracle, Ask: ask, Reduced: true, Unreadable: test.lacks}.check(t.Context(), test.c)
		if (err == nil) != (test.message == "") || err != nil && !strings.Contains(err.Error(), test.message) {
			t.Errorf("%s: %v, want %q", name, err, test.message)
		}
	}
}

type namedError struct {
	stateError
	text string
}

func (e namedError) Error() string { return e.text }
