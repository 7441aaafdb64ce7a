package ingest

import (
	"context"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/checks"
)

// route is what the configuration wants of the rows of a table.
func (p *Pipeline) route(name checks.Name) checks.Route {
	events := &p.o.Event
	template := events.Template(name.Schema, name.Table)
	r := checks.Route{
		Template: template.String(), Columns: template.Columns(), PerKey: template.PerKey(),
		NoKey: string(events.Keyless(name.Schema, name.Table)),
	}
	if own := events.Routes.For(name.Schema, name.Table); own != nil {
		r.Key = own.Key
	}
	return r
}

// recall makes the copier know what the copies of tables without a key have covered
// before this session.
func (s *session) recall(ctx context.Context) error {
	if s.copier == nil {
		return nil
	}
	tables, _ := s.copied()
	return s.copier.Recall(ctx, tables)
}

// keylessCopies are the copies of tables without a key, nil if nothing is copied.
func (s *session) keylessCopies() assemble.Copies {
	if s.copier == nil {
		return nil
	}
	return s.copier
}
