// Package verdicts reads files of queries with the verdicts that a residency policy must give them, and compares them with what it gives. Such a file is
// for whoever answers for a policy: it says in examples what the policy is for, and fails when a change makes it say something else.
package verdicts
