// Package logictest compares answers of Atoll with the answers of one PostgreSQL that holds all the rows.
//
// The cases are text files in testdata/logic: a name, directives and one SQL statement each; no answer is
// stored, the oracle gives it when the test runs. A [Dataset] holds the rows of every table, loads them into
// the oracle and into the shards of a [Layout], and writes the configuration that names those shards. A
// [Runner] asks both sides and compares column names, types, rows and, where a case raises an error, the
// SQLSTATE.
//
// The format of the case files is described in testdata/logic/README.md.
package logictest
