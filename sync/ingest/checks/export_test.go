package checks

// Units that texts are made of.
var (
	Size = size
	Span = span
)
