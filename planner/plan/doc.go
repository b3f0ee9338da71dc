// Package plan holds the planner's data: types, typed expressions, logical nodes, fragments and edges.
//
// Everything here is immutable once built: a rewrite returns new nodes and shares what it did not touch, so
// any number of goroutines may read a plan. The only behaviour is walking, mapping and printing.
package plan
