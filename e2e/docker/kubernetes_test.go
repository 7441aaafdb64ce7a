package docker_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// manifest is docker/kubernetes.yaml, by kind.
type manifest struct {
	settings *corev1.ConfigMap
	secret   *corev1.Secret
	services map[string]*corev1.Service
	set      *appsv1.StatefulSet
	budget   *policyv1.PodDisruptionBudget
	objects  []string // kind and name of everything
}

// parseManifest decodes every document into the API's own type, and refuses fields that
// the type does not have.
func parseManifest(text string) (*manifest, error) {
	m := &manifest{services: map[string]*corev1.Service{}}
	for part := range strings.SplitSeq(text, "\n---\n") {
		if err := m.add([]byte(part)); err != nil {
			return nil, err
		}
	}
	if m.settings == nil || m.secret == nil || m.set == nil || m.budget == nil || len(m.services) != 2 {
		return nil, fmt.Errorf("got %v, want a ConfigMap, a Secret, two Services, a StatefulSet and a PodDisruptionBudget", m.objects)
	}
	return m, nil
}

func (m *manifest) add(document []byte) error {
	var head metav1.PartialObjectMetadata
	if err := yaml.Unmarshal(document, &head); err != nil {
		return err
	}
	m.objects = append(m.objects, head.Kind+" "+head.Name)
	switch head.APIVersion + " " + head.Kind {
	case "v1 ConfigMap":
		m.settings = new(corev1.ConfigMap)
		return decode(document, m.settings)
	case "v1 Secret":
		m.secret = new(corev1.Secret)
		return decode(document, m.secret)
	case "v1 Service":
		m.services[head.Name] = new(corev1.Service)
		return decode(document, m.services[head.Name])
	case "apps/v1 StatefulSet":
		m.set = new(appsv1.StatefulSet)
		return decode(document, m.set)
	case "policy/v1 PodDisruptionBudget":
		m.budget = new(policyv1.PodDisruptionBudget)
		return decode(document, m.budget)
	default:
		return fmt.Errorf("%s %s is not expected", head.APIVersion, head.Kind)
	}
}

// decode is strict as the API server can be asked to be: fields that are not known, or are
// there twice, are errors, and upper and lower case differ.
func decode(document []byte, into any) error {
	asJSON, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return err
	}
	slips, err := json.UnmarshalStrict(asJSON, into)
	return errors.Join(append(slips, err)...)
}

