package atomic

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/weirstreams/weir/e2e/postgres/fold"
)

// ConstantSum returns the Judge for a table in which a column always adds up to
// the same, from the transaction on that fills it.
func ConstantSum(typeName, column string, want int) Judge {
	return func(s *fold.State) error {
		rows := s.Type(typeName)
		if len(rows) == 0 {
			return nil
		}
		sum := 0
		for key, row := range rows {
			n, err := strconv.Atoi(strings.TrimSpace(row[column]))
			if err != nil {
				return fmt.Errorf("%s of %q: %w", column, key, err)
			}
			sum += n
		}
		if sum != want {
			return fmt.Errorf("got the sum %d over %d rows, want %d", sum, len(rows), want)
		}
		return nil
	}
}

// Anything is the Judge that finds nothing wrong.
func Anything(*fold.State) error { return nil }
