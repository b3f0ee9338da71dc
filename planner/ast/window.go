package ast

// WindowDef is a window: an item of WINDOW, or what follows OVER.
type WindowDef struct {
	Pos
	Name        string // WINDOW name AS (…), or OVER name, for which all other fields are empty
	Ref         string // the window this one is built upon: OVER (ref …)
	PartitionBy []Expr
	OrderBy     []*SortItem
	Frame       *Frame // nil: the default frame
}

// FrameMode is the unit in which a frame's offsets count.
type FrameMode uint8

// The frame modes.
const (
	FrameRange FrameMode = iota + 1
	FrameRows
	FrameGroups
)

// BoundKind is one end of a frame.
type BoundKind uint8

// The bounds, in the order in which they lie along a partition.
const (
	UnboundedPreceding BoundKind = iota + 1
	OffsetPreceding
	CurrentRow
	OffsetFollowing
	UnboundedFollowing
)

// Exclude is what a frame leaves out.
type Exclude uint8

// The exclusions of a frame.
const (
	ExcludeNone Exclude = iota
	ExcludeCurrentRow
	ExcludeGroup
	ExcludeTies
)

// Frame is a window's frame as written; "ROWS x" has the end CurrentRow.
type Frame struct {
	Pos
	Mode        FrameMode
	Start, End  BoundKind
	StartOffset Expr // with OffsetPreceding and OffsetFollowing only
	EndOffset   Expr
	Exclude     Exclude
}
