package completion_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/completion"
)

var update = flag.Bool("update", false, "write the scripts of testdata anew")

// commands has everything that a shell might stumble over.
var commands = []completion.Command{
	{Name: "serve", About: "serve; it's $HOME `here`"},
	{Name: "read", About: "print: all", Flags: []completion.Flag{
		{Name: "--offset", About: "from here: it's $HOME or `there`"}, {Name: "--json", About: "[objects]"},
	}},
	{Name: "completion", About: "print this", Words: []string{"bash", "zsh"}},
}

func script(t *testing.T, shell string) string {
	t.Helper()
	s, ok := completion.Script(shell, commands)
	if !ok {
		t.Fatalf("script for %s: got none, want one", shell)
	}
	return s
}

func TestScripts(t *testing.T) {
	for _, shell := range []string{completion.Bash, completion.Zsh} {
		got, file := script(t, shell), filepath.Join("testdata", shell+".golden")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("script for %s: got\n%s\nwant\n%s\n-update accepts it", shell, got, want)
		}
	}
	if _, ok := completion.Script("fish", commands); ok {
		t.Error("script for fish: got one, want none")
	}
}

// inBash runs bash with a script on standard input and returns the lines of the
// output.
func inBash(t *testing.T, script string) []string {
	t.Helper()
	cmd := exec.Command("bash", "--norc")
	cmd.Stdin = strings.NewReader(script + "\nexit 0\n")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("bash: got %v and %q, want status 0 and no complaint; the script was\n%s", err, &complaints, script)
	}
	return strings.FieldsFunc(string(out), func(c rune) bool { return c == '\n' })
}

// lines is a command line, of which the last word is being completed, and what is
// offered.
var lines = []struct {
	words []string
	want  []string
}{
	{[]string{""}, []string{"serve", "read", "completion"}},
	{[]string{"re"}, []string{"read"}},
	{[]string{"nothing"}, nil},
	{[]string{"read", "--"}, []string{"--offset", "--json"}},
	{[]string{"read", "name", "--o"}, []string{"--offset"}},
	{[]string{"read", ""}, nil},
	{[]string{"serve", "-"}, nil},
	{[]string{"completion", ""}, []string{"bash", "zsh"}},
	{[]string{"completion", "z"}, []string{"zsh"}},
	{[]string{"completion", "zsh", ""}, nil},
}

func TestBashCompletes(t *testing.T) {
	for _, tt := range lines {
		got := inBash(t, script(t, completion.Bash)+`
COMP_WORDS=(weir "`+strings.Join(tt.words, `" "`)+`")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_weir
for c in "${COMPREPLY[@]}"; do echo "$c"; done
`)
		if !slices.Equal(got, tt.want) {
			t.Errorf("weir %q: got %q, want %q", tt.words, got, tt.want)
		}
	}
}

// TestZshCompletes runs the script for zsh in bash, which understands as much of
// that language as the script uses. What zsh offers is what it hands to _describe,
// of which zsh itself takes the words that begin in the right way.
func TestZshCompletes(t *testing.T) {
	const stubs = `
compdef() { :; }
_files() { :; }
_describe() {
	local -n offered=${!#}
	local one
	for one in "${offered[@]}"; do
		one=${one%%:*}
		if [[ $one == "$PREFIX"* ]]; then echo "$one"; fi
	done
}
funcstack=(none none)
`
	for _, tt := range lines {
		// Lists of zsh begin with 1.
		got := inBash(t, stubs+script(t, completion.Zsh)+`
words=(none weir "`+strings.Join(tt.words, `" "`)+`")
CURRENT=$((${#words[@]} - 1))
PREFIX=${words[CURRENT]}
_weir
`)
		if !slices.Equal(got, tt.want) {
			t.Errorf("weir %q: got %q, want %q", tt.words, got, tt.want)
		}
	}
}

// TestExplanationsSurviveQuoting holds that the shell reads what was written.
func TestExplanationsSurviveQuoting(t *testing.T) {
	got := inBash(t, `
compdef() { :; }
_describe() { local -n offered=${!#}; printf '%s\n' "${offered[@]}"; }
funcstack=(none none)
`+script(t, completion.Zsh)+`
words=(none weir ""); CURRENT=2; _weir
words=(none weir read -); CURRENT=3; PREFIX=-; _weir
`)
	want := []string{
		"serve:serve; it's $HOME `here`", "read:print: all", "completion:print this",
		"--offset:from here: it's $HOME or `there`", "--json:[objects]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q,\nwant %q", got, want)
	}
}
