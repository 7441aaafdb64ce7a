package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/config"
)

// values says of one variable what it accepts and what it refuses. A good value
// that Print would spell another way is followed by that spelling: "1024 > 1KiB".
type values struct {
	name string
	good []string
	bad  []string
}

// beside is what some values need beside them, and none minds.
var beside = []string{
	"DS_STORAGE__DATA_DIR=/var/lib/weir", "DS_TLS__CERT_PATH=cert.pem", "DS_TLS__KEY_PATH=key.pem",
	"DS_ADMIN__TOKEN=0123456789abcdef", "DS_SYNC__DATABASE_URL=postgres://h/d", "DS_SYNC__TABLES=public.*", "DS_SYNC__STREAM_TEMPLATE=one",
}

// allValues are those of every variable, in the order of the struct.
var allValues = slices.Concat(serverValues, syncValues)

var serverValues = []values{
	{"DS_INSTANCE_ID",
		[]string{"a", "weir-0.weir:4437", strings.Repeat("a", 128)},
		[]string{"a b", "a/b", "ä", "a\n", strings.Repeat("a", 129)}},
	{"DS_SERVER__HOST",
		[]string{"127.0.0.1", "0.0.0.0", "::", "::1", "fe80::1%eth0", "fe80::1%eth0.1", "localhost", "weir.example.com", "my_host", strings.Repeat("a", 63)},
		[]string{"localhost:80", "[::1]", "a b", "http://a", "a..b", ".", strings.Repeat("a", 64), strings.Repeat("ab.", 90) + "c", "a/b", "a\nb", "ä", "fe80::1%\neth0", "fe80::1%a b"}},
	{"DS_SERVER__PORT",
		[]string{"0", "1", "65535"},
		[]string{"abc", "-1", "65536", "80.5", "4294967376", "0x50", " 80", "99999999999999999999"}},
	{"DS_SERVER__LONG_POLL_TIMEOUT_SECS",
		[]string{"0.01", "0.5", "1.001", "30", "3600", "1e1 > 10"},
		[]string{"0", "0.009", "3600.001", "-1", "NaN", "Inf", "-Inf", "1e300", "30s", "half"}},
	{"DS_SERVER__SSE_RECONNECT_INTERVAL_SECS",
		[]string{"0", "0.01", "60", "86400"},
		[]string{"0.001", "86401", "-0.5", "NaN", "+Inf", "never"}},
	{"DS_SERVER__SSE_KEEPALIVE_SECS",
		[]string{"0.01", "0.25", "3600"},
		[]string{"0", "0.0099", "3601", "NaN", "15,5"}},
	{"DS_SERVER__PAGE_BYTES",
		[]string{"1024 > 1KiB", "4096 > 4KiB", "1GiB", "5MB", "1025 > 1025B"},
		[]string{"0", "1023", "1025MiB", "-1", "1.5MiB", "big", "9223372036854775808"}},
	{"DS_SERVER__SHUTDOWN_TIMEOUT_SECS",
		[]string{"0.01", "30", "3600"},
		[]string{"0", "0.001", "3601", "Inf", "soon"}},
	{"DS_SERVER__DRAIN_DELAY_SECS",
		[]string{"0", "0.5", "3600"},
		[]string{"-1", "3601", "NaN", "later"}},
	{"DS_HTTP__CORS_ORIGINS",
		[]string{"*", "https://a.example", "https://a.example, http://localhost:3000 > https://a.example,http://localhost:3000",
			"https://*.example.com", "HTTPS://A.example", "capacitor://localhost", "http://[::1]:8080"},
		[]string{"a.example", "*,https://a.example", "https://a.example/", "https://a.example/x", "https://a.example?x",
			"https://u@a.example", "https://", "https://a.example:", ",", "https://a.example,", "https://*.*.example", "null", "https://a b"}},
	{"DS_HTTP__STREAM_BASE_PATH",
		[]string{"/v1/stream", "/s", "/a-b/c.d/e_f/~g", "/" + strings.Repeat("a", 255)},
		[]string{"/", "v1", "/v1/", "//v1", "/v1//s", "/v1/../s", "/./s", "/a b", "/a%20b", "/{id}", "/a?b", "/healthz", "/readyz/s",
			"/" + strings.Repeat("a", 256)}},
	{"DS_HTTP__TRUSTED_PROXIES",
		[]string{"127.0.0.1", "10.0.0.0/8, ::1 > 10.0.0.0/8,::1", "2001:db8::/32", "0.0.0.0/0", "10.1.2.3/8 > 10.0.0.0/8", "10.1.2.3/32 > 10.1.2.3", "::ffff:10.0.0.1 > 10.0.0.1"},
		[]string{"localhost", "10.0.0.0/33", "10.0.0.1,", "*", "10.0.0", "fe80::1%eth0/64", "127.0.0.1:80"}},
	{"DS_TLS__CERT_PATH",
		[]string{"cert.pem", "/etc/weir/tls/tls.crt"},
		[]string{"a\nb"}},
	{"DS_TLS__KEY_PATH",
		[]string{"key.pem", "/etc/weir/tls/tls.key"},
		[]string{"a\nb"}},
	{"DS_TLS__CLIENT_CA_PATH",
		[]string{"ca.pem", "/etc/weir/tls/ca.crt"},
		[]string{"a\x7f"}},
	{"DS_LIMITS__MAX_MEMORY_BYTES",
		[]string{"64KiB", "65537 > 65537B", "1024TiB"},
		[]string{"0", "65535", "1025TiB", "-1", "all"}},
	{"DS_LIMITS__MAX_STREAM_BYTES",
		[]string{"0 > 0B", "1 > 1B", "1024TiB"},
		[]string{"-1", "1025TiB", "1.5", "ten"}},
	{"DS_LIMITS__MAX_APPEND_BYTES",
		[]string{"1 > 1B", "512MiB"},
		[]string{"0", "1073741825", "-5", "much"}},
	{"DS_LIMITS__MAX_STREAM_NAME_BYTES",
		[]string{"1B", "8KiB"},
		[]string{"0", "8193", "long"}},
	{"DS_LIMITS__MAX_STREAM_NAME_SEGMENTS",
		[]string{"1", "1024"},
		[]string{"0", "1025", "1KiB", "many"}},
	{"DS_LIMITS__MAX_HEADER_BYTES",
		[]string{"4KiB", "1MiB"},
		[]string{"0", "4095", "1048577", "wide"}},
	{"DS_LIMITS__MAX_STREAMS",
		[]string{"0", "1", "1000000000000"},
		[]string{"-1", "1000000000001", "1e3", "none"}},
	{"DS_LIMITS__MAX_SUBSCRIBERS",
		[]string{"0", "1", "1000000000"},
		[]string{"-1", "1000000001", "few"}},
	{"DS_LIMITS__MAX_STREAM_SUBSCRIBERS",
		[]string{"0", "1", "1000000000"},
		[]string{"-1", "1000000001", "few"}},
	{"DS_LIMITS__MAX_REQUESTS_PER_SEC",
		[]string{"0", "1", "1000000000"},
		[]string{"-1", "1000000001", "0.5"}},
	{"DS_LIMITS__RATE_PER_SEC",
		[]string{"0", "1", "1000000000"},
		[]string{"-1", "1000000001", "0.5"}},
	{"DS_LIMITS__RATE_BURST",
		[]string{"0", "1", "1000000000"},
		[]string{"-1", "1000000001", "0.5"}},
	{"DS_LIMITS__RATE_IDENTITY_HEADER",
		[]string{"X-Client-Subject", "x_sub"},
		[]string{"X Sub", "X:", "Ä", strings.Repeat("a", 64)}},
	{"DS_STORAGE__MODE",
		[]string{"memory", "file-fast", "file-durable", "acid"},
		[]string{"tape", "Memory", "ACID", "file", "file-fast ", "memory file-fast"}},
	{"DS_STORAGE__DATA_DIR",
		[]string{"data", "./data", "/var/lib/my streams", "/päth", strings.Repeat("d/", 500)},
		[]string{"a\nb", "a\x7fb", "\t"}},
	{"DS_STORAGE__ACID_SHARD_COUNT",
		[]string{"1", "2", "4", "8", "16", "32", "64", "128", "256"},
		[]string{"0", "3", "15", "17", "24", "255", "257", "512", "-1", "-16", "x", "16.0", "2^4", "4294967312", "9223372036854775808"}},
	{"DS_STORAGE__SCRUB_INTERVAL_SECS",
		[]string{"0", "1", "1.5", "86400", "31536000"},
		[]string{"-1", "0.5", "31536001", "daily", "NaN"}},
	{"DS_STORAGE__SCRUB_BYTES_PER_SEC",
		[]string{"0 > 0B", "4KiB", "16MiB", "100MB", "1024TiB"},
		[]string{"1", "4095", "-1", "fast", "1025TiB"}},
	{"DS_STORAGE__MIN_FREE_BYTES",
		[]string{"0 > 0B", "1 > 1B", "64MiB", "1024TiB"},
		[]string{"-1", "1025TiB", "some"}},
	{"DS_STORAGE__MIN_FREE_INODES",
		[]string{"0", "1", "1000000000000"},
		[]string{"-1", "1000000000001", "1KiB"}},
	{"DS_LOG__LEVEL",
		[]string{"trace", "debug", "info", "warn", "error"},
		[]string{"INFO", "1", "fatal", "disabled", "warning"}},
	{"DS_LOG__FORMAT",
		[]string{"json", "console"},
		[]string{"JSON", "text", "logfmt"}},
	{"DS_ADMIN__LISTEN",
		[]string{"127.0.0.1:9437", "127.0.0.1:0", "127.8.9.10:65535", "[::1]:9437", "localhost:9437", "LocalHost:1",
			"0.0.0.0:9437", "[::]:9437", "weir.example.com:9437"},
		[]string{":9437", "9437", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:http", "::1:9437",
			"[::1%lo]:9437", "http://127.0.0.1:9437", "127.0.0.1:9437\n"}},
	{"DS_ADMIN__TOKEN",
		[]string{"0123456789abcdef > ********", strings.Repeat("~", 1024) + " > ********"},
		[]string{"0123456789abcde", "0123456789 abcdef", "0123456789abcdef\n", "ä123456789abcdef", strings.Repeat("a", 1025)}},
}

