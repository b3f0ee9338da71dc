package main

import "github.com/atoll-sql/atoll/connectors"

// withoutFeature says what the coordinator does itself for a server that lacks a feature. Answers stay the same; more rows
// travel.
var withoutFeature = map[string]string{
	connectors.FeatureUTF8Collation:   "sorting text, its greatest and least, and its bytes",
	connectors.FeatureBinaryCollation: "comparing, grouping and sorting text",
	connectors.FeatureSupplementary:   "counting, cutting and padding the characters of text",
	connectors.FeatureTranslate:       "upper, lower, initcap, translate and ILIKE",
	connectors.FeatureOpenJSON:        "lists of more than 1000 values; the server gets their range",
	connectors.FeatureDecimalScale:    "arithmetic and sums of numerics",
	connectors.FeatureStableVariance:  "variances and deviations of floats",
	connectors.FeatureDateParts:       "parts of a second, and adding them",
	connectors.FeatureOffsets:         "computing with timestamps with time zone",
	connectors.FeatureHashBytes:       "md5",
	connectors.FeatureSHA256:          "pseudonym, which a policy permits at the source only",
	connectors.FeatureUTF16Bytes:      "nothing; but a text with U+FFFD is refused, for the driver puts it in place of what is no UTF-16",
	connectors.FeatureOffsetFetch:     "OFFSET",
	connectors.FeatureHashFast:        "nothing; but estimates over tables of the server take MD5, which is slower",
	connectors.FeatureHashPortable:    "sketches to keep, and estimates beside SQL Server, of distinct values",
	connectors.FeatureHashKeyed:       "estimates under a key, which a policy permits at the source only",
	connectors.FeatureHashText:        "estimates of distinct texts",
	connectors.FeatureHashTime:        "estimates of distinct times and timestamps",
	connectors.FeatureHashInterval:    "estimates of distinct intervals",
	connectors.FeatureStringAgg:       "estimates of distinct values",
	connectors.FeatureExportSnapshot:  "nothing; but several statements of one query run one after the other, on one connection",
}

// lack describes a missing feature and its consequence.
func lack(feature string) string {
	if what, ok := withoutFeature[feature]; ok {
		return feature + "; at the coordinator: " + what
	}
	return feature
}
