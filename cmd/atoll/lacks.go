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
	connectors.FeatureExportSnapshot:  "nothing; but several statements of one query run one after the other, on one connection",
}

// lack describes a missing feature and its consequence.
func lack(feature string) string {
	if what, ok := withoutFeature[feature]; ok {
		return feature + "; at the coordinator: " + what
	}
	return feature
}
