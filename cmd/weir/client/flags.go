package client

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/weirstreams/weir/limits"
)

// flags reads the command line of one command. Its flag.FlagSet is the one place
// where flags are written down.
type flags struct {
	set     *flag.FlagSet
	general *general
	work    work
}

// newFlags registers the flags of a command, for a session that has all of them
// after parse.
func newFlags(c command, s *session) *flags {
	f := &flags{set: flag.NewFlagSet(c.name, flag.ContinueOnError), general: &s.general}
	f.set.SetOutput(io.Discard)
	f.general.register(f)
	f.work = c.setUp(f)
	if f.set.Lookup("retries") == nil {
		f.count(&f.general.retries, "retries", 5, "send a request again so often, a `NUMBER`, where that cannot do its work twice")
	}
	s.args = f.args
	return f
}

// parse reads the command line. Flags may stand before, between and after
// arguments, until "--".
func (f *flags) parse(args []string) error {
	var plain []string
	for {
		if err := f.set.Parse(args); err != nil {
			return err
		}
		rest := f.set.Args()
		if read := len(args) - len(rest); len(rest) == 0 || read > 0 && args[read-1] == "--" {
			plain = append(plain, rest...)
			break
		}
		plain, args = append(plain, rest[0]), rest[1:]
	}
	// What follows "--" is no flag to the set, which then keeps it as it is.
	return f.set.Parse(append([]string{"--"}, plain...))
}

// args returns the arguments that are no flags.
func (f *flags) args() []string { return f.set.Args() }

// text registers a flag with a value that is taken as it is.
func (f *flags) text(p *string, name, preset, help string) {
	f.set.StringVar(p, name, preset, help)
}

// toggle registers something that is done when the flag is there.
func (f *flags) toggle(p *bool, name, help string) {
	f.set.BoolVar(p, name, false, help)
}

// many registers a flag that may be given several times.
func (f *flags) many(p *[]string, name, help string) {
	f.set.Func(name, help, func(s string) error {
		*p = append(*p, s)
		return nil
	})
}

// duration registers a length of time.
func (f *flags) duration(p *time.Duration, name string, preset time.Duration, help string) {
	*p = preset
	f.set.Func(name, fmt.Sprintf("%s (default %s)", help, preset), func(s string) (err error) {
		if *p, err = time.ParseDuration(s); err != nil || *p <= 0 {
			return errors.New("want a time above 0 such as 500ms, 30s or 5m")
		}
		return nil
	})
}

// count registers a whole number from 0 on.
func (f *flags) count(p *int, name string, preset int, help string) {
	*p = preset
	f.set.Func(name, fmt.Sprintf("%s (default %d)", help, preset), func(s string) (err error) {
		if *p, err = strconv.Atoi(s); err != nil || *p < 0 || *p > math.MaxInt32 {
			return errors.New("want a whole number from 0 on")
		}
		return nil
	})
}

// size registers a number of bytes from least to most.
func (f *flags) size(p *int, name string, preset, least, most int, help string) {
	*p = preset
	f.set.Func(name, fmt.Sprintf("%s (default %s)", help, limits.Size(preset)), func(s string) error {
		n, err := limits.ParseSize(s)
		if err != nil || n < int64(least) || n > int64(most) {
			return fmt.Errorf("want a size from %s to %s", limits.Size(least), limits.Size(most))
		}
		*p = int(n)
		return nil
	})
}

// describe lists the flags by name.
func (f *flags) describe() []Flag {
	var all []Flag
	f.set.VisitAll(func(one *flag.Flag) {
		value, help := flag.UnquoteUsage(one)
		if one.DefValue != "" && value != "" {
			help += " (default " + one.DefValue + ")"
		}
		all = append(all, Flag{Name: one.Name, Value: strings.ToUpper(value), Help: help})
	})
	return all
}
