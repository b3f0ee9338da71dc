package mssql

// A session gives the values of IDENTITY columns of one table at a time. It may do so for no longer than one statement: what is written later
// on the connection, by others, is numbered by the server. A value beyond the column's current one becomes that one, by the server itself.

// identityInsert are the statements before and behind one that gives the values of a table's IDENTITY column.
func identityInsert(table string) (on, off string) {
	if table == "" {
		return "", ""
	}
	return "SET IDENTITY_INSERT " + table + " ON;\n", ";\nSET IDENTITY_INSERT " + table + " OFF"
}

// numbers has the server number a table's rows again, after a statement that failed before its end, and reports whether it does: a login that
// may not say so, or a table that is gone with its transaction, cost the connection.
func (c *conn) numbers(table string) bool {
	if table == "" {
		return true
	}
	_, err := c.small("SET IDENTITY_INSERT " + table + " OFF")
	return err == nil
}