func TestValuesCoverEveryVariable(t *testing.T) {
	var names []string
	for _, row := range config.Reference() {
		names = append(names, row.Name)
	}
	var tried []string
	for _, v := range allValues {
		if len(v.good) == 0 || len(v.bad) == 0 {
			t.Errorf("%s: got %d good and %d bad values, want some of each", v.name, len(v.good), len(v.bad))
		}
		tried = append(tried, v.name)
	}
	if !slices.Equal(tried, names) {
		t.Errorf("variables tried: got %q, want those of the reference: %q", tried, names)
	}
}

func TestGoodValues(t *testing.T) {
	for _, v := range allValues {
		for _, text := range v.good {
			value, spelt, other := strings.Cut(text, " > ")
			if !other {
				spelt = value
			}
			cfg, _, err := config.Load(append(slices.Clip(beside), v.name+"="+value))
			if err != nil {
				t.Errorf("%s=%q: got %v, want no error", v.name, value, err)
				continue
			}
			if got := printed(t, cfg)[v.name]; got != spelt {
				t.Errorf("%s=%q: printed as %q, want %q", v.name, value, got, spelt)
			}
		}
	}
}

func TestBadValues(t *testing.T) {
	allowed := map[string]string{}
	for _, row := range config.Reference() {
		allowed[row.Name] = row.Allowed
	}
	for _, v := range allValues {
		for _, value := range v.bad {
			cfg, _, err := config.Load(append(slices.Clip(beside), v.name+"="+value))
			problems := problemsOf(t, err)
			if len(problems) != 1 || !slices.Equal(problems[0].Names, []string{v.name}) {
				t.Errorf("%s=%q: got problems %q, want one that names it", v.name, value, problems)
				continue
			}
			text := problems[0].Text
			if !strings.HasPrefix(text, v.name+`="`) || !strings.HasSuffix(text, ": want "+allowed[v.name]) {
				t.Errorf("%s=%q: got message %q, want the value and %q", v.name, value, text, allowed[v.name])
			}
			if strings.ContainsAny(text, "\n\x7f") {
				t.Errorf("%s=%q: got message %q, want it on one clean line", v.name, value, text)
			}
			if got := printed(t, cfg)["DS_LOG__LEVEL"]; got != "" {
				t.Errorf("%s=%q: got a configuration with level %q beside the error, want the zero one", v.name, value, got)
			}
		}
	}
}
