package docker_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/docker/dockerfile"
)

const (
	root   = "../.."
	folder = root + "/docker"
)

// weirBinary is built by TestMain with the image's own command. It is never the binary
// of WEIR_BINARY: what that was built with is another question.
var weirBinary string

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "weir-image-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	// Another user runs it, see TestImageRuns.
	if err := os.Chmod(dir, 0o755); err != nil {
		return 0, err
	}
	line, output, err := buildCommand()
	if err != nil {
		return 0, err
	}
	weirBinary = filepath.Join(dir, "weir")
	cmd := exec.Command("sh", "-c", strings.Replace(line, output, weirBinary, 1))
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", line, err, out)
	}
	return m.Run(), nil
}

// buildCommand returns the command line that builds the image's binary, and the path
// in it that the binary gets.
func buildCommand() (line, output string, err error) {
	stages, err := image()
	if err != nil {
		return "", "", err
	}
	for _, run := range stages[0].All("RUN") {
		words := strings.Fields(run.Args)
		at := slices.Index(words, "-o")
		if strings.Contains(run.Args, "go build ") && at >= 0 && at+1 < len(words) {
			return run.Args, words[at+1], nil
		}
	}
	return "", "", errors.New("docker/Dockerfile: its first stage has no RUN with go build and -o")
}

// image returns the stages of docker/Dockerfile.
func image() ([]dockerfile.Stage, error) {
	text, err := os.ReadFile(filepath.Join(folder, "Dockerfile"))
	if err != nil {
		return nil, err
	}
	all, err := dockerfile.Parse(string(text))
	if err != nil {
		return nil, err
	}
	return dockerfile.Stages(all)
}

// finalStage is the stage that becomes the image.
func finalStage(t *testing.T) dockerfile.Stage {
	t.Helper()
	stages, err := image()
	if err != nil {
		t.Fatal(err)
	}
	return stages[len(stages)-1]
}

// read returns a file of docker/.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
