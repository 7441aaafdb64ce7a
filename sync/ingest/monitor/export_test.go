package monitor

import (
	"time"

	"github.com/rs/zerolog"
)

// Judge is what holds readings against limits.
type Judge struct{ judge }

func NewJudge(log zerolog.Logger, limits Limits) *Judge {
	return &Judge{judge{log: log, limits: limits}}
}

func (j *Judge) Look(r Reading, lag time.Duration) (stop bool) { return j.look(r, lag) }
func (j *Judge) Reached(err error)                             { j.reached(err) }