func kubernetes(t *testing.T) *manifest {
	t.Helper()
	m, err := parseManifest(read(t, "kubernetes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *manifest) pod() *corev1.PodSpec         { return &m.set.Spec.Template.Spec }
func (m *manifest) container() *corev1.Container { return &m.pod().Containers[0] }

// podSettings are the variables that the pod's container gets.
func podSettings(t *testing.T) map[string]string {
	t.Helper()
	m := kubernetes(t)
	settings := make(map[string]string)
	for name, value := range m.settings.Data {
		settings[name] = value
	}
	for _, v := range m.container().Env {
		switch from := v.ValueFrom; {
		case from == nil:
			settings[v.Name] = v.Value
		case from.SecretKeyRef != nil && from.SecretKeyRef.Name == m.secret.Name:
			settings[v.Name] = m.secret.StringData[from.SecretKeyRef.Key]
		case from.FieldRef != nil && from.FieldRef.FieldPath == "metadata.name":
			settings[v.Name] = m.set.Name + "-0"
		default:
			t.Errorf("%s comes from nowhere in this file", v.Name)
		}
	}
	return settings
}

// TestManifestSlipsAreNoticed: the types are held against the file.
func TestManifestSlipsAreNoticed(t *testing.T) {
	good := read(t, "kubernetes.yaml")
	for old, slip := range map[string]string{
		"terminationGracePeriodSeconds: 60": "terminationGracePeriod: 60",
		"readinessProbe":                    "readynessProbe",
		"replicas: 1":                       "replicas: one",
		"kind: PodDisruptionBudget":         "kind: PodDisruptionBudgets",
		"readOnlyRootFilesystem":            "readonlyRootFilesystem",
	} {
		if !strings.Contains(good, old) {
			t.Errorf("docker/kubernetes.yaml does not hold %q: the test has to follow it", old)
			continue
		}
		if _, err := parseManifest(strings.Replace(good, old, slip, 1)); err == nil {
			t.Errorf("%q is accepted, want an error", slip)
		}
	}
}

// TestPodMayDoLittle: the container has neither root nor a file system to write to.
func TestPodMayDoLittle(t *testing.T) {
	m := kubernetes(t)
	pod, own := m.pod().SecurityContext, m.container().SecurityContext
	final := finalStage(t)
	if user, _ := final.Last("USER"); user.Args != fmt.Sprintf("%d:%d", *pod.RunAsUser, *pod.RunAsGroup) || *pod.FSGroup != *pod.RunAsGroup {
		t.Errorf("user %d, group %d, volume's group %d; want the image's %s", *pod.RunAsUser, *pod.RunAsGroup, *pod.FSGroup, user.Args)
	}
	if !*pod.RunAsNonRoot || !*own.ReadOnlyRootFilesystem || *own.AllowPrivilegeEscalation ||
		len(own.Capabilities.Drop) != 1 || own.Capabilities.Drop[0] != "ALL" || len(own.Capabilities.Add) > 0 {
		t.Errorf("security: got %+v and %+v, want neither root, nor a root to write to, nor a capability", pod, own)
	}
	if *m.pod().AutomountServiceAccountToken {
		t.Error("the pod gets a token for the cluster, which it does not need")
	}
}

func TestProbes(t *testing.T) {
	c := kubernetes(t).container()
	for name, probe := range map[string]struct {
		got  *corev1.Probe
		path string
	}{
		"startup": {c.StartupProbe, "/healthz"}, "liveness": {c.LivenessProbe, "/healthz"}, "readiness": {c.ReadinessProbe, "/readyz"},
	} {
		if get := probe.got.HTTPGet; get.Path != probe.path || get.Port.StrVal != "http" {
			t.Errorf("%s probe: got %s at %v, want %s at http", name, get.Path, get.Port, probe.path)
		}
	}
	if begin := time.Duration(c.StartupProbe.PeriodSeconds*c.StartupProbe.FailureThreshold) * time.Second; begin < 5*time.Minute {
		t.Errorf("a start may take %s, want time for a recovery", begin)
	}
}

// TestPodStopsInTime computes from the file's own values: the pod is not killed while it
// drains, and drains for longer than it takes a failed readiness probe to show.
func TestPodStopsInTime(t *testing.T) {
	m := kubernetes(t)
	settings := inContainer(t, podSettings(t))
	grace := time.Duration(*m.pod().TerminationGracePeriodSeconds) * time.Second
	if need := stopTime(t, settings); grace <= need {
		t.Errorf("grace: got %s, want more than the %s that the server may take", grace, need)
	}
	if delay := seconds(t, resolved(t, settings)["DS_SERVER__DRAIN_DELAY_SECS"]); delay < 5*time.Second {
		t.Errorf("drain delay: got %s, want time for every node to hear of it", delay)
	}
}

// TestManifestFitsTogether: names, labels and ports lead where they should.
func TestManifestFitsTogether(t *testing.T) {
	m := kubernetes(t)
	if *m.set.Spec.Replicas != 1 {
		t.Errorf("replicas: got %d, want 1: servers do not replicate", *m.set.Spec.Replicas)
	}
	if m.services[m.set.Spec.ServiceName] == nil || m.services[m.set.Spec.ServiceName].Spec.ClusterIP != corev1.ClusterIPNone {
		t.Errorf("serviceName: got %s, want the headless Service", m.set.Spec.ServiceName)
	}
	labels := fmt.Sprint(m.set.Spec.Template.Labels)
	selectors := map[string]map[string]string{"StatefulSet": m.set.Spec.Selector.MatchLabels, "PodDisruptionBudget": m.budget.Spec.Selector.MatchLabels}
	ports := make(map[string]int32)
	for _, p := range m.container().Ports {
		ports[p.Name] = p.ContainerPort
	}
	for name, s := range m.services {
		selectors["Service "+name] = s.Spec.Selector
		for _, p := range s.Spec.Ports {
			if ports[p.TargetPort.StrVal] != p.Port {
				t.Errorf("Service %s: port %d leads to %v, want one of the container's %v", name, p.Port, p.TargetPort, ports)
			}
		}
	}
	for who, selector := range selectors {
		if fmt.Sprint(selector) != labels {
			t.Errorf("%s selects %v, want the pod's %s", who, selector, labels)
		}
	}
	settings := podSettings(t)
	if settings["DS_SERVER__PORT"] != fmt.Sprint(ports["http"]) || !strings.HasSuffix(settings["DS_ADMIN__LISTEN"], fmt.Sprint(":", ports["admin"])) {
		t.Errorf("ports: got %v, want those of the settings", ports)
	}
	if mount := m.container().VolumeMounts[0]; mount.Name != m.set.Spec.VolumeClaimTemplates[0].Name ||
		!strings.HasPrefix(settings["DS_STORAGE__DATA_DIR"], mount.MountPath+"/") {
		t.Errorf("the data directory %s is not on the volume at %s", settings["DS_STORAGE__DATA_DIR"], mount.MountPath)
	}
}

// TestShardsAreApart: the file under another name, as its comment says, makes servers
// that share nothing.
func TestShardsAreApart(t *testing.T) {
	text := read(t, "kubernetes.yaml")
	a, err := parseManifest(text)
	if err != nil {
		t.Fatal(err)
	}
	b, err := parseManifest(strings.ReplaceAll(text, "weir-a", "weir-b"))
	if err != nil {
		t.Fatal(err)
	}
	for i, object := range a.objects {
		if object == b.objects[i] {
			t.Errorf("%s belongs to both shards", object)
		}
	}
	if fmt.Sprint(a.set.Spec.Selector) == fmt.Sprint(b.set.Spec.Selector) {
		t.Error("both shards select the same pods")
	}
}

// TestShardRoutes: the routes that the comment shows are ones that Envoy takes.
func TestShardRoutes(t *testing.T) {
	var examples []string // those for Envoy, without the comment's #
	for line := range strings.Lines(read(t, "kubernetes.yaml")) {
		example, ok := strings.CutPrefix(line, "#\t")
		if ok && !strings.HasPrefix(example, "kubectl") && !strings.HasPrefix(example, "sed") {
			examples = append(examples, example)
		}
	}
	routes, hash, ok := strings.Cut(strings.Join(examples, ""), "hash_policy:")
	if !ok {
		t.Fatalf("got examples %q, want routes and a hash_policy", examples)
	}
	var host routev3.VirtualHost
	into(t, &host, "name: all\ndomains: ['*']\nroutes:\n"+routes)
	if len(host.GetRoutes()) != 2 {
		t.Errorf("got %d routes, want one for each of two shards", len(host.GetRoutes()))
	}
	var action routev3.RouteAction
	into(t, &action, "cluster: weir\nhash_policy:"+hash)
	rewrite := action.GetHashPolicy()[0].GetHeader().GetRegexRewrite()
	first := regexp.MustCompile(rewrite.GetPattern().GetRegex())
	for path, want := range map[string]string{
		"/v1/stream/rooms/lobby?offset=-1": "rooms", "/v1/stream/rooms": "rooms", "/v1/stream/rooms?live=sse": "rooms",
	} {
		if got := first.ReplaceAllString(path, strings.ReplaceAll(rewrite.GetSubstitution(), `\1`, "$1")); got != want {
			t.Errorf("%s is hashed by %q, want %q", path, got, want)
		}
	}
}

// into decodes and validates an example for Envoy.
func into(t *testing.T, m proto.Message, text string) {
	t.Helper()
	asJSON, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := protojson.Unmarshal(asJSON, m); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(validate(m), refuseDeprecated(m)); err != nil {
		t.Error(err)
	}
}
