package atoll

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/internal/querygen"
)

// chainSecret is the secret of the chain's policies, in hexadecimal digits.
const chainSecret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// chainSketch are a rule's terms of sketches.
type chainSketch struct {
	groupBy        []string // nil beside aggregates: theirs
	min, precision int
	keyed          bool
}

func newChainSketch(r *rand.Rand, groupBy []string) *chainSketch {
	return &chainSketch{groupBy: groupBy, min: 1 + r.IntN(12), precision: choice1(r, 14, 14, 14, 9, 4, 16), keyed: r.IntN(3) == 0}
}

func (s *chainSketch) yaml(entity string) string {
	text := fmt.Sprintf("{kinds: [hll], entity: %s, min: %d, precision: %d, key: %s", entity, s.min, s.precision, map[bool]string{false: "none", true: "per_purpose"}[s.keyed])
	if len(s.groupBy) > 0 {
		text += fmt.Sprintf(", group_by: [%s]", strings.Join(s.groupBy, ", "))
	}
	return text + "}"
}

// keys are the columns by which there may be sketches.
func (x *chainRule) keys() []string {
	switch {
	case x.sketch == nil:
		return nil
	case x.sketch.groupBy == nil:
		return x.groupBy
	}
	return x.sketch.groupBy
}

// sketchy leaves of a taste what sketches can be made of, if there is anything.
func (p *chainPolicy) sketchy(t *querygen.Taste) {
	var of []*chainRule
	for _, x := range p.rules {
		if x.sketch != nil && slices.Contains(p.standing(x.table, "us-east-1", p.beyond("us-east-1")), x) {
			of = append(of, x)
		}
	}
	if len(of) == 0 {
		return
	}
	t.Keys, t.Arguments, t.Values, t.Functions, t.Filters = map[string][]string{}, map[string][]string{}, map[string][]string{}, map[string][]string{}, map[string][]string{}
	for _, x := range of {
		t.Keys[x.table], t.Arguments[x.table], t.Functions[x.table], t.Filters[x.table] = x.keys(), x.columns, []string{"count_distinct"}, x.filters
	}
}

// sketched makes a statement ask for a sketch in place of aggregates of a column, most of the time for nothing else.
func sketched(r *rand.Rand, q *querygen.Query) {
	p := fmt.Sprintf(", %d", choice1(r, 4, 9, 14, 15))
	form := choice1(r, "approx_count_distinct(%s)", "approx_count_distinct(%s)", "approx_count_distinct(%s"+p+")", "hll_estimate(hll_sketch(%s"+p+"))")
	of := func(e *querygen.Expr) bool { return len(e.Args) == 1 && e.Args[0].Column && e.Form != "(- %s)" }
	var items []querygen.Item
	first := true
	alone := r.IntN(4) > 0
	for _, it := range q.Items {
		switch {
		case it.Expr.Column:
		case of(it.Expr):
			if !first && alone {
				continue
			}
			e := *it.Expr
			if e.Form, e.Kind, e.Loose = form, querygen.Int8, false; r.IntN(4) == 0 {
				e.Form = choice1(r, "hll_sketch(%s)", "hll_sketch(%s"+p+")")
			}
			it.Expr, first = &e, false
		case alone:
			continue
		}
		items = append(items, it)
	}
	if first || len(items) == 0 {
		return
	}
	q.Items, q.By, q.Having = items, nil, nil
	if q.Total == nil {
		q.Limit, q.Offset, q.Ties = -1, 0, false
	}
}

// estimates reports a statement that the oracle does not understand, or the answer of which is not its.
func (r *chainRun) estimates(sql string) bool {
	return r.approximate && strings.Contains(sql, "count(distinct") || strings.Contains(sql, "approx_") || strings.Contains(sql, "hll_")
}

// hashedCell is a value as one of the kinds of hashes: which cells of which shard have it.
type hashedCell struct {
	kind string
	cell chainCell
}

