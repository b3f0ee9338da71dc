package mssql

import "github.com/atoll-sql/atoll/connectors"

// meaning is what an error number of SQL Server stands for. An empty text is that of the SQLSTATE. Passes marks what is
// worth trying again after a while.
type meaning struct {
	class  connectors.Class
	state  string
	text   string
	passes bool
}

// meanings follows the vendor's list of database engine errors and its list of transient errors of Azure SQL Database:
// https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors and
// https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues.
var meanings = func() map[int32]meaning {
	m := map[int32]meaning{}
	all := func(class connectors.Class, state, text string, passes bool, numbers ...int32) {
		for _, n := range numbers {
			m[n] = meaning{class, state, text, passes}
		}
	}
	const (
		data, schema         = connectors.ClassData, connectors.ClassSchema
		auth, permission     = connectors.ClassAuth, connectors.ClassPermission
		unavailable, limit   = connectors.ClassUnavailable, connectors.ClassLimit
		conflict, cancelled  = connectors.ClassConflict, connectors.ClassCancelled
		constraint, readOnly = connectors.ClassConstraint, connectors.ClassReadOnly
	)
	all(data, "22012", "", false, 8134)
	all(data, "22003", "", false, 8115, 220, 232, 234, 237, 238, 248, 1007, 8729)
	all(data, "2201F", "", false, 3623)
	all(data, "22P02", "", false, 235, 244, 245, 293, 295, 8114, 8169, 9819)
	all(data, "22007", "", false, 241, 242, 296, 9807)
	all(data, "22008", "", false, 289, 517, 535, 9806)
	all(data, "22001", "", false, 2628, 8152)
	all(data, "22011", "", false, 536, 537)
	all(data, "22019", "", false, 506)
	all(data, "22009", "", false, 9812, 9820)
	all(data, "22023", "", false, 9810, 1060, 10743, 10744, 13607, 13609)
	all(data, "21000", "a subquery used as an expression returned more than one row", false, 512)

	all(schema, "42P01", "a table that the statement names does not exist", false, 208)
	all(schema, "42703", "a column that the statement names does not exist", false, 207)
	all(schema, "42P01", "a table that the statement names does not exist, or its name is not unique", false, 4104)
	all(schema, "42883", "a function does not exist on this server", false, 195, 4121, 156195)
	all(schema, "42883", "an operator or conversion does not exist for the types of this shard's columns", false,
		206, 402, 403, 529, 8116, 8117, 257, 305, 306, 421)
	all(schema, "42P21", "collations conflict", false, 446, 447, 449, 451, 457, 468)
	all(schema, "42704", "the server does not know a collation that the statement names", false, 448)

	all(permission, "42501", "permission denied for the login in its DSN", false, 229, 230, 262, 297, 300, 371)
	all(permission, "42501", "the login in its DSN may not do this to a table, or there is no such table; writing values into an IDENTITY column needs ALTER on it",
		false, 1088)
	all(auth, "28000", "login refused: check user, password or token, and the server's access rules", false,
		18456, 18452, 18470, 18486, 18487, 18488, 18401, 916, 40532, 40531, 40607, 40615, 40914, 47073, 33134)
	all(auth, "3D000", "login refused: the database in its DSN does not exist, or the login may not open it", false, 4060, 4064, 911)

	all(schema, "42P07", "a table of that name exists already", false, 2714)
	all(schema, "42P01", "a table that the statement names does not exist", false, 3701, 4902)
	all(schema, "428C9", "a column that the statement writes is one whose values the server makes", false, 271, 272, 273, 544, 8101, 8102, 13536, 13537)

	all(schema, "55006", "IDENTITY_INSERT is on for another table of this session: one at a time may have it", false, 8107)

	all(constraint, "23505", "a write repeats a key", false, 2601, 2627)
	all(constraint, "23503", "a write breaks a constraint of the table, or of one that refers to it", false, 547)
	all(constraint, "23502", "a write leaves a column without a value that must have one", false, 515)
	all(constraint, "44000", "a write leaves the view that it goes through", false, 550)
	all(constraint, "09000", "a trigger of the table ended the transaction", false, 3609)
	all(readOnly, "25006", "the server accepts no writes: the database, or the replica that the DSN leads to, is read only", false, 3904, 3906, 3908, 3910)

	all(conflict, "40001", "the statement was chosen to end a deadlock", false, 1205)
	all(conflict, "40001", "the snapshot does not hold: a table changed its definition meanwhile, or rows were changed", false, 3960, 3961, 3966)
	all(conflict, "40001", "a row was written by another transaction meanwhile", false, 41301, 41302, 41305, 41325)
	all(connectors.ClassConfig, "25001", "the database does not allow snapshot isolation any more", false, 3951, 3952, 3956, 3957)
	all(connectors.ClassConfig, "25001", "memory-optimized tables cannot be read with others: ALTER DATABASE … SET MEMORY_OPTIMIZED_ELEVATE_TO_SNAPSHOT ON",
		false, 41332, 41333, 41359, 41368)
	all(connectors.ClassTimeout, "55P03", "a lock could not be had in time", false, 1222)
	all(cancelled, "57014", "the statement was cancelled at the server", false, 3617, 596)

	all(unavailable, "57P03", "the database is paused, moving or starting: it is not available at the moment", true,
		40613, 40197, 40143, 40166, 40540, 4221, 42108, 42109, 615, 926, 927, 983, 976)
	all(unavailable, "57P01", "the server ended the connection: it is shutting down or was told to", false, 6005, 17142, 10053, 10054, 10060, 233, 64, 121)
	all(limit, "53300", "the server is busy or throttles this database, its login or its connections", true,
		40501, 49918, 49919, 49920, 10928, 10929, 10936, 18459, 17809, 40544, 40549, 40550, 40551, 40552, 40553, 42119)
	all(limit, "54001", "the statement is too complex for the server", false, 8621, 8623, 8631, 8632, 191, 125)
	all(limit, "54000", "a row of the statement is too wide for the server to sort, group or return", false, 510, 511, 1540, 8618)
	all(limit, "53200", "the server lacks memory", false, 701, 802, 8645, 8651, 8657, 8902, 41805, 41840)
	all(limit, "53100", "the server lacks space for its temporary data", false, 1101, 1105, 3958, 3967, 9002)
	return m
}()
