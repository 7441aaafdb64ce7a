package config

// Admin is what operators reach and clients do not.
type Admin struct {
	// Listen is the host and port of a second listener, for metrics and backups.
	// When it is empty there is none. Whoever reaches it may read all it serves, so it has
	// to be an address of this machine alone. With port 0 the system picks a free
	// one, which the log names.
	Listen string `env:"LISTEN" form:"loopback" help:"loopback address for operators: Prometheus metrics at /metrics, and what weir backup asks; when unset, none"`
}
