package changes

import (
	"context"
	"slices"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

// benchCase is one thing that is measured. run adds its figures.
type benchCase struct {
	name, what string
	run        func(ctx context.Context, l *lab, s *figures.Sheet) error
}

func cases() []benchCase {
	return []benchCase{
		{"large", "one transaction of 1,000,000 rows into one stream", throughput(largeLoad)},
		{"small16", "300,000 transactions of one row into 16 streams", throughput(smallLoad)},
		{"routed10k", "1,000,000 rows, 100 in each transaction, into 10,000 streams by column", throughput(routedLoad)},
		{"latency", "100 transactions a second for 30s: from before COMMIT is sent to the SSE event", latency},
		{"busy", "the same beside transactions of one row into 16 streams, at 70 % of the rate that both servers keep up with", busy},
		{"codec", "decoding a row and encoding its event, in this process", codec},
		{"copy", "1,000,000 rows that are there before, beside COPY to nowhere", copying},
		{"memory", "what a server grows by in a transaction of 1,000,000 rows", memory},
		{"idle", "60s without changes: processor time and syncs", idle},
	}
}

// Case is a name and what it stands for.
type Case struct{ Name, What string }

// Cases lists what can be measured.
func Cases() []Case {
	var list []Case
	for _, c := range cases() {
		list = append(list, Case{c.name, c.what})
	}
	return list
}

// chosen are the cases of these names, in the order of the table, or all.
func chosen(names []string) []benchCase {
	if len(names) == 0 {
		return cases()
	}
	return slices.DeleteFunc(cases(), func(c benchCase) bool { return !slices.Contains(names, c.name) })
}
