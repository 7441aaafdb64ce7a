package flood_test

// The memory that an attack may cost, in bytes.
const (
	// perConnection is what a connection costs that sends nothing but headers:
	// net/http's two buffers of 4 KiB and a goroutine with its stack.
	perConnection = 16 << 10
	// perStream is what a request costs that came by HTTP/2 and is not answered.
	perStream = 8 << 10
	// perBody is what a body may hold that is too small to be counted.
	perBody = 64 << 10
	// ballast is the heap that the server keeps in reserve in the modes on disk: as
	// much garbage may gather besides.
	ballast = 24 << 20
	// perGroup is what the measuring itself costs: its connections, the pages that
	// it reads, and the garbage of a few thousand requests.
	perGroup = 16 << 20
	// perCatchUp is the event that a subscriber which catches up is being sent, before
	// and after it was encoded.
	perCatchUp = 2 * (64 << 10)
	// bodies is what all larger bodies that are on their way may hold together.
	bodies = maxMemory
)

// budget is what the server may have resident while an attack runs:
//
//	resident at rest + group + ballast + 3 × held
//	held = connections × per connection + streams × per stream + extra
//
// The collector lets the heap become twice what is held before it runs, more is made
// while it runs, and memory of large things is not used again for others of another
// size at once. extra is what the attack makes the server hold by its nature:
// bodies that have arrived in part, pages on their way to readers that do not read.
// It is bounded by the configuration, and never by what the attackers announce.
func (a *attack) budget(rest figures) int64 {
	held := int64(a.conns)*perConnection + int64(a.streams)*perStream + a.extra
	return rest.resident + perGroup + ballast + 3*held
}
