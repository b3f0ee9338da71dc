// Package report is what benchmarks write down: series of measured values with the machine, versions, settings and seeds under which they were
// measured, and what is made of that: JSON, text, a page, plots, and comparisons.
//
// A benchmark fills a [Report] and knows nothing of its faces; each face is made from the report alone, so that one kept as JSON can be shown and
// compared later, and on another machine.
package report
