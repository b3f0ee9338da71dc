// Package querygen makes random SQL statements over the tables of the logic tests, for comparing an engine with
// PostgreSQL. The same seed gives the same statement. A statement is a tree that can be made smaller while it
// still shows a difference ([Shrink]).
//
// What a statement leaves to chance in PostgreSQL itself is not generated: rows cut off by LIMIT under an order with ties,
// the last digits of a sum of floats inside a comparison, an error that shows or not by the order of evaluation.
package querygen
