package logictest

import "slices"

// Without is the data set without the rows that a layout places on one shard. Reference tables are on the others as well, and stay whole.
func (d *Dataset) Without(l Layout, shard string) (*Dataset, error) {
	out := *d
	out.Tables = slices.Clone(d.Tables)
	for i, t := range out.Tables {
		if t.strategy.kind == "reference" {
			continue
		}
		out.Tables[i].Rows = nil
		for _, row := range t.Rows {
			names, err := l.Place(t, row)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(names, shard) {
				out.Tables[i].Rows = append(out.Tables[i].Rows, row)
			}
		}
	}
	return &out, nil
}
