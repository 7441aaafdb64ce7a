// Package config is the server's configuration: one typed struct, filled from
// DS_* environment variables, and a file that one of them may name, and checked as a
// whole before anything starts.
//
// Start with [Load], which reports every mistake at once; [Print] writes a
// configuration back as the variables that would produce it, and [Reference]
// lists the variables for the help text and the README.
//
// The struct is the only place where a variable is written down. A field's
// comment gives its unit and what changing it does; its tags give the rest, and
// the parser, the checks, the help and the error messages all read them:
//
//	env         name, after DS_ and the section's prefix
//	envDefault  value when the variable is unset or empty
//	min, max    bounds, both included, written as the variable would be
//	zero        what a 0 below min means; without it 0 is no exception
//	oneof       the words allowed
//	form        a named form, see form.go
//	help        one line for people
//	secret      "true" masks the value wherever it would be printed, "dsn" only the
//	            passwords in it
//
// A section holds either variables or sections of its own. What a file says that a
// variable names is read as variables are, and held to the same rules; see [SyncFile].
//
// An empty variable is the same as an unset one. The package holds no state;
// everything in it may be called from several goroutines.
package config

import "time"

// Config is the whole configuration. It is a plain value: [Load] returns it
// complete and nothing changes it afterwards.
type Config struct {
	Instance Instance
	Server   Server   `envPrefix:"SERVER__"`
	HTTP     HTTP     `envPrefix:"HTTP__"`
	TLS      TLS      `envPrefix:"TLS__"`
	Limits   Limits   `envPrefix:"LIMITS__"`
	Storage  Storage  `envPrefix:"STORAGE__"`
	Log      Log      `envPrefix:"LOG__"`
	Admin    Admin    `envPrefix:"ADMIN__"`
	SyncFile SyncFile `envPrefix:"SYNC__"`
	Sync     Sync     `envPrefix:"SYNC__"`

	// Pipelines are what comes in from databases: those of SyncFile, or the one that
	// Sync describes, or none. Their slots differ.
	Pipelines []Sync
}

// Instance tells one of several servers from the others.
type Instance struct {
	// ID is the server's name in its log, metrics and traces. When it is empty the
	// host's name is taken.
	ID string `env:"INSTANCE_ID" form:"label" help:"name of this server in log, metrics and traces; when unset, that of the host"`
}

// Server is where the server listens and how long it waits.
type Server struct {
	// Host is the name or address to listen on. The default is reachable from
	// this machine only; 0.0.0.0 or :: opens the server to the network.
	Host string `env:"HOST" envDefault:"127.0.0.1" form:"host" help:"name or address to listen on; 0.0.0.0 or :: for every interface"`

	// Port is the TCP port to listen on. With 0 the system picks a free one,
	// which the start-up line names. It is part of every stream's URL.
	Port int `env:"PORT" envDefault:"4437" min:"0" max:"65535" help:"TCP port to listen on; 0 takes a free one"`

	// LongPollTimeout, in seconds, is how long a long-poll waits for new data
	// before it is answered with nothing. Keep it below the idle timeout of the
	// proxies in front.
	LongPollTimeout time.Duration `env:"LONG_POLL_TIMEOUT_SECS" envDefault:"30" min:"0.01" max:"3600" help:"how long a long-poll waits for data"`

	// SSEReconnectInterval, in seconds, is how long an SSE connection lasts
	// before the server ends it, so that caches and load balancers see fresh
	// requests. Shorter costs more reconnections; nothing is lost either way.
	SSEReconnectInterval time.Duration `env:"SSE_RECONNECT_INTERVAL_SECS" envDefault:"60" min:"0.01" max:"86400" zero:"never" help:"how long an SSE connection lasts before it is made to reconnect"`

	// SSEKeepalive, in seconds, is the longest silence on an SSE connection
	// before a comment is sent. Keep it below the idle timeout of the proxies in
	// front, or they cut quiet streams.
	SSEKeepalive time.Duration `env:"SSE_KEEPALIVE_SECS" envDefault:"15" min:"0.01" max:"3600" help:"longest silence on an SSE connection before a comment is sent"`

	// PageBytes, in bytes, is the most one read answers at once. A single JSON
	// message larger than this still goes whole. Larger pages mean fewer
	// requests for a catch-up and more memory for each of them.
	PageBytes Size `env:"PAGE_BYTES" envDefault:"1MiB" min:"1KiB" max:"1GiB" help:"the most a read answers at once"`

	// ShutdownTimeout, in seconds, is how long a stopping server waits for open
	// requests before it cuts them. Keep it below the time the process manager
	// grants before it kills.
	ShutdownTimeout time.Duration `env:"SHUTDOWN_TIMEOUT_SECS" envDefault:"30" min:"0.01" max:"3600" help:"how long a stopping server waits for open requests"`

	// DrainDelay, in seconds, is how long a server that was told to stop still
	// takes connections, while /readyz says already that it is not ready. Load
	// balancers that ask now and then need that time to look elsewhere. It comes
	// before ShutdownTimeout.
	DrainDelay time.Duration `env:"DRAIN_DELAY_SECS" envDefault:"0" min:"0" max:"3600" help:"how long a stopping server still takes connections, for load balancers to notice that it is not ready"`
}

// HTTP is how the protocol appears to browsers and proxies.
type HTTP struct {
	// CORSOrigins are the origins whose pages may use the server from a browser,
	// or the single element "*" for all. An origin may hold one * as a wildcard.
	// Programs that are not browsers are not affected.
	CORSOrigins []string `env:"CORS_ORIGINS" envDefault:"*" form:"origins" help:"origins whose pages may use the server from a browser"`

	// StreamBasePath is the path under which the streams live, without a slash
	// at its end. Changing it changes every stream's URL, not its content.
	StreamBasePath string `env:"STREAM_BASE_PATH" envDefault:"/v1/stream" form:"path" help:"path under which the streams live"`

	// TrustedProxies are the addresses and networks of the proxies in front. What a
	// request says in X-Forwarded-For, -Proto, -Host and in the identity header
	// counts only when it comes from one of them.
	TrustedProxies Networks `env:"TRUSTED_PROXIES" form:"networks" help:"addresses or networks of proxies whose X-Forwarded-* headers count; when unset, nobody's"`
}

// Log is what the server writes about itself, on standard error.
type Log struct {
	// Level is the least severe level that is written. Below info, the volume
	// grows with the number of requests.
	Level string `env:"LEVEL" envDefault:"info" oneof:"trace debug info warn error" help:"least severe level that is logged"`

	// Format is the layout of a log line. When it is empty, a terminal gets
	// console and anything else gets json.
	Format Format `env:"FORMAT" oneof:"json console" help:"layout of the log; when unset, console on a terminal and json elsewhere"`
}

// Format is the layout of a log line.
type Format string

// The layouts. The empty Format leaves the choice to the output: see [Log].
const (
	// JSON is one JSON object a line, for machines.
	JSON Format = "json"
	// Console is aligned text, for people.
	Console Format = "console"
)
