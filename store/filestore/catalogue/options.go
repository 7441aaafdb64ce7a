package catalogue

import "fmt"

// Options tunes a Catalogue. The zero value of a field means its default. Both
// may differ from one Open to the next; they shape only what is written.
type Options struct {
	// BlockBytes is the size a data block is filled to, the unit of reading:
	// 64 to 1048576, default 4096. An entry larger than that gets a block of
	// its own.
	BlockBytes int
	// MaxTables is how many tables may be live before a Commit merges some
	// whatever their sizes: 1 to 64, default 10. Each costs a file descriptor
	// and, on a lookup, a look into its filter.
	MaxTables int
}

const (
	defaultBlockBytes = 4096
	defaultMaxTables  = 10

	minBlockBytes = 64
	maxBlockBytes = 1 << 20
	maxMaxTables  = 64
)

// withDefaults returns o, which may be nil, filled and checked.
func (o *Options) withDefaults() (Options, error) {
	var out Options
	if o != nil {
		out = *o
	}
	if out.BlockBytes == 0 {
		out.BlockBytes = defaultBlockBytes
	}
	if out.MaxTables == 0 {
		out.MaxTables = defaultMaxTables
	}
	if out.BlockBytes < minBlockBytes || out.BlockBytes > maxBlockBytes {
		return out, fmt.Errorf("option BlockBytes is %d, allowed are %d to %d",
			out.BlockBytes, minBlockBytes, maxBlockBytes)
	}
	if out.MaxTables < 1 || out.MaxTables > maxMaxTables {
		return out, fmt.Errorf("option MaxTables is %d, allowed are 1 to %d", out.MaxTables, maxMaxTables)
	}
	return out, nil
}
