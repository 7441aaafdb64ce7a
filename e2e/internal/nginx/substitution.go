package nginx

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Change puts To in the place of From, which must be in the configuration
// exactly once.
type Change struct {
	From, To string
}

// Folders of nginx that Files looks into.
const (
	Bodies  = "body"  // bodies of requests that were not streamed
	Answers = "proxy" // answers that did not fit into memory
	Cache   = "cache" // what is cached
)

// place moves the configuration into the folder of the test: the port and the
// paths. The user becomes whoever runs the test, to whom the folder belongs, and
// who may not be allowed to raise the limit of open files.
func (p *Proxy) place(upstream string) []Change {
	in := func(name string) string { return filepath.Join(p.dir, name) }
	for _, folder := range []string{Bodies, Answers, Cache} {
		if err := os.Mkdir(in(folder), 0o700); err != nil {
			p.t.Fatal(err)
		}
	}
	user := "user www-data;"
	changes := []Change{
		{"/run/nginx.pid", in("pid")},
		{"/var/log/nginx/error.log", "stderr"},
		{"/var/log/nginx/weir.log", in(accessLog)},
		{"/var/cache/nginx/weir", in(Cache)},
		{"/etc/nginx/weir.crt", p.pair.Cert},
		{"/etc/nginx/weir.key", p.pair.Key},
		{"server 127.0.0.1:4437;", "server " + upstream + ";"},
		{"listen 443 ", "listen " + p.Addr() + " "},
		{"worker_rlimit_nofile 65536;", ""},
		{"http {\n", "http {\n" +
			"client_body_temp_path " + in(Bodies) + ";\n" +
			"proxy_temp_path " + in(Answers) + ";\n"},
	}
	if os.Geteuid() == 0 {
		return append(changes, Change{user, "user root;"})
	}
	return append(changes, Change{user, ""})
}

// substitute makes each change once, and reports what the text does not have.
func substitute(text string, changes []Change) (string, error) {
	for _, c := range changes {
		if n := strings.Count(text, c.From); n != 1 {
			return "", fmt.Errorf("got %q %d times, want it once", c.From, n)
		}
		text = strings.Replace(text, c.From, c.To, 1)
	}
	return text, nil
}
