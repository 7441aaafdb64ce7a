package docker_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const fixtures = "../fixtures"

// keySet is e2e/fixtures/jwks.json.
type keySet struct {
	Keys []struct{ Kty, Kid, Use, Alg, N, E string }
}

// publicKey returns the one key that the set holds.
func publicKey(t *testing.T) *rsa.PublicKey {
	t.Helper()
	var set keySet
	if err := json.Unmarshal([]byte(text(t, filepath.Join(fixtures, "jwks.json"))), &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 1 || set.Keys[0].Kid != "test-only" || set.Keys[0].Kty != "RSA" || set.Keys[0].Alg != "RS256" {
		t.Fatalf("got keys %+v, want one for RS256 that is marked test-only", set.Keys)
	}
	n, err := base64.RawURLEncoding.DecodeString(set.Keys[0].N)
	if err != nil {
		t.Fatal(err)
	}
	e, err := base64.RawURLEncoding.DecodeString(set.Keys[0].E)
	if err != nil {
		t.Fatal(err)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
}

// check verifies a token as Envoy does with the provider of envoy.yaml, and returns its
// subject.
func check(t *testing.T, token string) (subject string, err error) {
	t.Helper()
	provider := localProxy(t).provider()
	parsed, err := jwt.Parse(token, func(token *jwt.Token) (any, error) {
		if token.Header["kid"] != "test-only" {
			return nil, errors.New("key is not known")
		}
		return publicKey(t), nil
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(provider.GetIssuer()),
		jwt.WithAudience(provider.GetAudiences()...), jwt.WithExpirationRequired())
	if err != nil {
		return "", err
	}
	return parsed.Claims.GetSubject()
}

// fixtureToken is what token.sh prints.
func fixtureToken(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(filepath.Join(fixtures, "token.sh"), args...).Output()
	if err != nil {
		t.Fatalf("token.sh: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func TestFixtureToken(t *testing.T) {
	if subject, err := check(t, fixtureToken(t, "ada@example.com")); err != nil || subject != "ada@example.com" {
		t.Errorf("got subject %q, %v, want ada@example.com", subject, err)
	}
	if err := exec.Command(filepath.Join(fixtures, "token.sh"), `a"b`).Run(); err == nil {
		t.Error("token.sh takes a subject that breaks its JSON")
	}
	if _, err := check(t, fixtureToken(t, "ada", "-60")); !errors.Is(err, jwt.ErrTokenExpired) {
		t.Errorf("expired token: got %v, want it refused for that", err)
	}
}

// TestFixtureKeys: both halves belong together, and no other key is accepted.
func TestFixtureKeys(t *testing.T) {
	private, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(text(t, filepath.Join(fixtures, "private-key.pem"))))
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := jwt.MapClaims{"iss": "weir-tests", "aud": "weir", "sub": "ada", "exp": time.Now().Add(time.Hour).Unix()}
	if _, err := check(t, sign(t, private, good)); err != nil {
		t.Errorf("signed with the private key: got %v, want it accepted", err)
	}
	if _, err := check(t, sign(t, other, good)); !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
		t.Errorf("signed with another key: got %v, want its signature refused", err)
	}
	for name, value := range map[string]string{"iss": "somebody", "aud": "others"} {
		claims := jwt.MapClaims{"iss": good["iss"], "aud": good["aud"], "sub": "ada", "exp": good["exp"]}
		claims[name] = value
		if _, err := check(t, sign(t, private, claims)); err == nil {
			t.Errorf("token with %s %q is accepted", name, value)
		}
	}
}

func sign(t *testing.T, key *rsa.PrivateKey, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = "test-only"
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
