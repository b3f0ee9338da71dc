package engine

import (
	"math"
	"slices"
	"sync"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// numbering is the IDENTITY of a column. All versions of its table share it: a number that was given is not given again, though the
// transaction that had it is taken back.
type numbering struct {
	seed, increment int64

	mu      sync.Mutex
	current int64
	used    bool
}

// next is the number of a new row; ok is false where numbers have run out.
func (n *numbering) next() (number int64, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.used {
		n.current, n.used = n.seed, true
		return n.current, true
	}
	if n.increment > 0 && n.current > math.MaxInt64-n.increment || n.increment < 0 && n.current < math.MinInt64-n.increment {
		return 0, false
	}
	n.current += n.increment
	return n.current, true
}

// reach makes an explicit value the current one if it lies beyond it.
func (n *numbering) reach(value int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	from := n.current
	if !n.used {
		from = n.seed
	}
	if n.increment > 0 && value >= from || n.increment < 0 && value <= from {
		n.current, n.used = value, true
	}
}

// numbered is the place of the IDENTITY column, -1 without one.
func (t *table) numbered() int {
	return slices.IndexFunc(t.columns, func(c *column) bool { return c.identity != nil })
}

// identityOf makes the IDENTITY of a new column beside those before it.
func identityOf(tableName string, def tsql.ColumnDef, typ Type, before []*column) (*numbering, error) {
	switch {
	case def.Identity == nil:
		return nil, nil
	case slices.ContainsFunc(before, func(c *column) bool { return c.identity != nil }):
		return nil, newError(2744, "Multiple identity columns specified for table '%s'. Only one identity column per table is allowed.", tableName)
	case def.Identity.Increment == 0:
		return nil, newError(2752, "Identity column '%s' contains invalid INCREMENT.", def.Name)
	}
	switch typ.Kind {
	case TinyInt, SmallInt, Int, BigInt:
	default:
		if typ.Kind != Decimal || typ.Scale != 0 {
			return nil, newError(2749, "Identity column '%s' must be of data type int, bigint, smallint, tinyint, or decimal or numeric with a scale of 0, "+
				"unencrypted, and constrained to be nonnullable.", def.Name)
		}
	}
	return &numbering{seed: def.Identity.Seed, increment: def.Identity.Increment}, nil
}

// setIdentityInsert says for which table the session gives the values of the IDENTITY column.
func (r *run) setIdentityInsert(set *tsql.IdentityInsert) error {
	schemaName, name, err := r.objectName(set.Table.Parts)
	if err != nil {
		return err
	}
	r.pin()
	t := r.state.table(schemaName, name)
	if t == nil {
		return newError(1088, "Cannot find the object \"%s\" because it does not exist or you do not have permissions.", joinName(set.Table.Parts))
	}
	if t.numbered() < 0 {
		return newError(8106, "Table '%s' does not have the identity property. Cannot perform SET operation.", joinName(set.Table.Parts))
	}
	for _, other := range r.state.tables {
		if set.On && other.id == r.session.explicit && other.id != t.id {
			return newError(8107, "IDENTITY_INSERT is already ON for table '%s'. Cannot perform SET operation for table '%s'.", r.fullName(other), joinName(set.Table.Parts))
		}
	}
	switch {
	case set.On:
		r.session.explicit = t.id
	case r.session.explicit == t.id:
		r.session.explicit = 0
	}
	return nil
}

// mayNumber checks that an INSERT names the IDENTITY column if, and only if, the session gives its values.
func (r *run) mayNumber(t *table, targets []int) error {
	at := t.numbered()
	switch given := slices.Contains(targets, at); {
	case at < 0 || given == (r.session.explicit == t.id):
		return nil
	case given:
		return newError(544, "Cannot insert explicit value for identity column in table '%s' when IDENTITY_INSERT is set to OFF.", t.name)
	default:
		return newError(545, "Explicit value must be specified for identity column in table '%s' either when IDENTITY_INSERT is set to ON or when a "+
			"replication user is inserting into a NOT FOR REPLICATION identity column.", t.name)
	}
}

// otherCount is the error of an INSERT without a list of columns whose rows have another number of values than it has targets.
func (r *run) otherCount(t *table, given, targets int) error {
	if t.numbered() >= 0 && given == targets+1 {
		return newError(8101, "An explicit value for the identity column in table '%s' can only be specified when a column list is used and IDENTITY_INSERT is ON.", r.fullName(t))
	}
	return newError(213, "Column name or number of supplied values does not match table definition.")
}

// number gives a new row its number, or notes the one that it was given.
func (r *run) number(t *table, row []Value) error {
	at := t.numbered()
	if at < 0 {
		return nil
	}
	c, whole := t.columns[at], Type{Kind: BigInt}
	if r.session.explicit == t.id {
		if row[at] == nil {
			return nil // which the column refuses
		}
		v, err := Convert(row[at], c.typ, whole, -1)
		if err != nil {
			return err
		}
		c.identity.reach(v.(int64))
		return nil
	}
	n, ok := c.identity.next()
	v, err := Convert(n, whole, c.typ, -1)
	if err != nil || !ok {
		return newError(8115, "Arithmetic overflow error converting IDENTITY to data type %s.", systemTypeOf(c.typ).name)
	}
	row[at] = v
	return nil
}
