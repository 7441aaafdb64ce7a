package config

// TLS makes the public listener speak TLS itself. Without it, it speaks plain
// HTTP, as a proxy in front expects.
type TLS struct {
	// CertPath is the file with the certificate and those of its issuers, in PEM.
	// It goes with KeyPath. Both files are read again when they change.
	CertPath string `env:"CERT_PATH" form:"file" help:"file with the server's certificate chain in PEM; read again when it changes"`

	// KeyPath is the file with the certificate's private key, in PEM.
	KeyPath string `env:"KEY_PATH" form:"file" help:"file with the certificate's private key in PEM"`

	// ClientCAPath is the file with the authorities whose certificates clients
	// have to show, in PEM. When it is empty, clients need none.
	ClientCAPath string `env:"CLIENT_CA_PATH" form:"file" help:"file with the authorities, in PEM, of which clients must have a certificate; when unset, clients need none"`
}

// Enabled reports whether the public listener speaks TLS.
func (t TLS) Enabled() bool { return t.CertPath != "" }
