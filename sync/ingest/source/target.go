package source

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// connectTime bounds one host's whole attempt (addresses, TLS, password) when
// the URL has no connect_timeout.
const connectTime = 30 * time.Second

// Target is a database that has passed every check which needs no connection.
// It holds no connection itself and may be used from several goroutines.
type Target struct {
	pipeline string
	direct   *pgx.ConnConfig
	query    *pgx.ConnConfig // same as direct unless pooled
	pooled   bool            // the query URL is one of its own
	password passwordSource  // nil: as in the URLs
}

// NewTarget checks the options, all of them at once, and connects to nothing.
// Its errors hold no secret.
func NewTarget(o Options) (*Target, error) {
	t := &Target{pipeline: o.Pipeline, pooled: o.QueryURL != ""}
	errs := []error{o.check()}
	var err error
	if t.password, err = newPasswordSource(o); err != nil {
		errs = append(errs, err)
	}
	if o.URL != "" {
		if t.direct, err = newConfig(o.URL, o.IPFamily); err != nil {
			errs = append(errs, fmt.Errorf("database URL: %w", err))
		}
	}
	t.query = t.direct
	if t.pooled {
		if t.query, err = newConfig(o.QueryURL, o.IPFamily); err != nil {
			errs = append(errs, fmt.Errorf("query URL: %w", err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return t, nil
}

// newConfig parses a URL and puts our own dialler under it.
func newConfig(url, family string) (*pgx.ConnConfig, error) {
	config, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	d := newDialler(family)
	config.LookupFunc = d.keepName
	config.DialFunc = d.dial
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTime
	}
	return config, nil
}

// Replication opens a walsender connection. It takes commands of the
// replication protocol and SQL in the simple protocol, no parameters.
func (t *Target) Replication(ctx context.Context) (*pgconn.PgConn, error) {
	settings := outputSettings()
	maps.Copy(settings, timeoutSettings())
	settings["replication"] = "database"
	config, err := t.prepare(ctx, t.direct, settings)
	if err != nil {
		return nil, err
	}
	conn, err := pgconn.ConnectConfig(ctx, &config.Config)
	if err != nil {
		return nil, fmt.Errorf("open replication connection: %w", safeError(err, config.Password))
	}
	return conn, nil
}

// Direct opens an ordinary session with the server that replication talks to.
// Exported snapshots can be imported in it.
func (t *Target) Direct(ctx context.Context, a Access) (*pgx.Conn, error) {
	config, err := t.prepare(ctx, t.direct, directSettings(a))
	if err != nil {
		return nil, err
	}
	return connect(ctx, config)
}

// Query opens a session for catalogue and chunk reads. With a query URL of its
// own it may end at a pooler: each transaction must then begin with
// [LocalSettings], and statements are not prepared on the server.
func (t *Target) Query(ctx context.Context, a Access) (*pgx.Conn, error) {
	if !t.pooled {
		return t.Direct(ctx, a)
	}
	config, err := t.prepare(ctx, t.query, pooledSettings())
	if err != nil {
		return nil, err
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	return connect(ctx, config)
}

// String names the database without its password.
func (t *Target) String() string {
	c := t.direct
	return fmt.Sprintf("%s@%s:%d/%s", c.User, c.Host, c.Port, c.Database)
}

// GoString hides what String hides.
func (t *Target) GoString() string { return t.String() }

// prepare copies a configuration for one attempt and asks for the password
// anew: a rotated one must work for the next connection of every kind.
func (t *Target) prepare(ctx context.Context, base *pgx.ConnConfig, settings map[string]string) (*pgx.ConnConfig, error) {
	config := base.Copy()
	maps.Copy(config.RuntimeParams, settings)
	config.RuntimeParams["application_name"] = ApplicationName(t.pipeline)
	if t.password == nil {
		return config, nil
	}
	password, err := t.password(ctx)
	if err != nil {
		return nil, err
	}
	config.Password = password
	return config, nil
}

func directSettings(a Access) map[string]string {
	settings := outputSettings()
	maps.Copy(settings, timeoutSettings())
	maps.Copy(settings, accessSettings(a))
	return settings
}

func connect(ctx context.Context, config *pgx.ConnConfig) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", config.Host, safeError(err, config.Password))
	}
	if err := giveUpLate(conn.PgConn().Conn()); err != nil {
		conn.Close(ctx)
		return nil, fmt.Errorf("connect to %s: %w", config.Host, err)
	}
	return conn, nil
}
