package move

import (
	"fmt"
	"strings"
)

// Quote writes a name in PostgreSQL's words.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// clause collects a condition's text and its parameters.
type clause struct {
	parts []string
	args  []string
}

// arg adds a parameter and returns how the text names it.
func (c *clause) arg(text, typ string) string {
	c.args = append(c.args, text)
	return fmt.Sprintf("CAST($%d AS %s)", len(c.args), typ)
}

// and adds a condition.
func (c *clause) and(sql string) { c.parts = append(c.parts, "("+sql+")") }

func (c *clause) done() Clause { return Clause{SQL: strings.Join(c.parts, " AND "), Args: c.args} }

// column names a column of the table that the condition is about.
func column(name string) string { return Outer + "." + Quote(name) }

// beyond is the condition of rows behind a primary key, in its order; or, with upTo, of those that are not.
func (c *clause) beyond(key []keyColumn, at []string, upTo bool) {
	op := ">"
	if upTo {
		op = "<"
	}
	args := make([]string, len(key))
	for i, k := range key {
		args[i] = c.arg(at[i], k.typ)
	}
	var ways []string
	for i := range key {
		var all []string
		for j := range i {
			all = append(all, column(key[j].name)+" = "+args[j])
		}
		last := op
		if upTo && i == len(key)-1 {
			last = "<="
		}
		all = append(all, column(key[i].name)+" "+last+" "+args[i])
		ways = append(ways, "("+strings.Join(all, " AND ")+")")
	}
	c.and(strings.Join(ways, " OR "))
}

// among is the condition of rows with one of some primary keys.
func (c *clause) among(key []keyColumn, rows [][]string) {
	if len(key) == 1 {
		list := make([]string, len(rows))
		for i, r := range rows {
			list[i] = c.arg(r[0], key[0].typ)
		}
		c.and(column(key[0].name) + " IN (" + strings.Join(list, ", ") + ")")
		return
	}
	ways := make([]string, len(rows))
	for i, r := range rows {
		all := make([]string, len(key))
		for j, k := range key {
			all[j] = column(k.name) + " = " + c.arg(r[j], k.typ)
		}
		ways[i] = "(" + strings.Join(all, " AND ") + ")"
	}
	c.and(strings.Join(ways, " OR "))
}

// atOnce is how many primary keys one condition names at most: the parameters of a statement are bounded, by SQL Server at 2,100.
func atOnce(key []keyColumn) int { return max(1, 900/len(key)) }
