package workload

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// sessionsOfRound is more than any run has.
const sessionsOfRound = 1000

// Options of a run. The zero value is a run of eight sessions with the seed 0.
type Options struct {
	Seed     uint64
	Round    int           // of several runs in one database; rounds share no key
	Sessions int           // default 8
	BulkRows int           // rows of a large transaction, default 10000
	Pace     time.Duration // the wait of a session between two steps, default none
}

func (o Options) withDefaults() Options {
	if o.Sessions == 0 {
		o.Sessions = 8
	}
	if o.BulkRows == 0 {
		o.BulkRows = 10_000
	}
	return o
}

// Plan makes the steps of one session, one after the other. Two plans with the
// same options and session make the same steps.
type Plan struct {
	options Options
	session int
	random  *rand.Rand

	number int     // of the next step
	serial int     // of the next row that the session makes
	items  []int64 // keys that the session has made and not removed
	docs   []string
	pairs  []string
	bulk   int64 // first key of the bulk rows, 0 for none
}

// NewPlan returns the plan of a session, which counts from 0.
func NewPlan(o Options, session int) *Plan {
	session += o.Round * sessionsOfRound
	return &Plan{
		options: o.withDefaults(), session: session,
		random: rand.New(rand.NewPCG(o.Seed, uint64(session))),
	}
}

// kinds says how often each kind comes, in a hundred steps.
var kinds = []struct {
	kind  Kind
	often int
	make  func(*Plan, *Step)
}{
	{Transfer, 30, (*Plan).transfer},
	{Single, 22, (*Plan).single},
	{Toast, 16, (*Plan).toast},
	{KeyChange, 11, (*Plan).keyChange},
	{Savepoint, 8, (*Plan).savepoint},
	{Prepared, 6, (*Plan).prepared},
	{Copy, 3, (*Plan).copyRows},
	{Truncate, 3, (*Plan).truncate},
	{Bulk, 1, (*Plan).manyRows},
}

// Next returns the next step.
func (p *Plan) Next() Step {
	step := Step{Session: p.session, Number: p.number, Rollback: p.random.IntN(20) == 0}
	p.number++
	dice := p.random.IntN(100)
	for _, k := range kinds {
		if dice -= k.often; dice < 0 {
			step.Kind = k.kind
			k.make(p, &step)
			return step
		}
	}
	return step // never reached: the kinds add up to a hundred
}

// key returns a number that no other row has.
func (p *Plan) key() int64 {
	p.serial++
	return int64(p.session+1)*1_000_000_000 + int64(p.serial)
}

// pick takes one of the keys, and removes it if remove is set.
func pick[K any](p *Plan, keys *[]K, remove bool) (key K, found bool) {
	if len(*keys) == 0 {
		return key, false
	}
	i := p.random.IntN(len(*keys))
	key = (*keys)[i]
	if remove {
		*keys = append((*keys)[:i], (*keys)[i+1:]...)
	}
	return key, true
}

// text returns letters that do not repeat, so that nothing makes them short.
func (p *Plan) text(length int) string {
	text := make([]byte, length)
	for i := range text {
		text[i] = byte('a' + p.random.IntN(26))
	}
	return string(text)
}

// odd returns a text with whatever a key or a value has to be escaped for.
func (p *Plan) odd() string {
	odd := []string{`plain`, `comma, slash/ percent%`, `it''s "quoted" \ back`, "tab\tline\nend", `żółw 🐢`, ``}
	return odd[p.random.IntN(len(odd))]
}

// name returns a text key that no other row has, as odd as they come.
func (p *Plan) name() string { return fmt.Sprintf("%d %s", p.key(), p.odd()) }
