package docker_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/docker/dockerfile"
)

func TestDockerfileKeepsTheRules(t *testing.T) {
	found, err := dockerfile.Lint(read(t, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("docker/Dockerfile: %v", f)
	}
}

// TestImageHoldsTheBinary: what is built is what is started, and nothing but the
// prepared directories is in the image.
func TestImageHoldsTheBinary(t *testing.T) {
	_, output, err := buildCommand()
	if err != nil {
		t.Fatal(err)
	}
	final := finalStage(t)
	if final.Base != "scratch" {
		t.Errorf("the image is made FROM %s, want scratch", final.Base)
	}
	entrypoint := words(t, final, "ENTRYPOINT")
	copied := false
	for _, c := range final.All("COPY") {
		from, to, _ := strings.Cut(c.Args, " ")
		inside, ok := strings.CutPrefix(output, from)
		copied = copied || ok && to+inside == entrypoint[0]
	}
	if !copied {
		t.Errorf("no COPY brings %s of the build to %s, which ENTRYPOINT starts", output, entrypoint[0])
	}
	for name, want := range map[string]string{"STOPSIGNAL": "SIGTERM", "VOLUME": "/data", "EXPOSE": "4437", "USER": "65532:65532"} {
		if got, _ := final.Last(name); got.Args != want {
			t.Errorf("%s: got %q, want %q", name, got.Args, want)
		}
	}
}

// TestContextHasAllOfGit: leaving out a tracked file would mark every build as locally
// changed, and could leave out source.
func TestContextHasAllOfGit(t *testing.T) {
	ignored := strings.Fields(text(t, filepath.Join(root, ".gitignore")))
	for _, line := range strings.Split(strings.TrimSpace(read(t, "Dockerfile.dockerignore")), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if !slices.Contains(ignored, line) && !slices.Contains(ignored, strings.TrimPrefix(line, "**/")) {
			t.Errorf("docker/Dockerfile.dockerignore leaves out %s, which .gitignore does not", line)
		}
	}
}

// imageSettings are the variables that the image sets.
func imageSettings(t *testing.T) map[string]string {
	t.Helper()
	settings := make(map[string]string)
	for _, env := range finalStage(t).All("ENV") {
		pairs, err := env.Pairs()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pairs {
			settings[p.Name] = p.Value
		}
	}
	return settings
}

// words returns the exec form of an instruction. HEALTHCHECK has it after CMD.
func words(t *testing.T, stage dockerfile.Stage, name string) []string {
	t.Helper()
	i, ok := stage.Last(name)
	i.Args = strings.TrimPrefix(i.Args, "CMD ")
	list, exec := i.Exec()
	if !ok || !exec {
		t.Fatalf("docker/Dockerfile: %s %q, want it in exec form", name, i.Args)
	}
	return list
}

// weir runs the binary with nothing but settings in its environment, and returns what
// it prints. It fails the test if there is anything on standard error, where warnings go.
func weir(t *testing.T, settings map[string]string, args ...string) string {
	t.Helper()
	cmd := exec.Command(weirBinary, args...)
	cmd.Env = environ(settings)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Errorf("weir %s with %v: %v\n%s", strings.Join(args, " "), cmd.Env, err, &complaints)
	}
	return string(out)
}

// environ lists settings as a process gets them.
func environ(settings map[string]string) []string {
	list := []string{}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		list = append(list, name+"="+settings[name])
	}
	return list
}

// text returns any file.
func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
