// Package nginx runs the nginx of the machine with docker/nginx.conf.
//
// What the tests run is the file that users get: a handful of its lines, listed
// in substitution.go, are changed so that it needs no rights and touches nothing
// outside a folder of the test. Start with Start; a Proxy ends with its test,
// and if the test failed, its log is printed.
package nginx

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/testcerts"
	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// How long nginx may take to listen, and to end.
const patience = 20 * time.Second

// binaries are where nginx is looked for, after the PATH. Debian puts it where
// only root's PATH leads.
var binaries = []string{"/usr/sbin/nginx", "/usr/local/sbin/nginx"}

// accessLog is the name of the log of requests.
const accessLog = "access.log"

// Proxy is a running nginx. Its methods must be called from the test's
// goroutine, except URL and TLS.
type Proxy struct {
	t      testing.TB
	dir    string
	port   int
	signed *testcerts.Authority // nginx's certificate
	pair   testcerts.Files
	cmd    *exec.Cmd
	log    output
	done   chan struct{} // closed when the master process has ended
}

// Require returns the path of nginx. Without one it fails the test and says what
// to install; with -short it skips the test instead.
func Require(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("nginx"); err == nil {
		return path
	}
	for _, path := range binaries {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	const what = "nginx is missing; run: apt-get update && apt-get install -y nginx-light"
	if testing.Short() {
		t.Skip(what)
	}
	t.Fatal(what)
	return ""
}

// Start runs nginx with the configuration file, in front of upstream, an address
// with a port, and returns when it listens. changes are made to the file beside
// those that it needs anyway.
func Start(t testing.TB, file, upstream string, changes ...Change) *Proxy {
	t.Helper()
	binary := Require(t)
	p := &Proxy{t: t, dir: t.TempDir(), port: weirtest.FreePort(t), done: make(chan struct{})}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p.signed = testcerts.NewAuthority(t, "nginx")
	p.pair = p.signed.Issue(t, "nginx", testcerts.Now()).Files(t)
	conf, err := substitute(string(text), append(p.place(upstream), changes...))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	p.write("nginx.conf", conf)
	p.cmd = exec.Command(binary, "-p", p.dir, "-c", "nginx.conf", "-e", "stderr", "-g", "daemon off;")
	p.cmd.Stderr = &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start nginx: %v", err)
	}
	t.Cleanup(p.stop)
	go func() {
		// How nginx ended is read from ProcessState; Wait's error adds nothing.
		_ = p.cmd.Wait()
		close(p.done)
	}()
	p.awaitListener()
	return p
}

// URL returns the origin that clients use, such as https://127.0.0.1:8443.
func (p *Proxy) URL() string {
	return "https://" + p.Addr()
}

// Addr returns the address and port that clients connect to.
func (p *Proxy) Addr() string {
	return fmt.Sprintf("127.0.0.1:%d", p.port)
}

// TLS returns a configuration that trusts nginx's certificate.
func (p *Proxy) TLS() *tls.Config {
	return p.signed.Client()
}

// Reload lets new workers take over with the configuration read anew. The old
// ones end when their connections do, or when worker_shutdown_timeout is over.
func (p *Proxy) Reload() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		p.t.Fatalf("reload nginx: %v", err)
	}
}

// Files returns the files in one of nginx's folders, such as Bodies.
func (p *Proxy) Files(folder string) []string {
	p.t.Helper()
	var files []string
	err := filepath.WalkDir(filepath.Join(p.dir, folder), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return files
}

// Served returns what nginx has logged of the requests it has answered, a line
// each, as log_format in the configuration says.
func (p *Proxy) Served() string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, accessLog))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

func (p *Proxy) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *Proxy) awaitListener() {
	p.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		select {
		case <-p.done:
			p.t.Fatalf("nginx did not start; it said:\n%s", &p.log)
		default:
		}
		if c, err := net.Dial("tcp", p.Addr()); err == nil {
			c.Close()
			return
		}
	}
	p.t.Fatalf("nginx does not listen after %s; it said:\n%s", patience, &p.log)
}

// failures are the levels of what must not happen in any test.
var failures = regexp.MustCompile(`(?m)^.*\[(alert|crit|emerg)\].*$`)

func (p *Proxy) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Errorf("nginx still runs %s after SIGTERM", patience)
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	for _, line := range failures.FindAllString(p.log.String(), -1) {
		p.t.Errorf("nginx said: %s", line)
	}
	if p.t.Failed() {
		p.t.Logf("log of nginx:\n%s", &p.log)
	}
}

// output collects what nginx says.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

// maxOutput bounds what is kept, in bytes; the beginning stays.
const maxOutput = 32 << 10

// Write implements io.Writer and never fails.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.text.Len() < maxOutput {
		o.text.Write(b)
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
