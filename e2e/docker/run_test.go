package docker_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// Far above what the server needs on a loaded machine.
const patience = 30 * time.Second

// nobody is a user who owns nothing, to whom the tests change when they run as root.
const nobody = 65534

// container is what the image's process gets to see: its settings and a directory that
// it cannot write.
type container struct {
	dir      string
	settings map[string]string
}

// TestImageRuns starts the server as the image does: another user, a read-only working
// directory and no place for temporary files. It has to become healthy by the word of
// the image's own health check, take an append, and end with status 0.
func TestImageRuns(t *testing.T) {
	c := newContainer(t)
	final := finalStage(t)
	health := words(t, final, "HEALTHCHECK")
	if out, err := c.command(health).CombinedOutput(); err == nil {
		t.Fatalf("health check without a server: got status 0 and %q, want a failure", out)
	}

	server := start(t, c.command(append(words(t, final, "ENTRYPOINT"), words(t, final, "CMD")...)))
	c.awaitHealth(t, health, server)
	c.append(t)
	server.stop(t)
	if entries, err := os.ReadDir(c.dir); err != nil || len(entries) > 0 {
		t.Errorf("the working directory has %v, %v, want it empty", entries, err)
	}
}

// process is the server's.
type process struct {
	cmd  *exec.Cmd
	log  bytes.Buffer  // complete once done is closed
	done chan struct{} // closed when the process has ended
	err  error         // how, once done is closed
}

// start starts the server, which ends with the test at the latest.
func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.log, &p.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		p.err = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // fails if it has ended
		<-p.done
		if t.Failed() {
			t.Logf("log of the server:\n%s", &p.log)
		}
	})
	return p
}

// stop sends what STOPSIGNAL says, and wants the server to end well.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
		if p.err != nil {
			t.Errorf("after SIGTERM: %v, want exit status 0", p.err)
		}
	case <-time.After(patience):
		t.Errorf("after SIGTERM: still running after %s", patience)
	}
}

// newContainer prepares directories, and the image's settings with a port and a data
// directory of the test's own.
func newContainer(t *testing.T) container {
	t.Helper()
	data, dir := openDir(t), openDir(t)
	if os.Geteuid() == 0 {
		if err := os.Chown(data, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	settings := imageSettings(t)
	settings["DS_STORAGE__DATA_DIR"] = filepath.Join(data, "streams")
	settings["DS_SERVER__PORT"] = strconv.Itoa(weirtest.FreePort(t))
	settings["TMPDIR"] = dir
	return container{dir, settings}
}

// openDir returns a directory that another user can get to, unlike t.TempDir.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir-container-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// command is a command of the image. Its first word stands for the binary.
func (c container) command(words []string) *exec.Cmd {
	cmd := exec.Command(weirBinary, words[1:]...)
	cmd.Dir = c.dir
	cmd.Env = environ(c.settings)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return cmd
}

// awaitHealth asks the health check until it is content.
func (c container) awaitHealth(t *testing.T, health []string, server *process) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var out []byte
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		var err error
		if out, err = c.command(health).CombinedOutput(); err == nil {
			return
		}
		select {
		case <-server.done:
			t.Fatalf("the server has ended: %v", server.err)
		case <-tick.C:
		}
	}
	t.Fatalf("not healthy after %s: %s", patience, out)
}

// append creates a stream with some bytes, so that something is stored, over HTTP/2
// without TLS, as envoy.yaml has it.
func (c container) append(t *testing.T) {
	t.Helper()
	url := fmt.Sprintf("http://127.0.0.1:%s/v1/stream/one", c.settings["DS_SERVER__PORT"])
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "text/plain")
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated || response.ProtoMajor != 2 {
		t.Errorf("create: got %s over %s, want 201 over HTTP/2", response.Status, response.Proto)
	}
}
