package engine

import (
	"slices"
	"strings"
)

// Options say what server the database plays. The zero value is a SQL Server 2022 with the usual collation, which does
// not allow snapshot isolation.
type Options struct {
	// Name of the database, "atoll" if empty.
	Name string
	// Collation of the database, DefaultCollation if empty.
	Collation string
	// CatalogCollation is that of names, Collation if empty; Azure SQL has databases in which the two differ.
	CatalogCollation string
	// Version is SERVERPROPERTY('ProductVersion'), such as "16.0.1000.6".
	Version string
	// EngineEdition is SERVERPROPERTY('EngineEdition'): 3 (the default) is Enterprise, 5 Azure SQL Database.
	EngineEdition int
	// AllowSnapshot is ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON. Without it, reading under SNAPSHOT is error 3952.
	AllowSnapshot bool
	// Missing names features (Missing…) that this server lacks, or answers differently.
	Missing []string
}

// The features that Options.Missing can take away, to play a server that speaks TDS and is not a recent SQL Server.
const (
	MissingUTF8Collation   = "utf8_collation"           // …_UTF8 collations are unknown: error 448
	MissingBinaryCollation = "binary_collation"         // COLLATE …_BIN2 is accepted and compares as the database does
	MissingSupplementary   = "supplementary_characters" // …_SC collations are unknown: error 448
	MissingTranslate       = "translate"                // TRANSLATE is no function: error 195
	MissingOpenJSON        = "openjson"                 // OPENJSON is an invalid object name: error 208
	MissingDecimalScale    = "decimal_scale"            // SUM of decimals keeps two digits after the point
	MissingStableVariance  = "stable_variance"          // VAR and its kin come from sums of squares in floating point
	MissingDateParts       = "date_parts"               // DATETIME2FROMPARTS and DATEDIFF_BIG are no functions: error 195
	MissingOffsets         = "offsets"                  // SWITCHOFFSET and TODATETIMEOFFSET are no functions: error 195
	MissingHashBytes       = "hash_bytes"               // HASHBYTES sees nvarchar in UTF-8 and varchar in UTF-16
	MissingSHA256          = "sha256"                   // HASHBYTES does not know SHA2_256, which makes NULL
	MissingUTF16Bytes      = "utf16_bytes"              // nvarchar cast to varbinary is UTF-8
	MissingOffsetFetch     = "offset_fetch"             // OFFSET … FETCH is a syntax error: 102
)

// missingFunctions are the functions that go with a missing feature.
var missingFunctions = map[string]string{
	"TRANSLATE":          MissingTranslate,
	"DATETIME2FROMPARTS": MissingDateParts,
	"DATEDIFF_BIG":       MissingDateParts,
	"SWITCHOFFSET":       MissingOffsets,
	"TODATETIMEOFFSET":   MissingOffsets,
}

func (o Options) withDefaults() Options {
	if o.Name == "" {
		o.Name = "atoll"
	}
	if o.Collation == "" {
		o.Collation = DefaultCollation
	}
	if o.CatalogCollation == "" {
		o.CatalogCollation = o.Collation
	}
	if o.Version == "" {
		o.Version = "16.0.1000.6"
	}
	if o.EngineEdition == 0 {
		o.EngineEdition = 3
	}
	return o
}

func (o *Options) lacks(feature string) bool { return slices.Contains(o.Missing, feature) }

// folds reports whether names differ by more than case: they do in a database whose collation ignores case.
func (o *Options) folds() bool { return CaseInsensitive(o.CatalogCollation) }

// collation is what COLLATE name means at this server.
func (o *Options) collation(name string) (string, *Error) {
	upper := strings.ToUpper(name)
	switch {
	case o.lacks(MissingUTF8Collation) && strings.HasSuffix(upper, "_UTF8"),
		o.lacks(MissingSupplementary) && (strings.HasSuffix(upper, "_SC") || strings.Contains(upper, "_SC_")):
		return "", newError(448, "Invalid collation '%s'.", name)
	}
	if err := KnownCollation(name); err != nil {
		return "", err
	}
	if o.lacks(MissingBinaryCollation) && strings.Contains(upper, "_BIN") {
		return o.Collation, nil
	}
	return name, nil
}
