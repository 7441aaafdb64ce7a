package bench

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/changes"
)

const ingestAbout = `It starts servers of this program by itself, beside a Postgres that is there or a
temporary one, and holds what they do against pg_recvlogical, which throws the
same changes away: both read the same part of the log by turns, and the medians
count. Where it says "from the first row", the time is left out that Postgres takes
to decode a transaction before it sends anything. The figures of each case are
printed when it is done. The temporary Postgres has the defaults of its version,
fsync among them, but for wal_level=logical, max_wal_size=64GB and
checkpoint_timeout=1d. Nothing else should run meanwhile.`

func ingestOptions(f *flags) measurement {
	o := &changes.Options{}
	var newest string
	f.about = ingestAbout
	f.text(&o.URL, "url", "", "superuser's connection to a Postgres with wal_level=logical, in which a schema, a publication and slots called weir_bench are made and removed; a password is better in PGPASSWORD, where ps does not show it; unset: a temporary one is started", "postgres://USER@HOST/DATABASE",
		func(s string) bool {
			return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://")
		})
	f.text(&newest, "case", "", "what to measure, may be given again; unset: everything", caseNames(), func(s string) bool {
		o.Cases = append(o.Cases, s)
		return slices.ContainsFunc(changes.Cases(), func(c changes.Case) bool { return c.Name == s })
	})
	f.count(&o.Rows, "rows", 0, 0, 1<<30, "rows of a case; 0 = as many as the case is about")
	f.count(&o.Repeats, "repeats", 3, 1, 99, "how often both sides are measured")
	f.duration(&o.Duration, "duration", 0, 0, time.Hour, "how long the cases latency, busy and idle take; 0 = 30s, 30s and 60s")
	f.text(&o.Tier, "tier", "file-durable", "storage mode of the server", "file-durable, file-fast or acid",
		func(s string) bool { return slices.Contains([]string{"file-durable", "file-fast", "acid"}, s) })
	f.text(&newest, "set", "", "more of the configuration of the servers that are measured, may be given again", "a variable such as DS_LIMITS__MAX_MEMORY_BYTES=1GiB", func(s string) bool {
		o.Set = append(o.Set, s)
		return strings.HasPrefix(s, "DS_") && strings.Contains(s, "=")
	})
	f.text(&o.Dir, "dir", "", "where both servers have their data; unset: where temporary files are", "a directory that the user postgres can enter",
		func(s string) bool { return s != "" })
	f.toggle(&o.JSON, "json", "print JSON objects instead of tables: one for what was measured on, one for each case")
	return func(ctx context.Context, env Env) error {
		return changes.Run(ctx, *o, changes.Env{
			Stdout: env.Stdout,
			Progress: func(what string, amount func(int64) string) changes.Progress {
				return env.Progress(what, amount)
			},
		})
	}
}

// caseNames lists the cases and what they are about.
func caseNames() string {
	var lines []string
	for _, c := range changes.Cases() {
		lines = append(lines, "\n        "+c.Name+": "+c.What)
	}
	return "one of" + strings.Join(lines, "")
}
