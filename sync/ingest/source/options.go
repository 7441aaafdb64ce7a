package source

import (
	"errors"
	"fmt"
	"strings"
)

// Options says how to reach one Postgres database. Nothing in it is used
// before [NewTarget] has checked all of it.
type Options struct {
	// URL is a libpq URL or keyword string for a direct connection: no pooler
	// in between, because a pooler carries neither replication nor snapshots.
	// Required. It may hold a password.
	URL string

	// QueryURL is a connection for catalogue and chunk reads, possibly through
	// a pooler. Empty: URL serves these too.
	QueryURL string

	// PasswordFile is read before every connection; its content, less one line
	// end, replaces the password of both URLs. Empty: not used.
	PasswordFile string

	// PasswordCommand is run before every connection and prints the password.
	// It is split into words at spaces, with single quotes, double quotes and
	// backslashes as in a shell, and started directly: no shell, no expansion.
	// Excludes PasswordFile. Empty: not used.
	PasswordCommand string

	// IPFamily is FamilyAuto (the default), Family4 or Family6.
	IPFamily string

	// Pipeline names the pipeline; every session calls itself
	// ds-sync/<pipeline>, and that must fit the server's 63 bytes. Required.
	Pipeline string
}

// Values of [Options.IPFamily].
const (
	FamilyAuto = "auto" // both families, racing
	Family4    = "4"    // IPv4 only
	Family6    = "6"    // IPv6 only
)

// maxApplicationName is what the server keeps of application_name, in bytes.
// A name cut short would no longer be recognised as ours.
const maxApplicationName = 63

// ApplicationName is the application_name of every session of a pipeline.
func ApplicationName(pipeline string) string {
	return "ds-sync/" + pipeline
}

// String hides the URLs, which may hold passwords.
func (o Options) String() string {
	return fmt.Sprintf("pipeline %s", o.Pipeline)
}

// GoString hides what String hides.
func (o Options) GoString() string { return o.String() }

// check reports every contradiction that needs no parsing of the URLs.
func (o Options) check() error {
	var errs []error
	if o.URL == "" {
		errs = append(errs, errors.New("the database URL is required"))
	}
	if o.PasswordFile != "" && o.PasswordCommand != "" {
		errs = append(errs, errors.New("a password file and a password command exclude each other"))
	}
	switch o.IPFamily {
	case "", FamilyAuto, Family4, Family6:
	default:
		errs = append(errs, fmt.Errorf("IP family %q: want auto, 4 or 6", o.IPFamily))
	}
	return errors.Join(append(errs, checkPipeline(o.Pipeline))...)
}

// checkPipeline refuses a name that the server would store differently: it
// replaces what is not printable ASCII in application_name.
func checkPipeline(name string) error {
	if name == "" {
		return errors.New("the pipeline needs a name")
	}
	if n := len(ApplicationName(name)); n > maxApplicationName {
		return fmt.Errorf("pipeline name %q: %d bytes too long", name, n-maxApplicationName)
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) {
		return fmt.Errorf("pipeline name %q: want printable ASCII", name)
	}
	return nil
}
