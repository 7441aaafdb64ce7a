package config_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/config"
)

const pipelinesFile = "DS_SYNC__CONFIG_FILE=pipelines.yaml"

// loadPipelines loads a file with this text beside variables.
func loadPipelines(text string, environ ...string) (config.Config, error) {
	cfg, _, err := config.LoadReading(append(environ, pipelinesFile), text, nil)
	return cfg, err
}

func TestPipelinesOfAFile(t *testing.T) {
	const text = `
- slot: a
  database_url: postgres://h/a
  tables: public.*
  heartbeat: off
  slot_drop_on_exit: true
  lag_warn_seconds: 5
- {database_url: host=h, headers: , tables: "*.*"}
`
	cfg, err := loadPipelines(text, "DS_SYNC__HEADERS=extended", "DS_SYNC__INT8=string", "DS_SYNC__SNAPSHOT_RATE=7")
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Pipelines) != 2 {
		t.Fatalf("got %d pipelines, want 2", len(cfg.Pipelines))
	}
	a, b := cfg.Pipelines[0], cfg.Pipelines[1]
	for _, test := range []struct {
		about     string
		got, want any
	}{
		{"a slot", a.Source.Slot, "a"},
		{"the default slot", b.Source.Slot, "ds_sync"},
		{"a database", a.Source.URL, "postgres://h/a"},
		{"another database", b.Source.URL, "host=h"},
		{"a word that YAML may take for another", a.Flow.Heartbeat, "off"},
		{"a truth", a.Source.DropSlotOnExit, true},
		{"what a truth is without", b.Source.DropSlotOnExit, false},
		{"a number", a.Flow.LagWarn.Seconds(), 5.0},
		{"a text in quotes", b.Routes.Tables, "*.*"},
		{"a variable for the first", a.Events.Int8, "string"},
		{"a variable for the second", b.Events.Int8, "string"},
		{"another variable", a.Snapshot.Rate, int64(7)},
		{"a variable that is said otherwise", a.Events.Headers, "extended"},
		{"a key with nothing behind it", b.Events.Headers, "strict"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %v, want %v", test.about, test.got, test.want)
		}
	}
}

// Without a file there is what the variables describe.
func TestPipelineOfVariables(t *testing.T) {
	cfg, _, err := config.Load([]string{"DS_SYNC__DATABASE_URL=host=h", "DS_SYNC__TABLES=a.*"})
	if err != nil || len(cfg.Pipelines) != 1 || cfg.Pipelines[0] != cfg.Sync {
		t.Errorf("got %d pipelines and %v, want the one of the variables", len(cfg.Pipelines), err)
	}
	if cfg, _, err := config.Load(nil); err != nil || cfg.Pipelines != nil {
		t.Errorf("got %d pipelines and %v, want none without a database", len(cfg.Pipelines), err)
	}
}

