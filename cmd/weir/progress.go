package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// progress shows how far a long command is: in a line that is drawn again and
// again on a terminal, in the log elsewhere. One goroutine uses it.
type progress struct {
	w        io.Writer
	terminal bool
	log      zerolog.Logger
	what     string             // is being done
	amount   func(int64) string // how numbers are shown

	drawn bool
	told  time.Time // when the log was written to last
}

const (
	barWidth = 30
	// logEvery is from one line of the log to the next. A terminal is drawn on as
	// often as there is news.
	logEvery = 5 * time.Second
	// eraseLine goes to the beginning of a terminal's line and empties it.
	eraseLine = "\r\x1b[K"
)

// at shows that so much of the total is done, which is -1 when nobody knows it.
func (p *progress) at(done, total int64) {
	if p.terminal {
		p.drawn = true
		fmt.Fprint(p.w, eraseLine+p.line(done, total))
		return
	}
	if now := time.Now(); now.Sub(p.told) >= logEvery {
		p.told = now
		line := p.log.Info().Str("done", p.amount(done))
		if total >= 0 {
			line.Str("total", p.amount(total))
		}
		line.Msg(p.what)
	}
}

// line is the line on a terminal.
func (p *progress) line(done, total int64) string {
	if total < 0 {
		return fmt.Sprintf("%s: %s", p.what, p.amount(done))
	}
	part := 1.0
	if total > 0 {
		part = float64(done) / float64(total)
	}
	full := int(part * barWidth)
	bar := strings.Repeat("=", full) + strings.Repeat(" ", barWidth-full)
	return fmt.Sprintf("%s [%s] %3d%% %s of %s", p.what, bar, int(part*100), p.amount(done), p.amount(total))
}

// end takes the line away.
func (p *progress) end() {
	if p.drawn {
		fmt.Fprint(p.w, eraseLine)
	}
}
