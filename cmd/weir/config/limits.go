package config

import "github.com/weirstreams/weir/limits"

// Size is a number of bytes. A variable may write it plainly or with a suffix:
// 65536, 64KiB, 100MB.
type Size = limits.Size

// Limits are the budgets that keep one client, or all of them together, from
// exhausting the server. Lowering one never touches what is already stored.
type Limits struct {
	// MaxMemoryBytes, in bytes, bounds the stream bytes held in memory. In the
	// memory mode that is all of them, and an append beyond it is refused; in
	// the file modes it bounds what waits to be written behind. Mode acid has a
	// smaller bound of its own, and takes no notice of this one. Large request
	// bodies that are on their way may take as much again, in every mode.
	MaxMemoryBytes Size `env:"MAX_MEMORY_BYTES" envDefault:"100MiB" min:"64KiB" max:"1024TiB" help:"stream bytes held in memory; in memory mode, all of them; large request bodies may take as much again"`

	// MaxStreamBytes, in bytes, bounds one stream in every mode. An append that
	// would go beyond it is refused.
	MaxStreamBytes Size `env:"MAX_STREAM_BYTES" envDefault:"10MiB" min:"1B" max:"1024TiB" zero:"no limit" help:"bytes of one stream"`

	// MaxAppendBytes, in bytes, bounds the body of one request. A body is held
	// in memory while it is read, so this bounds memory for each request too.
	MaxAppendBytes Size `env:"MAX_APPEND_BYTES" envDefault:"10MiB" min:"1B" max:"512MiB" help:"bytes of one request body"`

	// MaxStreamNameBytes, in bytes, bounds a stream's name.
	MaxStreamNameBytes Size `env:"MAX_STREAM_NAME_BYTES" envDefault:"1024" min:"1B" max:"8KiB" help:"bytes of a stream's name"`

	// MaxStreamNameSegments bounds the parts of a name between slashes.
	MaxStreamNameSegments int `env:"MAX_STREAM_NAME_SEGMENTS" envDefault:"8" min:"1" max:"1024" help:"parts of a stream's name between slashes"`

	// MaxHeaderBytes, in bytes, bounds the request line and the header of one
	// request. It must leave room for the longest name.
	MaxHeaderBytes Size `env:"MAX_HEADER_BYTES" envDefault:"32KiB" min:"4KiB" max:"1MiB" help:"bytes of one request's line and header"`

	// MaxStreams bounds the streams that exist at once. Creating one more is
	// refused; those above a lowered limit stay.
	MaxStreams int64 `env:"MAX_STREAMS" envDefault:"0" min:"1" max:"1000000000000" zero:"no limit" help:"streams that exist at once"`

	// MaxSubscribers bounds the live readers, long-poll and SSE together, that
	// are connected at once.
	MaxSubscribers int64 `env:"MAX_SUBSCRIBERS" envDefault:"0" min:"1" max:"1000000000" zero:"no limit" help:"live readers connected at once"`

	// MaxStreamSubscribers bounds the live readers of one stream.
	MaxStreamSubscribers int64 `env:"MAX_STREAM_SUBSCRIBERS" envDefault:"0" min:"1" max:"1000000000" zero:"no limit" help:"live readers of one stream connected at once"`

	// MaxRequestsPerSec bounds the requests a second that the whole server
	// accepts. One beyond it is told when to try again.
	MaxRequestsPerSec int64 `env:"MAX_REQUESTS_PER_SEC" envDefault:"0" min:"1" max:"1000000000" zero:"no limit" help:"requests accepted in a second"`

	// RatePerSec bounds the requests a second of one client, which is an address
	// or what RateIdentityHeader says. Forwarded addresses count for requests from
	// a trusted proxy.
	RatePerSec int64 `env:"RATE_PER_SEC" envDefault:"0" min:"1" max:"1000000000" zero:"no limit" help:"requests accepted in a second from one client"`

	// RateBurst is how many requests of one client may come at once after it was
	// quiet. 0 stands for one second's worth.
	RateBurst int64 `env:"RATE_BURST" envDefault:"0" min:"1" max:"1000000000" zero:"one second's worth" help:"requests that one client may send at once after it was quiet"`

	// RateIdentityHeader names the header in which a trusted proxy says who the
	// client is, such as the subject of a token that it has checked. Requests with
	// it are counted by its value, others by their address.
	RateIdentityHeader string `env:"RATE_IDENTITY_HEADER" form:"header" help:"header in which a trusted proxy names the client; its requests are counted by that instead of the address"`
}
