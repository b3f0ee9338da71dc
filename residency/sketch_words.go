package residency

import "fmt"

// sketch says what sketches leave.
func (d *describer) sketch(r *Rule) string {
	t := r.Sketch
	text := fmt.Sprintf("Sketches (%s), from which the number of different values is estimated", series(t.Kinds, "and"))
	if own := d.own(r.Columns); len(own) > 0 {
		text += ", of " + series(own, "or")
	}
	text += ", of all rows together"
	if own := d.own(t.GroupBy); len(own) > 0 {
		text += " or by " + series(own, "and")
	}
	text += fmt.Sprintf(", with at most 2^%d registers. A sketch leaves only if each shard counts in its own part of the group at least %d different of the kind %s (told apart by %s); "+
		"others are left out, and the answer says that some may be missing.", t.Precision, t.Min, t.Entity, d.told(t.Entity))
	if t.Key == perPurpose {
		return text + " They are made under a key of the query's purpose, which must be stated: those of two purposes cannot be compared."
	}
	return text + " They are made without a key: who has one can try any value on it."
}

// told is the column of the table by which entities are told apart.
func (d *describer) told(entity string) string {
	told := d.table
	if e := d.policy.Entities[entity]; e != nil {
		told += "." + e.Columns[d.table]
	}
	return told
}
