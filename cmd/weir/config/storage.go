package config

import "time"

// Storage is where streams are kept and what an acknowledgement promises.
type Storage struct {
	// Mode is the storage tier. The two file modes share one layout, so a data
	// directory may move between them; acid has another, beside theirs.
	Mode Mode `env:"MODE" envDefault:"memory" oneof:"memory file-fast file-durable acid" help:"storage tier: what an acknowledged append survives"`

	// DataDir is the directory that holds the streams. Every mode but memory
	// needs it, and one process uses it at a time. Losing it loses the streams.
	DataDir string `env:"DATA_DIR" form:"dir" help:"directory that holds the streams; needed by every mode but memory"`

	// AcidShardCount is the number of database files in mode acid. It is fixed by
	// the first start; weir reshard changes it.
	AcidShardCount int `env:"ACID_SHARD_COUNT" envDefault:"16" form:"shards" help:"database files of mode acid; fixed by the first start, changed by weir reshard"`

	// ScrubInterval, in seconds, is how often everything that is stored is read
	// and verified, so that damage is found while there is a backup without it. The
	// first scrub begins after any part of it.
	ScrubInterval time.Duration `env:"SCRUB_INTERVAL_SECS" envDefault:"86400" min:"1" max:"31536000" zero:"never" help:"how often everything that is stored is read and verified in the background"`

	// ScrubBytesPerSec, in bytes, is how much of that is read in a second. What is
	// read comes from the disk; a disk that is faster has the rest for others.
	ScrubBytesPerSec Size `env:"SCRUB_BYTES_PER_SEC" envDefault:"16MiB" min:"4KiB" max:"1024TiB" zero:"no limit" help:"bytes that are read in a second for that"`

	// MinFreeBytes, in bytes, is the room on the data directory's file system below
	// which the server says that it is not ready. It goes on serving.
	MinFreeBytes Size `env:"MIN_FREE_BYTES" envDefault:"64MiB" min:"1B" max:"1024TiB" zero:"no floor" help:"free bytes of the data directory's file system below which the server is not ready"`

	// MinFreeInodes is the same for the number of files that can be made there.
	// A file system that has no such number is always ready.
	MinFreeInodes int64 `env:"MIN_FREE_INODES" envDefault:"1024" min:"1" max:"1000000000000" zero:"no floor" help:"files that can still be made there, below which the server is not ready"`
}

// Mode is a storage tier.
type Mode string

// The tiers, from the least to the most that an acknowledged append survives.
const (
	// Memory keeps everything in RAM.
	Memory Mode = "memory"
	// FileFast acknowledges what the kernel has taken.
	FileFast Mode = "file-fast"
	// FileDurable acknowledges what is synced to the disk.
	FileDurable Mode = "file-durable"
	// Acid acknowledges what is committed and synced in the stream's database
	// file.
	Acid Mode = "acid"
)

// OnDisk reports whether the mode keeps streams in a data directory.
func (m Mode) OnDisk() bool { return m == FileFast || m == FileDurable || m == Acid }

// Promise says in one line what an acknowledged append means in this mode. It is
// empty for a mode that does not exist.
func (m Mode) Promise() string {
	switch m {
	case Memory:
		return "an acknowledged append is in memory and ends with this process"
	case FileFast:
		return "an acknowledged append is written to the kernel and survives a kill of this process, not a loss of power"
	case FileDurable:
		return "an acknowledged append is synced to disk and survives a loss of power"
	case Acid:
		return "an acknowledged append is a committed transaction, synced to disk, and survives a loss of power"
	default:
		return ""
	}
}
