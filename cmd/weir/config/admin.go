package config

// Admin is what operators reach and clients do not.
type Admin struct {
	// Listen is the host and port of a second listener, for metrics, backups and a
	// look inside. When it is empty there is none. Whoever reaches it may read all
	// that is served, so an address that other machines reach needs a Token. With
	// port 0 the system picks a free one, which the log names.
	Listen string `env:"LISTEN" form:"listen" help:"address for operators: Prometheus metrics at /metrics, the list of streams, profiles, and what weir backup asks; when unset, none"`

	// Token is what requests to that listener have to show, as a bearer token.
	// When it is empty they need none, and Listen has to be a loopback address.
	Token string `env:"TOKEN" form:"token" secret:"true" help:"bearer token that requests to that address need; without one it has to be a loopback address"`
}
