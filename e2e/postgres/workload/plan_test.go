package workload_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/e2e/postgres/workload"
)

func steps(o workload.Options, session, count int) []workload.Step {
	plan := workload.NewPlan(o, session)
	made := make([]workload.Step, count)
	for i := range made {
		made[i] = plan.Next()
	}
	return made
}

func TestPlanFollowsFromTheSeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := workload.Options{Seed: rapid.Uint64().Draw(t, "seed"), BulkRows: 10}
		session := rapid.IntRange(0, 20).Draw(t, "session")
		first := steps(o, session, 50)
		if again := steps(o, session, 50); !reflect.DeepEqual(again, first) {
			t.Errorf("seed %d: got other steps the second time", o.Seed)
		}
		o.Seed++
		if other := steps(o, session, 50); reflect.DeepEqual(other, first) {
			t.Errorf("seeds %d and %d: got the same steps", o.Seed-1, o.Seed)
		}
	})
}

func TestPlanHasEveryKind(t *testing.T) {
	seen := map[workload.Kind]int{}
	rollbacks := 0
	for _, step := range steps(workload.Options{Seed: 1, BulkRows: 10}, 0, 1000) {
		if len(step.Statements) == 0 {
			t.Fatalf("step %d (%s): got no statement", step.Number, step.Kind)
		}
		seen[step.Kind]++
		if step.Rollback {
			rollbacks++
		}
	}
	if len(seen) != 9 || rollbacks == 0 {
		t.Errorf("got %v and %d rollbacks in 1000 steps, want all nine kinds and some rollbacks", seen, rollbacks)
	}
}

var payment = regexp.MustCompile(`balance ([-+]) (-?\d+)`)

// TestMoneyOnlyMoves holds that no transaction makes or destroys any.
func TestMoneyOnlyMoves(t *testing.T) {
	for _, step := range steps(workload.Options{Seed: 2, BulkRows: 10}, 3, 500) {
		sum, paid := 0, 0
		for _, statement := range step.Statements {
			for _, found := range payment.FindAllStringSubmatch(statement.SQL, -1) {
				amount, err := strconv.Atoi(found[2])
				if err != nil {
					t.Fatal(err)
				}
				if found[1] == "-" {
					amount = -amount
				}
				sum, paid = sum+amount, paid+1
			}
		}
		if sum != 0 || (step.Kind == workload.Transfer && paid != 2) {
			t.Errorf("step %d (%s): got %d payments with the sum %d, want the sum 0", step.Number, step.Kind, paid, sum)
		}
	}
}

func TestSessionsKeepApart(t *testing.T) {
	keys := map[string]string{}
	insert := regexp.MustCompile(`insert into (\w+) values \(('[^']*'|\d+, '[^']*'|\d+)`)
	for session := range 8 {
		// The second four are those of another round.
		o := workload.Options{Seed: 3, Round: session / 4, BulkRows: 10}
		for _, step := range steps(o, session%4, 300) {
			for _, statement := range step.Statements {
				for _, found := range insert.FindAllString(statement.SQL, -1) {
					key, who := found, fmt.Sprintf("session %d of round %d, step %d", session%4, o.Round, step.Number)
					if other, taken := keys[key]; taken {
						t.Errorf("%s: got %q, which %s inserts as well", who, key, other)
					}
					keys[key] = who
				}
			}
		}
	}
	if len(keys) < 500 {
		t.Errorf("got %d inserts, want some hundreds: nothing is known about the others", len(keys))
	}
}

func TestLedgerTellsTheSeed(t *testing.T) {
	ledger := workload.Ledger{Options: workload.Options{Seed: 4711}}
	if got := ledger.String(); !strings.Contains(got, "4711") {
		t.Errorf("got %q, want the seed in it", got)
	}
}
