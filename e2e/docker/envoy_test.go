package docker_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protopath"
	"google.golang.org/protobuf/reflect/protorange"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"sigs.k8s.io/yaml"

	// Every extension that the file may use: an @type that is not here is refused.
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/stream/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/jwt_authn/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/resource_monitors/downstream_connections/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
)

var (
	forProduction = regexp.MustCompile(`(?m)^( *)#\+ `)
	forOneMachine = regexp.MustCompile(`(?m)^.*#-\n`)
)

// production is the form of envoy.yaml that its head comment describes.
func production(text string) string {
	return forProduction.ReplaceAllString(forOneMachine.ReplaceAllString(text, ""), "$1")
}

// parseEnvoy decodes a bootstrap strictly, with everything in its Any fields, and holds
// it against the rules that Envoy's API has for each field.
func parseEnvoy(text string) (*bootstrapv3.Bootstrap, error) {
	asJSON, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		return nil, err
	}
	b := new(bootstrapv3.Bootstrap)
	if err := protojson.Unmarshal(asJSON, b); err != nil {
		return nil, err
	}
	return b, errors.Join(validate(b), refuseDeprecated(b))
}

// validate applies the generated rules to a message and to each one inside an Any, to
// which they do not reach by themselves.
func validate(m proto.Message) error {
	all := []error{validateOne(m)}
	err := protorange.Range(m.ProtoReflect(), func(p protopath.Values) error {
		if last := p.Index(-1); last.Step.Kind() == protopath.AnyExpandStep {
			all = append(all, validateOne(last.Value.Message().Interface()))
		}
		return nil
	})
	return errors.Join(append(all, err)...)
}

func validateOne(m proto.Message) error {
	v, ok := m.(interface{ ValidateAll() error })
	if !ok {
		return fmt.Errorf("%T has no rules", m)
	}
	return v.ValidateAll()
}

// refuseDeprecated names every field that is set and that Envoy will drop one day.
func refuseDeprecated(m proto.Message) error {
	var all []error
	err := protorange.Range(m.ProtoReflect(), func(p protopath.Values) error {
		step := p.Index(-1).Step
		if step.Kind() != protopath.FieldAccessStep {
			return nil
		}
		if isDeprecated(step.FieldDescriptor()) {
			all = append(all, fmt.Errorf("%s is deprecated", step.FieldDescriptor().FullName()))
		}
		return nil
	})
	return errors.Join(append(all, err)...)
}

func isDeprecated(field protoreflect.FieldDescriptor) bool {
	options, ok := field.Options().(*descriptorpb.FieldOptions)
	return ok && options.GetDeprecated()
}

// forms are both forms of envoy.yaml.
func forms(t *testing.T) map[string]string {
	t.Helper()
	text := read(t, "envoy.yaml")
	return map[string]string{"one machine": text, "production": production(text)}
}

func TestEnvoyIsValid(t *testing.T) {
	for name, text := range forms(t) {
		if _, err := parseEnvoy(text); err != nil {
			t.Errorf("docker/envoy.yaml for %s: %v", name, err)
		}
	}
}

// TestEnvoySlipsAreNoticed: a wrong file would not pass the test above.
func TestEnvoySlipsAreNoticed(t *testing.T) {
	good := production(read(t, "envoy.yaml"))
	for _, slip := range []struct{ old, new string }{
		{"static_resources:", "static_resource:"},
		{"use_remote_address: true", "use_remote_adress: true"}, // within an Any
		{"claim_name: sub", "claim: sub"},                       // within one that is deeper
		{"codec_type: AUTO", "codec_type: AUTOMATIC"},
		{"port_value: 4437", "port_value: -1"},
		{"port_value: 4437", "port_value: 70000"},
		{"max_requests: 100000", "max_requests: -1"},
		{"connect_timeout: 2s", "connect_timeout: 0s"},
		{"connect_timeout: 2s", "connect_timeout: 2"},
		{"stat_prefix: public", "stat_prefix: ''"},
		{"initial_stream_window_size: 65536", "initial_stream_window_size: 1"},
		{"codec_client_type: HTTP2", "codec_client_type: 9"},
		{"filters.http.router.v3.Router", "filters.http.rooter.v3.Router"},
		{"name: live\n", "name: live\n                          name: again\n"},
		{"circuit_breakers:", "http2_protocol_options: {}\n      circuit_breakers:"}, // deprecated
	} {
		if !strings.Contains(good, slip.old) {
			t.Errorf("docker/envoy.yaml does not hold %q: the test has to follow it", slip.old)
			continue
		}
		if _, err := parseEnvoy(strings.Replace(good, slip.old, slip.new, 1)); err == nil {
			t.Errorf("%q is accepted, want an error", slip.new)
		}
	}
}
