// Package residency decides what may leave a region, and proves it of a plan before the plan runs.
//
// A [Policy] is read from a file. Whatever no rule of it permits stays where it is.
package residency
