package e2e_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/testcerts"
	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// TestBadCertificatesStopTheStart: a server that was asked for TLS does not start
// without it, and says which variable is to blame.
func TestBadCertificatesStopTheStart(t *testing.T) {
	authority := testcerts.NewAuthority(t, "start")
	good := authority.Issue(t, "weir", testcerts.Now()).Files(t)
	other := authority.Issue(t, "other", testcerts.Now()).Files(t)
	now := time.Now()
	past := testcerts.Validity{From: now.AddDate(0, 0, -2), To: now.AddDate(0, 0, -1)}
	future := testcerts.Validity{From: now.AddDate(0, 0, 1), To: now.AddDate(0, 0, 2)}
	expired := authority.Issue(t, "weir", past).Files(t)
	early := authority.Issue(t, "weir", future).Files(t)
	missing := filepath.Join(t.TempDir(), "none.pem")

	const usage, failed = 2, 1
	tests := []struct {
		name string
		vars env
		code int
		want []string
	}{
		{"certificate only", env{"DS_TLS__CERT_PATH": good.Cert}, usage, []string{"DS_TLS__CERT_PATH without DS_TLS__KEY_PATH"}},
		{"key only", env{"DS_TLS__KEY_PATH": good.Key}, usage, []string{"DS_TLS__KEY_PATH without DS_TLS__CERT_PATH"}},
		{"authorities only", env{"DS_TLS__CLIENT_CA_PATH": good.Cert}, usage, []string{"DS_TLS__CLIENT_CA_PATH without"}},
		{"expired", encrypted(expired, nil), failed, []string{"DS_TLS__CERT_PATH=" + expired.Cert, "expired on " + past.To.UTC().Format(time.DateTime)}},
		{"early", encrypted(early, nil), failed, []string{"DS_TLS__CERT_PATH=" + early.Cert, "not valid before " + future.From.UTC().Format(time.DateTime)}},
		{"another's key", encrypted(testcerts.Files{Cert: good.Cert, Key: other.Key}, nil), failed,
			[]string{"DS_TLS__KEY_PATH=" + other.Key, "does not match", good.Cert}},
		{"no file", encrypted(testcerts.Files{Cert: missing, Key: good.Key}, nil), failed,
			[]string{"DS_TLS__CERT_PATH=" + missing, "no such file"}},
		{"no authorities", encrypted(good, env{"DS_TLS__CLIENT_CA_PATH": good.Key}), failed,
			[]string{"DS_TLS__CLIENT_CA_PATH=" + good.Key, "no certificate"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := weirtest.Config{Binary: weirBinary, Mode: "memory", Env: tt.vars}
			code, output := weirtest.RunRefused(t, cfg, patience)
			if code != tt.code {
				t.Errorf("got exit status %d, want %d:\n%s", code, tt.code, output)
			}
			for _, want := range tt.want {
				if !strings.Contains(output, want) {
					t.Errorf("got output %s\nwant it to contain %q", output, want)
				}
			}
			if strings.Contains(output, "serving") {
				t.Errorf("got %s, want no address served", output)
			}
		})
	}
}

// TestOtherClientsAreRefused: old versions of TLS, clients without TLS, and those
// that do not know the authority.
func TestOtherClientsAreRefused(t *testing.T) {
	authority := testcerts.NewAuthority(t, "others")
	files := authority.Issue(t, "weir", testcerts.Now()).Files(t)
	server := startEncrypted(t, "memory", encrypted(files, nil), authority.Client())

	for version, accepted := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		client := authority.Client()
		client.MinVersion, client.MaxVersion = version, version
		conn, err := tls.Dial("tcp", server.Addr(), client)
		if err == nil {
			conn.Close()
		}
		if (err == nil) != accepted {
			t.Errorf("%s: got error %v, want accepted %v", tls.VersionName(version), err, accepted)
		}
	}
	response, err := http.Get("http://" + server.Addr() + "/healthz")
	if err != nil {
		t.Fatalf("without TLS: got %v, want an answer that says what is wrong", err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); response.StatusCode != 400 || !strings.Contains(string(body), "HTTPS") {
		t.Errorf("without TLS: got status %d and %q, want 400 and a word of HTTPS", response.StatusCode, body)
	}
}

// TestClientCertificates: with authorities for clients, nobody is served without a
// certificate of theirs.
func TestClientCertificates(t *testing.T) {
	authority, stranger := testcerts.NewAuthority(t, "mine"), testcerts.NewAuthority(t, "stranger")
	pair := authority.Issue(t, "weir", testcerts.Now())
	known := authority.Client(authority.Issue(t, "client", testcerts.Now()))
	vars := encrypted(pair.Files(t), env{
		"DS_TLS__CLIENT_CA_PATH": authority.File(t), "DS_SERVER__LONG_POLL_TIMEOUT_SECS": shortPoll,
	})
	server := startEncrypted(t, "memory", vars, known)

	for _, l := range languages {
		if l.plain {
			continue
		}
		checkLanguage(t, l.dialect(t, server, known))
		for who, client := range map[string]*tls.Config{
			"nobody":   authority.Client(),
			"stranger": authority.Client(stranger.Issue(t, "client", testcerts.Now())),
		} {
			response, err := (&http.Client{Transport: l.transport(client)}).Get(server.URL() + "/healthz")
			if err == nil {
				response.Body.Close()
				t.Errorf("%s, %s: got status %d, want no answer", l.name, who, response.StatusCode)
			}
		}
	}
	checkHealth(t, server, vars, 0, "")
}

// TestHealthCheckKnowsItsServer: weir health accepts the certificate that it is
// configured with and no other, and does not condemn a server for files that it
// has refused.
func TestHealthCheckKnowsItsServer(t *testing.T) {
	t.Parallel()
	authority := testcerts.NewAuthority(t, "health")
	files := authority.Issue(t, "weir", testcerts.Now()).Files(t)
	other := authority.Issue(t, "weir", testcerts.Now()).Files(t)
	server := startEncrypted(t, "memory", encrypted(files, nil), authority.Client())

	checkHealth(t, server, encrypted(files, nil), 0, "")
	checkHealth(t, server, encrypted(other, nil), 1, "another certificate")
	if err := os.WriteFile(files.Key, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	checkHealth(t, server, encrypted(files, nil), 0, "would not start with its certificates")
}

// checkHealth runs weir health as a container does.
func checkHealth(t *testing.T, server *weirtest.Server, vars env, code int, want string) {
	t.Helper()
	_, port, _ := strings.Cut(server.Addr(), ":")
	all := env{"DS_SERVER__PORT": port}
	for name, value := range vars {
		all[name] = value
	}
	cmd := weirtest.Command(weirtest.Config{Binary: weirBinary, Mode: "memory", Env: all}, "health")
	out, _ := cmd.CombinedOutput() // the status says more
	if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(string(out), want) || want == "" && len(out) > 0 {
		t.Errorf("weir health: got exit status %d and %q, want %d and %q", got, out, code, want)
	}
}