// hashes are all values of the chain by their hashes.
func (r *chainRun) hashes(ctx context.Context) (map[uint64][]hashedCell, error) {
	out := map[uint64][]hashedCell{}
	for _, t := range r.chain.tables {
		for _, s := range isles {
			for _, col := range t.columns {
				name, typ, _ := strings.Cut(col, " ")
				fast, err := r.fast(ctx, s.mark+"."+t.name, name, typ)
				if err != nil {
					return nil, err
				}
				rows := map[string][]int{}
				for n, row := range t.rows[s.shard] {
					if v, ok := row[name]; ok {
						rows[canonical(v, typ)] = append(rows[canonical(v, typ)], n)
					}
				}
				for v, list := range rows {
					cell := chainCell{t.name, name, s.shard, list}
					portable, keyed := md5.Sum([]byte(v)), hmac.New(sha256.New, purposeKey(r.p.caller.Purpose))
					keyed.Write([]byte(v))
					for kind, h := range map[string]uint64{"fast": fast[v], "portable": binary.BigEndian.Uint64(portable[:]), "keyed": binary.BigEndian.Uint64(keyed.Sum(nil))} {
						out[h] = append(out[h], hashedCell{kind, cell})
					}
				}
			}
		}
	}
	return out, nil
}

func purposeKey(purpose string) []byte {
	master, err := hex.DecodeString(chainSecret)
	if err != nil {
		panic(err)
	}
	h := hmac.New(sha256.New, master)
	h.Write([]byte("atoll pseudonym\x00" + purpose))
	return h.Sum(nil)
}

// canonical are the bytes of a value that are hashed.
func canonical(v, typ string) string {
	switch {
	case strings.HasPrefix(typ, "numeric") && strings.Contains(v, "."):
		return strings.TrimSuffix(strings.TrimRight(v, "0"), ".")
	case typ == "boolean":
		return map[string]string{"true": "1", "false": "0"}[v]
	case typ == "date":
		d, err := time.Parse(time.DateOnly, v)
		if err != nil {
			panic(err)
		}
		days := d.Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour)
		return string(binary.BigEndian.AppendUint32(nil, uint32(int32(days))))
	}
	return v
}

// fast are the hashes that PostgreSQL itself makes of a column's values.
func (r *chainRun) fast(ctx context.Context, table, column, typ string) (map[string]uint64, error) {
	hash := fmt.Sprintf("hashtextextended(%s COLLATE \"C\", 0)", column)
	switch {
	case typ == "date":
		hash = fmt.Sprintf("hashtextextended(encode(date_send(%s), 'hex'), 0)", column)
	case typ == "boolean":
		hash = fmt.Sprintf("hashint4extended(0, %s::int4::int8)", column)
	case strings.HasPrefix(typ, "numeric"):
		hash = fmt.Sprintf("hashint4extended(0, hash_numeric_extended(%s, CASE WHEN %s < 0 THEN 1 ELSE 0 END))", column, column)
	case typ != "text":
		hash = fmt.Sprintf("hashint4extended(0, %s::int8)", column)
	}
	a, err := logictest.FromPostgres(ctx, r.oracle, fmt.Sprintf("SELECT DISTINCT %s::text AS v, %s AS h FROM %s WHERE %s IS NOT NULL", column, hash, table, column), nil)
	if err != nil {
		return nil, err
	}
	out := map[string]uint64{}
	for _, row := range a.Rows {
		var h int64
		if _, err := fmt.Sscan(row[1].Text, &h); err != nil {
			return nil, err
		}
		out[canonical(row[0].Text, typ)] = uint64(h)
	}
	return out, nil
}

// registers judges what went over borders of sketches: each must be of a column of which a rule lets sketches out, or rows.
func (r *chainRun) registers(ctx context.Context, seen []*sighting) *violation {
	var known map[uint64][]hashedCell
	for _, s := range seen {
		to := r.p.beyond(regionOf(s.shard))
		if len(to) == 0 {
			continue
		}
		for _, row := range s.rows {
			for _, cell := range row {
				packed, is := strings.CutPrefix(cell.Text, `\x`)
				if cell.Null || !is {
					continue
				}
				if known == nil {
					var err error
					if known, err = r.hashes(ctx); err != nil {
						return violated("oracle", "%v", err)
					}
				}
				r.counts["sketches"]++
				if v := r.chain.sketch(r.p, known, s, to, packed); v != nil {
					v.text += fmt.Sprintf(" in row %v of shard %s: %s", row, s.shard, s.sql)
					return v
				}
			}
		}
	}
	return nil
}

