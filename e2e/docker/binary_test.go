package docker_test

import (
	"debug/buildinfo"
	"debug/elf"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestBinaryIsStatic: the image has no libraries and no loader.
func TestBinaryIsStatic(t *testing.T) {
	cmd := exec.Command("ldd", weirBinary)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	// ldd exits with 1 for what it is to find here, so only its words count.
	out, _ := cmd.CombinedOutput()
	if !strings.Contains(string(out), "not a dynamic executable") {
		t.Errorf("ldd: got %q, want not a dynamic executable", out)
	}

	file, err := elf.Open(weirBinary)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the binary asks for a loader")
		}
	}
	if libraries, err := file.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("libraries: got %v, %v, want none", libraries, err)
	}
	if file.Section(".symtab") != nil || file.Section(".debug_info") != nil {
		t.Error("the binary has symbols or debug information, want it stripped")
	}
}

// TestBinaryNamesNoMachine: built anywhere, it is the same and shows no local paths.
func TestBinaryNamesNoMachine(t *testing.T) {
	info, err := buildinfo.ReadFile(weirBinary)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, s := range info.Settings {
		got[s.Key] = s.Value
	}
	for key, want := range map[string]string{"-trimpath": "true", "CGO_ENABLED": "0"} {
		if got[key] != want {
			t.Errorf("build setting %s: got %q, want %q", key, got[key], want)
		}
	}
}
