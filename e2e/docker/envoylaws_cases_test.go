package docker_test

import (
	"strings"
	"testing"

	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
)

func TestEnvoyKeepsTheLaws(t *testing.T) {
	server := resolved(t, nil)
	for name, text := range forms(t) {
		p, err := openEnvoy(text)
		if err != nil {
			t.Errorf("docker/envoy.yaml for %s: %v", name, err)
			continue
		}
		for _, c := range complaints(p, server) {
			t.Errorf("docker/envoy.yaml for %s: %s", name, c)
		}
	}
}

// TestEnvoyLawsCanBeBroken changes the file in ways that stay valid, one for each law.
func TestEnvoyLawsCanBeBroken(t *testing.T) {
	server := resolved(t, nil)
	good := read(t, "envoy.yaml")
	for _, change := range []struct{ old, new, want string }{
		{"timeout: 0s", "timeout: 15s", "timeout of live reads"},
		{"                            timeout: 0s\n", "", "timeout of live reads"},
		{"idle_timeout: 90s\n                            retry", "idle_timeout: 20s\n                            retry", "idle timeout of live reads"},
		{"timeout: 120s", "timeout: 0s", "timeout of reads"},
		{"name: live\n", "name: lives\n", "route live comes after"},
		{"cluster: weir\n                            timeout: 60s", "cluster: weir\n                            timeout: 60s\n                            retry_policy: *reads", "changes are retried"},
		{"connect-failure,refused", "5xx,refused", `retried on "5xx"`},
		{"{safe_regex: {regex: \"GET|HEAD\"}}", "{safe_regex: {regex: \"GET|POST\"}}", "takes POST"},
		{"claim_name: sub", "claim_name: email", "sub is not forwarded"},
		{"require_expiration: true", "require_expiration: false", "last for ever"},
		{"audiences: [weir]", "audiences: []", "for others"},
		{"forward: false", "forward: true", "goes on to the server"},
		{"- match: {prefix: /}", "- match: {prefix: /v1}", "need no token"},
		{"- remove: x-weir-subject", "- remove: x-weir-subjects", "may send x-weir-subject"},
		{"match: {path_separated_prefix: /v1/stream}", "match: {path_separated_prefix: /v1/stream}\n                          request_headers_to_remove: [x-weir-subject]", "removes the verified"},
		{"use_remote_address: true", "use_remote_address: false", "where they come from"},
		{"normalize_path: false", "normalize_path: true", "names of streams"},
		{"merge_slashes: false", "merge_slashes: true", "names of streams"},
		{"KEEP_UNCHANGED", "UNESCAPE_AND_FORWARD", "names of streams"},
		{"max_request_headers_kb: 28", "max_request_headers_kb: 64", "headers are let through"},
		{"address: 127.0.0.1, port_value: 9901", "address: 0.0.0.0, port_value: 9901", "admin address"},
		{"explicit_http_config:", "use_downstream_protocol_config:", "not spoken to in HTTP/2"},
		{"initial_connection_window_size: 16777216", "initial_connection_window_size: 1048576", "fill their connection's window"},
		{"{idle_timeout: 60s}", "{idle_timeout: 3600s}", "connections rest"},
		{"max_requests: 100000", "max_requests: 1024", "at once"},
		{"max_connections: 4096", "max_connections: 100", "connections are too few"},
		{"match: {path_separated_prefix: /v1/stream}", "match: {path_separated_prefix: /v2}", "not that of the streams"},
		{"path: /readyz", "path: /healthz", "not asked for /readyz"},
	} {
		if !strings.Contains(good, change.old) {
			t.Errorf("docker/envoy.yaml does not hold %q: the test has to follow it", change.old)
			continue
		}
		p, err := openEnvoy(strings.Replace(good, change.old, change.new, 1))
		if err != nil {
			t.Errorf("%q: %v, want it valid", change.new, err)
			continue
		}
		if got := strings.Join(complaints(p, server), "; "); !strings.Contains(got, change.want) {
			t.Errorf("%q: got %q, want a complaint with %q", change.new, got, change.want)
		}
	}
}

// TestEnvoyForms: one form trusts the test key over plain HTTP, the other an issuer whose
// certificate is checked, over TLS.
func TestEnvoyForms(t *testing.T) {
	local := localProxy(t)
	if local.provider().GetLocalJwks() == nil || local.listener.GetFilterChains()[0].GetTransportSocket() != nil {
		t.Error("for one machine: want the local key and no TLS")
	}

	p, err := openEnvoy(production(read(t, "envoy.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	remote := p.provider().GetRemoteJwks().GetHttpUri()
	if p.provider().GetLocalJwks() != nil || !strings.HasPrefix(remote.GetUri(), "https://") {
		t.Errorf("for production: got keys from %q, want them from https:// alone", remote.GetUri())
	}
	issuer := p.cluster(remote.GetCluster())
	if issuer == nil {
		t.Fatalf("for production: keys are asked of cluster %q, which is not there", remote.GetCluster())
	}
	var client tlsv3.UpstreamTlsContext
	if err := issuer.GetTransportSocket().GetTypedConfig().UnmarshalTo(&client); err != nil {
		t.Fatal(err)
	}
	checks := client.GetCommonTlsContext().GetValidationContext()
	if checks.GetTrustedCa() == nil || len(checks.GetMatchTypedSubjectAltNames()) == 0 || client.GetSni() == "" {
		t.Errorf("for production: the issuer is not verified: %v", &client)
	}
	var server tlsv3.DownstreamTlsContext
	if err := p.listener.GetFilterChains()[0].GetTransportSocket().GetTypedConfig().UnmarshalTo(&server); err != nil {
		t.Fatal(err)
	}
	common := server.GetCommonTlsContext()
	if common.GetTlsParams().GetTlsMinimumProtocolVersion() < tlsv3.TlsParameters_TLSv1_2 || strings.Join(common.GetAlpnProtocols(), " ") != "h2 http/1.1" {
		t.Errorf("for production: got TLS settings %v, want TLS 1.2 or newer and HTTP/2", common)
	}
}
