package config_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/config"
)

func TestPasswordsOfDSNsAreMasked(t *testing.T) {
	const all = "********"
	tests := []struct{ dsn, want string }{
		{"postgres://u:secret@h:5432/d", "postgres://u:********@h:5432/d"},
		{"postgres://u:s%2Fecret@h1:1,h2:2/d?sslmode=require", "postgres://u:********@h1:1,h2:2/d?sslmode=require"},
		{"postgres://u:sec@ret@h/d", "postgres://u:********@h/d"},
		{"postgres://u:s:ecret@h/d", "postgres://u:********@h/d"},
		{"postgres://:secret@h/d", "postgres://:********@h/d"},
		{"postgres://u:@h/d", "postgres://u:@h/d"},
		{"postgres://u@h/d", "postgres://u@h/d"},
		{"postgres://h", "postgres://h"},
		{"postgres://h?user=u&password=secret&sslpassword=secret", "postgres://h?user=u&password=********&sslpassword=********"},
		{"postgres://h/d?p%61ssword=secret", "postgres://h/d?p%61ssword=********"},
		{"postgres://h/d?user=a%40b", "postgres://h/d?user=a%40b"},
		{"host=h password=secret user=u", "host=h password=******** user=u"},
		{" host = h  password = 's ecret'  user=u ", " host = h  password = ********  user=u "},
		{`password='s\'ecret' sslpassword=se\ cret host=h`, "password=******** sslpassword=******** host=h"},
		{"user=a://b password=secret", "user=a://b password=********"},
		{"host=h password= user=u", "host=h password= ********"}, // as libpq reads it
		{"password=", "password="},
		{"PASSWORD=secret", "PASSWORD=********"},
		{"password=secret", "password=********"},
		// What cannot be taken apart may hide a password anywhere.
		{"postgres://u:sec/ret@h/d", all},
		{"postgres://u:sec?ret@h/d", all},
		{"postgres://u:1?b=ret@h/d", all},
		{"postgres://u:sec#ret@h/d", all},
		{"postgres://u:%zz@h/d", all},
		{"postgres://h/d?%zz=secret", all},
		{"mysql://u:secret@h/d", all},
		{"secret", all},
		{"host='h", all},
		{"password='sec'ret", all},
		{"host=h secret", all},
		{"host=h\npassword=secret", all},
		{" ", all},
	}
	for _, test := range tests {
		if got := config.ShowDSN(test.dsn); got != test.want {
			t.Errorf("%q: got %q, want %q", test.dsn, got, test.want)
		}
	}
}

// FuzzShowDSN puts a password where one belongs: it is masked whole, or nothing is
// shown at all.
func FuzzShowDSN(f *testing.F) {
	for _, password := range []string{"secret", "a@b", "a/b", "1?b=c", "a#b", "%zz", "it's", `a\`, "a b", "\n", "a&b=c"} {
		f.Add(password)
	}
	quoting := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	f.Fuzz(func(t *testing.T, password string) {
		if password == "" {
			return
		}
		const inURL, inWords = "postgres://u:********@h/d", "host=h password=******** user=u"
		if got := config.ShowDSN("postgres://u:" + password + "@h/d"); got != inURL && got != "********" {
			t.Errorf("%q in a URL: got %q, want %q or nothing", password, got, inURL)
		}
		want := inWords
		if strings.ContainsFunc(password, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			want = "********"
		}
		if got := config.ShowDSN("host=h password='" + quoting.Replace(password) + "' user=u"); got != want {
			t.Errorf("%q among keywords: got %q, want %q", password, got, want)
		}
	})
}
