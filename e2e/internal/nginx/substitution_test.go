package nginx_test

import (
	"testing"

	"github.com/weirstreams/weir/e2e/internal/nginx"
)

// TestSubstitute wants a change that finds nothing, or more than it was meant for,
// to be an error: the tests would run another file than they say.
func TestSubstitute(t *testing.T) {
	const text = "listen 443 ssl;\nproxy_pass http://weir;\nlisten 80;\n"
	for _, test := range []struct {
		change nginx.Change
		want   string
		ok     bool
	}{
		{nginx.Change{From: "listen 443 ", To: "listen 8443 "}, "listen 8443 ssl;\nproxy_pass http://weir;\nlisten 80;\n", true},
		{nginx.Change{From: "listen 443 ", To: "listen 443 "}, text, true},
		{nginx.Change{From: "listen 444 ", To: "listen 8443 "}, "", false},
		{nginx.Change{From: "listen ", To: "listen 127.0.0.1:"}, "", false},
	} {
		got, err := nginx.Substitute(text, []nginx.Change{test.change})
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("%q: got %q, error %v, want %q and success %v", test.change.From, got, err, test.want, test.ok)
		}
	}
}
