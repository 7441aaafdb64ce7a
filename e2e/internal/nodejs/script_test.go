package nodejs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/nodejs"
)

const talkative = `
const config = JSON.parse(process.argv[2])
console.log("a library's warning")
for (let n = 0; n < config.count; n++) console.log(JSON.stringify({ event: "step", n }))
console.log(JSON.stringify({ event: "done", text: "ü" }))
setInterval(() => {}, 1000) // runs until it is killed
`

func TestScriptEvents(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil && testing.Short() {
		t.Skip("node is not on the PATH")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "js"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "js", "talkative.mjs"), []byte(talkative), 0o644); err != nil {
		t.Fatal(err)
	}
	script := nodejs.Start(t, dir, "talkative.mjs", map[string]int{"count": 5})

	var step struct{ N int }
	script.AwaitFunc("step", 20*time.Second, func(e nodejs.Event) bool {
		e.Decode(t, &step)
		return step.N >= 3
	})
	if step.N != 3 {
		t.Errorf("got step %d, want 3", step.N)
	}
	var done struct{ Text string }
	script.Await("done", 20*time.Second).Decode(t, &done)
	if done.Text != "ü" {
		t.Errorf("got text %q, want %q", done.Text, "ü")
	}
}
