package bench

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// flags reads a command line. Every number has bounds, and help that names them.
type flags struct {
	set       *flag.FlagSet
	about     string // what is measured, for the help text
	described []described
}

type described struct {
	name, preset, help, allowed string
}

func newFlags(name string) *flags {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	return &flags{set: set}
}

func (f *flags) parse(args []string) error {
	if err := f.set.Parse(args); err != nil {
		return err
	}
	if rest := f.set.Args(); len(rest) > 0 {
		return fmt.Errorf("got the argument %q, want flags only", rest[0])
	}
	return nil
}

// count registers a whole number from least to most.
func (f *flags) count(p *int, name string, preset, least, most int, help string) {
	*p = preset
	f.add(described{name, strconv.Itoa(preset), help, fmt.Sprintf("a whole number from %d to %d", least, most)},
		func(s string) (ok bool) {
			n, err := strconv.Atoi(s)
			*p = n
			return err == nil && least <= n && n <= most
		})
}

// rate registers a number of something in a second, which may have a fraction.
func (f *flags) rate(p *float64, name string, preset, least, most float64, help string) {
	*p = preset
	text := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	f.add(described{name, text(preset), help, fmt.Sprintf("a number from %s to %s", text(least), text(most))},
		func(s string) bool {
			x, err := strconv.ParseFloat(s, 64)
			*p = x
			return err == nil && least <= x && x <= most
		})
}

// duration registers a length of time.
func (f *flags) duration(p *time.Duration, name string, preset, least, most time.Duration, help string) {
	*p = preset
	f.add(described{name, timeText(preset), help, fmt.Sprintf("a time from %s to %s, such as 500ms", timeText(least), timeText(most))},
		func(s string) bool {
			d, err := time.ParseDuration(s)
			*p = d
			return err == nil && least <= d && d <= most
		})
}

// timeText writes a time without the parts that are 0: 24h, not 24h0m0s.
func timeText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// size registers a number of bytes, which may have a suffix.
func (f *flags) size(p *int64, name string, preset, least, most int64, help string) {
	*p = preset
	f.add(described{name, sizeText(preset), help, fmt.Sprintf("a size from %s to %s", sizeText(least), sizeText(most))},
		func(s string) bool {
			n, err := parseSize(s)
			*p = n
			return err == nil && least <= n && n <= most
		})
}

// text registers words for which valid holds.
func (f *flags) text(p *string, name, preset, help, allowed string, valid func(string) bool) {
	*p = preset
	shown := preset
	if shown == "" {
		shown = "unset"
	}
	f.add(described{name, shown, help, allowed}, func(s string) bool {
		*p = s
		return valid(s)
	})
}

// toggle registers something that is done when the flag is there.
func (f *flags) toggle(p *bool, name, help string) {
	f.set.BoolVar(p, name, false, "")
	f.described = append(f.described, described{name, "off", help, "no value"})
}

// add registers a flag whose value set takes, unless it reports that it may not.
func (f *flags) add(d described, set func(string) (ok bool)) {
	f.described = append(f.described, d)
	f.set.Func(d.name, "", func(s string) error {
		if !set(s) {
			return errors.New("want " + d.allowed)
		}
		return nil
	})
}

var units = []struct {
	suffix string
	bytes  int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1}}

func parseSize(s string) (int64, error) {
	factor := int64(1)
	for _, u := range units {
		if digits, ok := strings.CutSuffix(s, u.suffix); ok {
			s, factor = digits, u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(s, 10, 63)
	if err == nil && int64(n) > math.MaxInt64/factor {
		return 0, errors.New("size is too large")
	}
	return int64(n) * factor, err
}

// sizeText writes a size with the largest suffix that divides it.
func sizeText(n int64) string {
	for _, u := range units[:3] {
		if n >= u.bytes && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.suffix
		}
	}
	return strconv.FormatInt(n, 10)
}
