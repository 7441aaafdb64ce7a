package docker_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"sigs.k8s.io/yaml"
)

// parseCompose reads a compose file as docker compose does: with its schema, its
// defaults for variables, and all profiles.
func parseCompose(text string) (*types.Project, error) {
	path, err := filepath.Abs(filepath.Join(folder, "compose.yaml"))
	if err != nil {
		return nil, err
	}
	return loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  filepath.Dir(path),
		ConfigFiles: []types.ConfigFile{{Filename: path, Content: []byte(text)}},
		Environment: types.Mapping{},
	}, func(o *loader.Options) { o.Profiles = []string{"*"} })
}

func composeProject(t *testing.T) *types.Project {
	t.Helper()
	project, err := parseCompose(read(t, "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// composeSettings are the variables that the stack gives to the server.
func composeSettings(t *testing.T) map[string]string {
	t.Helper()
	settings := make(map[string]string)
	for name, value := range composeProject(t).Services["weir"].Environment {
		if value == nil {
			t.Fatalf("%s has no value", name)
		}
		settings[name] = *value
	}
	return settings
}

// TestComposeSlipsAreNoticed: the schema is held against the file.
func TestComposeSlipsAreNoticed(t *testing.T) {
	good := read(t, "compose.yaml")
	for old, slip := range map[string]string{
		"stop_grace_period: 45s":     "stop_grace_periode: 45s",
		"condition: service_healthy": "condition: healthy",
		"read_only: true":            "read_only: 7",
		"depends_on: [prometheus]":   "depends_on: [prometheos]",
		"source: admin-token":        "source: admin-tokens",
		"networks: [edge, sync]":     "networks: [edges, sync]",
	} {
		if !strings.Contains(good, old) {
			t.Errorf("docker/compose.yaml does not hold %q: the test has to follow it", old)
			continue
		}
		if _, err := parseCompose(strings.Replace(good, old, slip, 1)); err == nil {
			t.Errorf("%q is accepted, want an error", slip)
		}
	}
}

// TestComposeServices: nothing can be reached from other machines, nothing is pulled
// under a name that changes, and whatever is mounted is there.
func TestComposeServices(t *testing.T) {
	for name, s := range composeProject(t).Services {
		if s.Build == nil && !pinned(s.Image) {
			t.Errorf("%s: image %q, want a version", name, s.Image)
		}
		for _, p := range s.Ports {
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is published on %q, want 127.0.0.1", name, p.Published, p.HostIP)
			}
		}
		for _, v := range s.Volumes {
			if _, err := os.Stat(v.Source); v.Type == types.VolumeTypeBind && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s: may gain privileges", name)
		}
	}
}

func pinned(image string) bool {
	_, tag, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	return tag != "" && tag != "latest"
}

// TestComposeProxyAndServer: the two need nothing of their container but what is mounted.
func TestComposeProxyAndServer(t *testing.T) {
	for _, name := range []string{"weir", "envoy"} {
		s := composeProject(t).Services[name]
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || len(s.CapAdd) > 0 || s.Privileged {
			t.Errorf("%s: read-only %v, dropped %v, added %v, privileged %v; want a read-only root and no capability",
				name, s.ReadOnly, s.CapDrop, s.CapAdd, s.Privileged)
		}
	}
	weir := composeProject(t).Services["weir"]
	if len(weir.Ports) > 0 {
		t.Errorf("weir publishes %v, want Envoy as the only way in", weir.Ports)
	}
	if want := append([]string{"CMD"}, words(t, finalStage(t), "HEALTHCHECK")...); !slices.Equal([]string(weir.HealthCheck.Test), want) {
		t.Errorf("health check: got %q, want the image's %q", weir.HealthCheck.Test, want)
	}
	if !slices.ContainsFunc(weir.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Target == "/data" && v.Type == "volume" }) {
		t.Errorf("volumes: got %v, want one at /data", weir.Volumes)
	}
	need := stopTime(t, inContainer(t, composeSettings(t)))
	if got := time.Duration(*weir.StopGracePeriod); got <= need {
		t.Errorf("stop_grace_period: got %s, want more than the %s that the server may take", got, need)
	}
}

// TestComposeFitsEnvoy: addresses, ports and the name of the header agree.
func TestComposeFitsEnvoy(t *testing.T) {
	project, p := composeProject(t), localProxy(t)
	settings := resolved(t, inContainer(t, composeSettings(t)))

	envoy := project.Services["envoy"]
	address := netip.MustParseAddr(envoy.Networks["edge"].Ipv4Address)
	if got := settings["DS_HTTP__TRUSTED_PROXIES"]; got != address.String() {
		t.Errorf("trusted proxies: got %s, want Envoy's %s", got, address)
	}
	subnet := netip.MustParsePrefix(project.Networks["edge"].Ipam.Config[0].Subnet)
	if !subnet.Contains(address) {
		t.Errorf("Envoy's address %s is not in %s", address, subnet)
	}
	if got, want := settings["DS_LIMITS__RATE_IDENTITY_HEADER"], p.subjectHeader(); got != want {
		t.Errorf("identity header: got %s, want Envoy's %s", got, want)
	}
	if host, port := p.upstreamAddress(); project.Services[host].Name == "" || port != settings["DS_SERVER__PORT"] {
		t.Errorf("Envoy's cluster is %s:%s, want a service and port %s", host, port, settings["DS_SERVER__PORT"])
	}
	if listens := p.listener.GetAddress().GetSocketAddress().GetPortValue(); envoy.Ports[0].Target != listens {
		t.Errorf("published port: got %d, want %d, where Envoy listens", envoy.Ports[0].Target, listens)
	}
	keys, err := filepath.Abs(filepath.Join(fixtures, "jwks.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := p.provider().GetLocalJwks().GetFilename()
	if !slices.ContainsFunc(envoy.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Source == keys && v.Target == want }) {
		t.Errorf("volumes of Envoy: got %v, want %s at %s", envoy.Volumes, keys, want)
	}
}

// TestComposePostgres: what logical replication needs, and a bound on what a consumer
// that has gone away keeps.
func TestComposePostgres(t *testing.T) {
	postgres := composeProject(t).Services["postgres"]
	if !strings.HasPrefix(postgres.Image, "postgres:15") {
		t.Errorf("image: got %s, want Postgres 15", postgres.Image)
	}
	got := make(map[string]string)
	for _, word := range postgres.Command {
		if name, value, ok := strings.Cut(word, "="); ok {
			got[name] = value
		}
	}
	want := map[string]string{
		"wal_level": "logical", "max_replication_slots": "8", "max_wal_senders": "10", "max_slot_wal_keep_size": "4GB",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("settings: got %v, want %v", got, want)
	}
	if len(postgres.HealthCheck.Test) == 0 {
		t.Error("no health check")
	}
}

// TestComposeToken: what Prometheus shows is what the server asks for.
func TestComposeToken(t *testing.T) {
	project := composeProject(t)
	if got, want := project.Configs["admin-token"].Content, composeSettings(t)["DS_ADMIN__TOKEN"]; got != want {
		t.Errorf("token: got %q, want the server's %q", got, want)
	}
	var scraped struct {
		ScrapeConfigs []struct {
			Authorization struct {
				CredentialsFile string `json:"credentials_file"`
			}
			StaticConfigs []struct{ Targets []string } `json:"static_configs"`
		} `json:"scrape_configs"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "prometheus/prometheus.yaml")), &scraped); err != nil {
		t.Fatal(err)
	}
	from := scraped.ScrapeConfigs[0]
	if want := project.Services["prometheus"].Configs[0].Target; from.Authorization.CredentialsFile != want {
		t.Errorf("Prometheus reads its token from %q, want %q", from.Authorization.CredentialsFile, want)
	}
	if want := "weir:9437"; len(from.StaticConfigs) == 0 || !slices.Contains(from.StaticConfigs[0].Targets, want) {
		t.Errorf("Prometheus asks %+v, want %s", from.StaticConfigs, want)
	}
}