func TestMistakesInAFile(t *testing.T) {
	const whole = "database_url: host=h, tables: a.*"
	for _, test := range []struct {
		about   string
		text    string
		environ []string
		want    []string // the messages behind the name of the variable, each to its end or to ...
	}{
		{"nothing", "", nil, []string{": want a list of pipelines, each beginning with - and its keys, not nothing"}},
		{"a comment", "# none\n", nil, []string{": want a list of pipelines..."}},
		{"no list", "slot: a\n", nil, []string{": want a list of pipelines, each beginning with - and its keys, not keys with values..."}},
		{"an empty list", "[]", nil, []string{": the list has 0 pipelines, want 1 to 64"}},
		{"too many", strings.Repeat("- {}\n", 65), nil, []string{": the list has 65 pipelines, want 1 to 64"}},
		{"several documents", "- {}\n---\n- {}\n", nil, []string{": the file has several documents, want one"}},
		{"no YAML", "- slot: {\n", nil, []string{`: "yaml: ...`}},
		{"a text for a pipeline", "- slot\n", nil, []string{", line 1, pipeline 1: want keys with values here, not a text", ", line 1, pipeline 1: database_url is missing..."}},
		{"no database", "- {slot: a, tables: a.*}\n", nil, []string{`, line 1, pipeline "a": database_url is missing: want the database whose changes come in`}},
		{"a database of nothing", "- {slot: a, database_url: , tables: a.*}\n", []string{"DS_SYNC__DATABASE_URL=host=h"}, []string{`, line 1, pipeline "a": database_url is missing...`}},
		{"a wrong value that is not compared", "- {slot: a, backoff_max: soon, " + whole + "}", nil, []string{`, line 1, pipeline "a": backoff_max="soon": want...`}},
		{"no tables", "- slot: a\n  database_url: host=h\n", nil, []string{`, line 1, pipeline "a": database_url without tables: want the tables whose changes come in, such as public.*`}},
		{"an unknown key", "- slto: a\n  " + strings.ReplaceAll(whole, ", ", "\n  "), nil,
			[]string{", line 1, pipeline 1: slto is not a known key; the nearest known one is slot"}},
		{"a key in capitals", "- {DS_SYNC__TABLE: a.*, " + whole + "}", nil,
			[]string{", line 1, pipeline 1: DS_SYNC__TABLE is not a known key; the nearest known one is tables"}},
		{"the key of the file itself", "- {config_file: x, " + whole + "}", nil, []string{", line 1, pipeline 1: config_file is not a known key..."}},
		{"a key twice", "- {slot: a, slot: b, " + whole + "}", nil, []string{`, line 1, pipeline "a": slot twice`}},
		{"a key that is no text", "- {[slot]: a, " + whole + "}", nil, []string{", line 1, pipeline 1: want the name of a variable in lower case for a key"}},
		{"a template without quotes", "- type_template: {table}\n  slot: a\n  database_url: host=h\n  tables: a.*\n", nil,
			[]string{`, line 1, pipeline "a": type_template: want a text here, not keys with values; put a text that begins with { in quotes`}},
		{"a list of tables", "- {slot: a, database_url: host=h, tables: [a.b, a.c]}", nil,
			[]string{`, line 1, pipeline "a": tables: want a text here, not a list; write several names as one text, with commas between them`, `, line 1, pipeline "a": database_url without tables...`}},
		{"an alias", "- {slot: *a, " + whole + "}", nil, []string{": the file has an alias, which begins with *: put a text that does in quotes"}},
		{"an anchor", "- {slot: &a b, " + whole + "}", nil, []string{", line 1, pipeline 1: slot: want a text here, not an alias or an anchor..."}},
		{"a wrong value", "- {slot: a, slot_mode: both, " + whole + "}", nil, []string{`, line 1, pipeline "a": slot_mode="both": want auto, persistent or temporary`}},
		{"a wrong slot", "- {slot: A, " + whole + "}", nil, []string{`, line 1, pipeline 1: slot="A": want at most 63 lower-case letters, digits and _`}},
		{"keys that contradict each other", "- {slot: a, backoff_min: 1m, " + whole + "}", nil, []string{`, line 1, pipeline "a": backoff_min=1m with backoff_max=30s: want the first at most the second`}},
		{"a key that contradicts a variable", "- {slot: a, slot_mode: temporary, " + whole + "}", []string{"DS_SYNC__SLOT_FAILOVER=on"},
			[]string{`, line 1, pipeline "a": slot_mode=temporary with DS_SYNC__SLOT_FAILOVER=on: standbys keep persistent slots only, want one or the other`}},
		{"a key that contradicts a limit", "- {slot: a, " + whole + "}", []string{"DS_LIMITS__MAX_STREAM_NAME_SEGMENTS=2"},
			[]string{`, line 1, pipeline "a": stream_template="pg/{schema}/{table}" with DS_LIMITS__MAX_STREAM_NAME_SEGMENTS=2...`}},
		{"one slot for two", "- {" + whole + "}\n\n- {slot: ds_sync, publication: p, " + whole + "}", nil,
			[]string{`, line 3, pipeline "ds_sync": slot="ds_sync" is also that of line 1: a pipeline is known by its slot, want another`}},
		{"one publication for two", "- {" + whole + "}\n- {slot: b, publication: 'p, ds_sync', " + whole + "}", nil,
			[]string{`, line 2, pipeline "b": publication="ds_sync" is also that of line 1, in the same database: each would take the other's tables out of it, want another, or publication_manage=off for both`}},
		{"one publication for two that look at it", "- {" + whole + "}\n- {slot: b, " + whole + "}", []string{"DS_SYNC__PUBLICATION_MANAGE=off"}, nil},
		{"publications of two databases", "- {" + whole + "}\n- {slot: b, database_url: host=h dbname=other, tables: a.*}", nil, nil},
		{"everything at once", "- {slot: a, int8: word, tost: 1}\n- {slot: a, tables: x, database_url: host=h}\n", nil, []string{
			`, line 1, pipeline "a": tost is not a known key; the nearest known one is toast`,
			`, line 1, pipeline "a": int8="word": want number or string`,
			`, line 1, pipeline "a": database_url is missing: want the database whose changes come in`,
			`, line 2, pipeline "a": tables="x": ...`,
			`, line 2, pipeline "a": slot="a" is also that of line 1: a pipeline is known by its slot, want another`,
		}},
	} {
		_, err := loadPipelines(test.text, test.environ...)
		got := textsOf(problemsOf(t, err))
		same := slices.EqualFunc(got, test.want, func(got, want string) bool {
			want = "DS_SYNC__CONFIG_FILE" + want
			begin, cut := strings.CutSuffix(want, "...")
			return got == want || cut && strings.HasPrefix(got, begin)
		})
		if !same {
			t.Errorf("%s: got the messages\n%s\nwant\n%s", test.about, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
}

// A variable that is wrong is told of once, and not compared with what an entry says.
func TestWrongVariableBesideAFile(t *testing.T) {
	_, err := loadPipelines("- {slot: a, database_url: host=h, tables: a.*, slot_mode: temporary}\n- {slot: b, publication: b, database_url: host=h, tables: a.*}",
		"DS_SYNC__SLOT_FAILOVER=maybe", "DS_SERVER__PORT=x")
	var names []string
	for _, p := range problemsOf(t, err) {
		names = append(names, p.Names...)
	}
	if want := []string{"DS_SERVER__PORT", "DS_SYNC__SLOT_FAILOVER"}; !slices.Equal(names, want) {
		t.Errorf("got problems with %q, want %q", names, want)
	}
}

// One that an entry says otherwise does not hide what is wrong there.
func TestReplacedVariableBesideAFile(t *testing.T) {
	_, err := loadPipelines("- {slot: a, database_url: host=h, tables: a.*, slot_mode: temporary, slot_failover: on}", "DS_SYNC__SLOT_FAILOVER=maybe")
	if got := textsOf(problemsOf(t, err)); len(got) != 2 || !strings.Contains(got[1], "slot_mode=temporary with slot_failover=on") {
		t.Errorf("got the messages %q, want one of the variable and one of the entry", got)
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{&fs.PathError{Op: "open", Path: "pipelines.yaml", Err: syscall.ENOENT}, "no such file or directory"},
		{syscall.EIO, "input/output error"},
	} {
		_, _, err := config.LoadReading([]string{pipelinesFile}, "", test.err)
		want := `DS_SYNC__CONFIG_FILE="pipelines.yaml": ` + test.want + ": want a YAML list of pipelines"
		if got := textsOf(problemsOf(t, err)); !slices.Equal(got, []string{want}) {
			t.Errorf("%v: got the messages %q, want %q", test.err, got, want)
		}
	}
	long := filepath.Join(t.TempDir(), "long.yaml")
	if err := os.WriteFile(long, []byte(strings.Repeat("#", 1<<20+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := config.Load([]string{"DS_SYNC__CONFIG_FILE=" + long})
	if got := textsOf(problemsOf(t, err)); len(got) != 1 || !strings.Contains(got[0], "longer than 1048576 bytes") {
		t.Errorf("a long file: got the messages %q, want one that says so", got)
	}
}

// Whatever is wrong with a file, its passwords stay there.
func TestSecretsInAFile(t *testing.T) {
	for _, text := range []string{
		"- database_url: postgres://u:hidden@h:x/d\n", "- database_url: postgres://u:hid#hidden@h/d\n", "- database_url: *hidden\n",
		"- database_url: &hidden x\n", "- database_url: [hidden]\n", "- database_url: {hidden: 1}\n", "- database_ulr: host=h password=hidden\n",
		"- database_url: host=h password='hidden\n", "- {database_url: host=h, database_url: hidden}\n", "- {host=h password=hidden}\n", "- ? [hidden]\n  : x\n", "- hidden\n", "hidden", "- database_url: \"hidden\n",
		"- slot: a\n  database_url: host=h password=hidden\n  tables: x\n- slot: a\n  database_url: host=h password=hidden\n  tables: a.*",
	} {
		_, err := loadPipelines(text)
		if err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q: got %v, want a mistake without the password", text, err)
		}
	}
}

// The printed pipelines are a file with which the same ones come out.
func TestPrintedPipelinesLoadAgain(t *testing.T) {
	cfg, err := loadPipelines("- {slot: a, database_url: host=h, tables: 'a.*,a.\"B\"', query_url: 'host=h password=secret'}\n", "DS_SYNC__INT8=string")
	if err != nil {
		t.Fatal(err)
	}
	var again strings.Builder
	for _, line := range printedLines(t, cfg) {
		if strings.Contains(line, "secret") {
			t.Errorf("got the line %q, want the password masked", line)
		}
		if text, found := strings.CutPrefix(line, "# "); found && text != "DS_SYNC__CONFIG_FILE:" {
			again.WriteString(strings.ReplaceAll(text, "********", "secret") + "\n")
		}
	}
	got, err := loadPipelines(again.String())
	if err != nil || !reflect.DeepEqual(got.Pipelines, cfg.Pipelines) {
		t.Errorf("load of\n%s: got %+v and %v, want %+v", &again, got.Pipelines, err, cfg.Pipelines)
	}
}
