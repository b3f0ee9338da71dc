package connectors

// Features that a dialect builds on and that not every server speaking its protocol has. Calibration tries each with
// a statement whose answer is known; those that fail or answer otherwise are listed in [Capabilities.Missing], and the
// planner does without them.
const (
	// FeatureUTF8Collation: Latin1_General_100_BIN2_UTF8, under which varchar is UTF-8 and sorts by code point (SQL Server 2019).
	FeatureUTF8Collation = "utf8_collation"
	// FeatureBinaryCollation: Latin1_General_100_BIN2 tells letter case apart, and an appended NCHAR(0) trailing spaces.
	FeatureBinaryCollation = "binary_collation"
	// FeatureSupplementary: LEN and SUBSTRING count code points under Latin1_General_100_CI_AS_SC.
	FeatureSupplementary = "supplementary_characters"
	// FeatureTranslate: TRANSLATE replaces character by character (SQL Server 2017).
	FeatureTranslate = "translate"
	// FeatureOpenJSON: OPENJSON … WITH unpacks a list (SQL Server 2016, compatibility level 130).
	FeatureOpenJSON = "openjson"
	// FeatureDecimalScale: CAST, + - * and SUM of decimals keep the scale that the vendor documents.
	FeatureDecimalScale = "decimal_scale"
	// FeatureStableVariance: VARP of floats far from zero keeps its digits.
	FeatureStableVariance = "stable_variance"
	// FeatureDateParts: DATETIME2FROMPARTS, DATEDIFF_BIG and DATEADD by microseconds agree with the vendor's reference.
	FeatureDateParts = "date_parts"
	// FeatureOffsets: SWITCHOFFSET and TODATETIMEOFFSET convert to UTC and back.
	FeatureOffsets = "offsets"
	// FeatureHashBytes: HASHBYTES gives MD5 over the bytes of UTF-8 text.
	FeatureHashBytes = "hash_bytes"
	// FeatureSHA256: HASHBYTES gives SHA-256 over bytes that are put together of several values (SQL Server 2012).
	FeatureSHA256 = "sha256"
	// FeatureHashFast: hashint4extended and its kin (PostgreSQL 11) give the hashes that Atoll computes, which are those of a little-endian machine.
	FeatureHashFast = "hash_fast"
	// FeatureHashPortable: the first eight bytes of MD5 over the canonical bytes of a value, as a bigint.
	FeatureHashPortable = "hash_portable"
	// FeatureHashKeyed: the same of HMAC-SHA-256.
	FeatureHashKeyed = "hash_keyed"
	// FeatureHashText, FeatureHashTime and FeatureHashInterval: the canonical bytes of texts are those of their UTF-8, those of times and moments count
	// microseconds, and those of intervals (PostgreSQL 14, whose epochs are exact) seconds.
	FeatureHashText     = "hash_text"
	FeatureHashTime     = "hash_time"
	FeatureHashInterval = "hash_interval"
	// FeatureStringAgg: STRING_AGG of texts of any length (SQL Server 2017).
	FeatureStringAgg = "string_agg"
	// FeatureUTF16Bytes: an nvarchar cast to varbinary shows its UTF-16 units, so that text can travel undecoded.
	FeatureUTF16Bytes = "utf16_bytes"
	// FeatureOffsetFetch: ORDER BY … OFFSET … FETCH (SQL Server 2012).
	FeatureOffsetFetch = "offset_fetch"
	// FeatureExportSnapshot: pg_export_snapshot() lets other connections read the same state (PostgreSQL).
	FeatureExportSnapshot = "export_snapshot"
)
