package config_test

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/cmd/weir/config"
)

// printed is what Print writes, as a map from name to value.
func printed(t rapid.TB, cfg config.Config) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, line := range printedLines(t, cfg) {
		name, value, _ := strings.Cut(line, "=")
		values[name] = value
	}
	return values
}

func printedLines(t rapid.TB, cfg config.Config) []string {
	t.Helper()
	var out bytes.Buffer
	if err := config.Print(&out, cfg); err != nil {
		t.Fatalf("print: got %v, want no error", err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

// checkPrintLoads proves that the printed lines of cfg load as cfg, once masked
// secrets are what they were.
func checkPrintLoads(t rapid.TB, cfg config.Config) {
	t.Helper()
	lines := printedLines(t, cfg)
	for name, secret := range map[string]string{
		"DS_ADMIN__TOKEN": cfg.Admin.Token, "DS_SYNC__DATABASE_URL": cfg.Sync.Source.URL, "DS_SYNC__QUERY_URL": cfg.Sync.Source.QueryURL,
	} {
		i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, name+"=") })
		if strings.Contains(lines[i], "********") {
			lines[i] = name + "=" + secret
		}
	}
	again, _, err := config.Load(lines)
	if err != nil {
		t.Fatalf("load %q: got %v, want no error", lines, err)
	}
	if !reflect.DeepEqual(again, cfg) {
		t.Fatalf("load of printed lines: got %+v, want %+v", again, cfg)
	}
	values := slices.DeleteFunc(lines, isComment)
	if want := len(config.Reference()); len(values) != want {
		t.Fatalf("print: got %d lines %q, want %d", len(values), values, want)
	}
}

// isComment reports whether a line is none of a variable.
func isComment(line string) bool { return strings.HasPrefix(line, "#") }

func TestPrintLoadsAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		environ := slices.Clone(beside)
		for _, v := range allValues {
			if rapid.Bool().Draw(t, "set "+v.name) {
				value, _, _ := strings.Cut(rapid.SampledFrom(v.good).Draw(t, v.name), " > ")
				environ = append(environ, v.name+"="+value)
			}
		}
		cfg, _, err := config.Load(environ)
		if err != nil {
			// Only a contradiction can come of good values.
			for _, p := range problemsIn(err) {
				if len(p.Names) < 2 {
					t.Fatalf("load %q: got %v, want contradictions at most", environ, err)
				}
			}
			return
		}
		checkPrintLoads(t, cfg)
	})
}

func TestSecondsPrintExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg, _, err := config.Load(nil)
		if err != nil {
			t.Fatalf("load defaults: got %v, want no error", err)
		}
		nanoseconds := rapid.Int64Range(int64(10*time.Millisecond), int64(24*time.Hour)).Draw(t, "nanoseconds")
		cfg.Server.SSEReconnectInterval = time.Duration(nanoseconds)
		checkPrintLoads(t, cfg)
	})
}

func problemsIn(err error) []config.Problem {
	var list *config.Error
	if !errors.As(err, &list) {
		return []config.Problem{{}}
	}
	return list.Problems
}

func FuzzLoad(f *testing.F) {
	for i, v := range allValues {
		f.Add(uint8(i), v.good[0])
		f.Add(uint8(i), v.bad[0])
		f.Add(uint8(i), v.bad[len(v.bad)-1])
	}
	f.Fuzz(func(t *testing.T, variable uint8, value string) {
		name := allValues[int(variable)%len(allValues)].name
		cfg, _, err := config.Load(append(slices.Clip(beside), name+"="+value))
		if err == nil {
			checkPrintLoads(t, cfg)
			return
		}
		for _, p := range problemsOf(t, err) {
			if !strings.Contains(p.Text, name) || strings.Contains(p.Text, "\n") {
				t.Errorf("%s=%q: got message %q, want one line that names it", name, value, p.Text)
			}
		}
	})
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestPrintReturnsTheWritersError(t *testing.T) {
	want := errors.New("pipe closed")
	if got := config.Print(failingWriter{want}, config.Config{}); !errors.Is(got, want) {
		t.Errorf("print to a closed pipe: got %v, want %v", got, want)
	}
}

// withSecret stands for secrets that the real configuration does not have.
type withSecret struct {
	Sync struct {
		Token string `env:"TOKEN" secret:"true" form:"dir" help:"token"`
		Path  string `env:"PATH" secret:"true" form:"template" help:"name"`
		Pin   int    `env:"PIN" secret:"true" min:"1" max:"9999" help:"number"`
	} `envPrefix:"SYNC__"`
}

func TestSecretsAreMasked(t *testing.T) {
	var cfg withSecret
	problems, err := config.ParseInto(&cfg, []string{"DS_SYNC__TOKEN=hunter2", "DS_SYNC__PATH=..", "DS_SYNC__PIN=77777"})
	if err != nil || len(problems) != 2 {
		t.Fatalf("parse: got problems %q and error %v, want two problems", problems, err)
	}
	if text := problems[0].Text; strings.Contains(text, `".."`) {
		t.Errorf("problem of a secret: got %q, want no reason that repeats it", text)
	}
	if text := problems[1].Text; strings.Contains(text, "77777") || !strings.Contains(text, "DS_SYNC__PIN=") {
		t.Errorf("problem of a secret: got %q, want the name without the value", text)
	}

	var out bytes.Buffer
	if err := config.PrintFrom(&out, cfg); err != nil {
		t.Fatalf("print: got %v, want no error", err)
	}
	if want := "DS_SYNC__TOKEN=********\n"; cfg.Sync.Token != "hunter2" || !strings.HasPrefix(out.String(), want) {
		t.Errorf("print of %q: got %q, want it to start with %q", cfg.Sync.Token, out.String(), want)
	}
	out.Reset()
	if err := config.PrintFrom(&out, withSecret{}); err != nil || !strings.HasPrefix(out.String(), "DS_SYNC__TOKEN=\n") {
		t.Errorf("print of an unset secret: got %q and error %v, want it shown as unset", out.String(), err)
	}
}
