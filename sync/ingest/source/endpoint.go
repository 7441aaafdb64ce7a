package source

// Endpoint is where a target's direct connections go, for messages.
type Endpoint struct {
	User, Database, Host string
	Port                 uint16
	SSLMode              string // disable, require or verify-full: what it amounts to
	TLS                  bool
}

// Endpoint tells where direct connections go first; a URL may name more hosts.
func (t *Target) Endpoint() Endpoint {
	c := t.direct
	e := Endpoint{User: c.User, Database: c.Database, Host: c.Host, Port: c.Port, SSLMode: "disable"}
	if c.TLSConfig != nil {
		e.TLS, e.SSLMode = true, "verify-full"
		if c.TLSConfig.InsecureSkipVerify {
			e.SSLMode = "require"
		}
	}
	return e
}