var registerMask = regexp.MustCompile(`& CAST\(-(\d+) AS BIGINT\)`)

// sketch judges one. Its hashes may be those of values of several columns: one of them must be permitted. It is of as many rows as there are at most
// whose values fall into its registers.
func (c *chain) sketch(p *chainPolicy, known map[uint64][]hashedCell, s *sighting, to []string, packed string) *violation {
	shard, mask := s.shard, uint64(0)
	if m := registerMask.FindStringSubmatch(s.sql); m != nil {
		if _, err := fmt.Sscan(m[1], &mask); err != nil {
			return violated("registers", "%v", err)
		}
	}
	mask = -mask
	bytes, err := hex.DecodeString(packed)
	if err != nil || len(bytes) == 0 || len(bytes)%8 != 0 {
		return violated("registers", "%d hexadecimal digits are no hashes: %v", len(packed), err)
	}
	var of []hashedCell // what all hashes so far may be of
	var list []uint64
	for at := 0; at < len(bytes); at += 8 {
		h := binary.BigEndian.Uint64(bytes[at:])
		var both []hashedCell
		for _, x := range known[h] {
			i := slices.IndexFunc(of, func(y hashedCell) bool {
				return y.kind == x.kind && y.cell.table == x.cell.table && y.cell.column == x.cell.column
			})
			switch {
			case x.cell.shard != shard:
			case at == 0:
				both = append(both, x)
			case i >= 0:
				both = append(both, x)
			}
		}
		of, list = both, append(list, h)
	}
	if len(of) == 0 {
		return violated("registers", "%d hashes are of no column of the shard", len(list))
	}
	for i := range of {
		of[i].cell.rows = nil
		for h, cells := range known {
			for _, x := range cells {
				if x.kind == of[i].kind && x.cell.table == of[i].cell.table && x.cell.column == of[i].cell.column && x.cell.shard == shard &&
					slices.ContainsFunc(list, func(least uint64) bool { return h&mask == least&mask }) {
					of[i].cell.rows = append(of[i].cell.rows, x.cell.rows...)
				}
			}
		}
	}
	for _, x := range of {
		if slices.ContainsFunc(p.standing(x.cell.table, regionOf(shard), to), func(rule *chainRule) bool { return c.mayLeave(p, rule, x, list, regionOf(shard), to) }) {
			return nil
		}
	}
	return violated("registers", "no rule lets out a sketch of %d hashes, %s of %s.%s of %d rows", len(list), of[0].kind, of[0].cell.table, of[0].cell.column, len(of[0].cell.rows))
}

func (c *chain) mayLeave(p *chainPolicy, rule *chainRule, x hashedCell, hashes []uint64, region string, to []string) bool {
	t := c.table(x.cell.table)
	if p.noOutput == [2]string{t.name, x.cell.column} || p.closed(t.name, x.cell.column, region, to) {
		return false
	}
	entities := map[string]bool{}
	for _, n := range x.cell.rows {
		row := t.rows[x.cell.shard][n]
		if id, ok := row[t.id]; ok && (rule.where == nil || rule.where.holds(row)) {
			entities[id] = true
		}
	}
	switch {
	case rule.form == "rows":
		return slices.Contains(rule.columns, x.cell.column)
	case rule.form == "pseudonym":
		return slices.Contains(rule.plain, x.cell.column)
	case rule.sketch == nil || !slices.Contains(rule.columns, x.cell.column) || len(entities) < rule.sketch.min:
		return false
	case rule.sketch.keyed && (x.kind != "keyed" || p.caller.Purpose == ""):
		return false
	}
	registers := map[uint64]bool{}
	for _, h := range hashes {
		registers[h>>(64-rule.sketch.precision)] = true
	}
	return len(registers) == len(hashes) // else it is finer
}
