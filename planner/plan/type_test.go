package plan

import "testing"

func TestParseType(t *testing.T) {
	tests := []struct{ name, want string }{
		{"int", "integer"}, {"INT4", "integer"}, {"bigint", "bigint"}, {"float8", "double precision"}, {"varchar(60)", "text"},
		{"character varying", "text"}, {"character(6)", "character"}, {"timestamp with time zone", "timestamp with time zone"},
		{"timestamp(3) without time zone", "timestamp without time zone"}, {"numeric", "numeric"}, {"numeric(15,2)", "numeric(15,2)"},
		{"decimal(5)", "numeric(5,0)"}, {"numeric(60,20)", "numeric"}, {"numeric(5,-2)", "numeric"}, {"numeric(2,5)", "numeric"},
		{"int[]", "integer[]"}, {"numeric(10,2)[]", "numeric(10,2)[]"}, {"character varying(20)[]", "text[]"}, {"int4[][]", "integer[]"},
		{"timestamp with time zone[]", "timestamp with time zone[]"},
	}
	for _, tt := range tests {
		got, err := ParseType(tt.name)
		if err != nil || got.String() != tt.want {
			t.Errorf("%s: got %v %v, want %s", tt.name, got, err, tt.want)
		}
	}
	for _, name := range []string{"", "money", "money[]", "array", "unknown[]", "bpchar[]", "numeric(a,b)", "numeric(", "unknown"} {
		if got, err := ParseType(name); err == nil {
			t.Errorf("%q is read as %v", name, got)
		}
	}
}

// TestTypesTravel: the Arrow field of every type leads back to it.
func TestTypesTravel(t *testing.T) {
	types := []Type{NumericType(15, 2), NumericType(38, 38), NumericType(38, 0), T(Numeric)}
	for k := Bool; k < Array; k++ {
		types = append(types, T(k))
		if k != Bpchar {
			types = append(types, ArrayOf(T(k)))
		}
	}
	types = append(types, ArrayOf(NumericType(10, 2)))
	for _, typ := range types {
		f := typ.Field("x")
		got, err := TypeOf(f)
		if err != nil || got != typ {
			t.Errorf("%s travels as %s and comes back as %v %v", typ, f.Type, got, err)
		}
		if f.Name != "x" || !f.Nullable {
			t.Errorf("%s: field %v", typ, f)
		}
	}
}

func TestNumericType(t *testing.T) {
	for _, tt := range []struct{ p, s, wantP, wantS int }{
		{10, 2, 10, 2}, {38, 38, 38, 38}, {39, 0, 0, 0}, {0, 0, 0, 0}, {5, 6, 0, 0}, {5, -1, 0, 0},
	} {
		got := NumericType(tt.p, tt.s)
		if got.Precision != tt.wantP || got.Scale != tt.wantS || got.Wide() != (tt.wantP == 0) {
			t.Errorf("numeric(%d,%d) is %v", tt.p, tt.s, got)
		}
	}
}
