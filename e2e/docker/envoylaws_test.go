package docker_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
)

// serverIdle is how long Weir keeps a connection without requests.
const serverIdle = 2 * time.Minute

// laws collects what is wrong with a valid configuration: it would do something else
// than its comments say, or not fit the server.
type laws struct {
	proxy
	server map[string]string // variables of the server, resolved
	broken []string
}

func (l *laws) demand(holds bool, format string, args ...any) {
	if !holds {
		l.broken = append(l.broken, fmt.Sprintf(format, args...))
	}
}

// complaints returns every law that a proxy before a server with these variables breaks.
func complaints(p *proxy, server map[string]string) []string {
	l := &laws{proxy: *p, server: server}
	l.checkLive()
	l.checkRetries()
	l.checkIdentity()
	l.checkEdge()
	l.checkUpstream()
	l.checkHealth()
	return l.broken
}

// checkLive: live reads last, and are told from others before those take them.
func (l *laws) checkLive() {
	live, at := l.route("live")
	for _, name := range []string{"reads", "changes"} {
		r, place := l.route(name)
		l.demand(place > at && at >= 0, "route live comes after %s", name)
		timeout := r.GetRoute().GetTimeout().AsDuration()
		l.demand(timeout > 0 && timeout <= 10*time.Minute, "timeout of %s is %s, want a bound", name, timeout)
	}
	timeout := live.GetRoute().GetTimeout()
	l.demand(timeout != nil && timeout.AsDuration() == 0, "timeout of live reads is %v, want 0s", timeout)
	silence := max(l.duration("DS_SERVER__SSE_KEEPALIVE_SECS"), l.duration("DS_SERVER__LONG_POLL_TIMEOUT_SECS"))
	idle := live.GetRoute().GetIdleTimeout().AsDuration()
	l.demand(idle > 2*silence, "idle timeout of live reads is %s, want more than twice the longest silence, %s", idle, silence)
	l.demand(l.manager.GetRequestTimeout().AsDuration() == 0, "request_timeout cuts slow uploads")
	l.demand(l.manager.GetCommonHttpProtocolOptions().GetMaxStreamDuration() == nil, "max_stream_duration cuts live reads")
}

// checkRetries: only what can be read again is asked again, and only when nothing has
// been answered.
func (l *laws) checkRetries() {
	changes, _ := l.route("changes")
	l.demand(changes.GetRoute().GetRetryPolicy() == nil, "changes are retried")
	for _, host := range l.manager.GetRouteConfig().GetVirtualHosts() {
		l.demand(host.GetRetryPolicy() == nil, "all requests of %s are retried", host.GetName())
	}
	for _, name := range []string{"live", "reads"} {
		r, _ := l.route(name)
		policy := r.GetRoute().GetRetryPolicy()
		for _, on := range strings.Split(policy.GetRetryOn(), ",") {
			l.demand(slices.Contains([]string{"connect-failure", "refused-stream", "retriable-status-codes"}, on),
				"%s is retried on %q", name, on)
		}
		l.demand(slices.Equal(policy.GetRetriableStatusCodes(), []uint32{503}), "%s is retried on %v", name, policy.GetRetriableStatusCodes())
		for _, method := range []string{"POST", "PUT", "DELETE"} {
			l.demand(!matches(r, method, "sse"), "route %s, which is retried, takes %s", name, method)
		}
	}
}

// checkIdentity: nothing gets through without a token, and only the token says who it is.
func (l *laws) checkIdentity() {
	token, header := l.provider(), l.subjectHeader()
	l.demand(header != "", "sub is not forwarded")
	l.demand(token.GetRequireExpiration(), "tokens may last for ever")
	l.demand(len(token.GetAudiences()) > 0, "tokens for others are let in")
	l.demand(len(token.GetFromHeaders()) == 1 && len(token.GetFromParams()) == 0, "tokens are taken from elsewhere than one header")
	l.demand(!token.GetForward(), "the token goes on to the server")

	rules := l.jwt.GetRules()
	l.demand(len(rules) == 1 && rules[0].GetMatch().GetPrefix() == "/" && rules[0].GetRequires().GetProviderName() == "tokens",
		"there are requests that need no token")
	order := []string{"envoy.filters.http.header_mutation", "envoy.filters.http.jwt_authn", "envoy.filters.http.router"}
	l.demand(slices.Equal(l.filters, order), "filters are %v, want %v", l.filters, order)
	removed := false
	for _, m := range l.mutation.GetMutations().GetRequestMutations() {
		removed = removed || m.GetRemove() == header
	}
	l.demand(removed, "a client may send %s itself", header)
	for _, r := range l.routes {
		l.demand(!slices.Contains(r.GetRequestHeadersToRemove(), header), "route %s removes the verified %s", r.GetName(), header)
	}
}

// checkEdge: what stands open to everybody is bounded, and changes no name.
func (l *laws) checkEdge() {
	m := l.manager
	l.demand(m.GetCodecType() == managerv3.HttpConnectionManager_AUTO, "codec is %s", m.GetCodecType())
	l.demand(m.GetUseRemoteAddress().GetValue() && m.GetXffNumTrustedHops() == 0, "clients may say where they come from")
	l.demand(m.GetNormalizePath() != nil && !m.GetNormalizePath().GetValue() && !m.GetMergeSlashes() &&
		m.GetPathWithEscapedSlashesAction() == managerv3.HttpConnectionManager_KEEP_UNCHANGED, "names of streams are changed")
	l.demand(uint64(m.GetMaxRequestHeadersKb().GetValue()) < l.kib("DS_LIMITS__MAX_HEADER_BYTES"), "headers are let through that the server refuses")
	l.demand(m.GetRequestHeadersTimeout().AsDuration() > 0, "a head may take for ever")
	l.demand(len(m.GetAccessLog()) > 0, "there is no access log")
	l.demand(l.listener.GetPerConnectionBufferLimitBytes().GetValue() > 0, "a slow reader may hold as much as it likes")
	admin := l.bootstrap.GetAdmin().GetAddress().GetSocketAddress().GetAddress()
	l.demand(admin == "127.0.0.1", "the admin address is %s", admin)
}

// checkUpstream: thousands of live reads fit, and do not stop one another.
func (l *laws) checkUpstream() {
	h2 := l.upstream.GetExplicitHttpConfig().GetHttp2ProtocolOptions()
	l.demand(h2 != nil, "the server is not spoken to in HTTP/2")
	l.demand(l.weir.GetTransportSocket() == nil, "the server is spoken to over TLS, want h2c")
	streams, window := h2.GetMaxConcurrentStreams().GetValue(), h2.GetInitialStreamWindowSize().GetValue()
	l.demand(uint64(streams)*uint64(window) <= uint64(h2.GetInitialConnectionWindowSize().GetValue()),
		"%d streams of %d bytes can fill their connection's window", streams, window)
	idle := l.upstream.GetCommonHttpProtocolOptions().GetIdleTimeout().AsDuration()
	l.demand(idle > 0 && idle < serverIdle, "connections rest for %s, want less than the server's %s", idle, serverIdle)
	for _, t := range l.weir.GetCircuitBreakers().GetThresholds() {
		l.demand(t.GetMaxRequests().GetValue() >= 10000 && t.GetMaxPendingRequests().GetValue() >= 10000,
			"%d requests at once and %d waiting are too few", t.GetMaxRequests().GetValue(), t.GetMaxPendingRequests().GetValue())
		l.demand(t.GetMaxConnections().GetValue()*streams >= t.GetMaxRequests().GetValue(), "%d connections are too few", t.GetMaxConnections().GetValue())
	}
	l.demand(len(l.weir.GetCircuitBreakers().GetThresholds()) > 0, "1024 requests at once are too few")
	for _, r := range l.routes {
		l.demand(l.cluster(r.GetRoute().GetCluster()) != nil, "route %s leads to %q", r.GetName(), r.GetRoute().GetCluster())
		l.demand(r.GetMatch().GetPathSeparatedPrefix() == l.server["DS_HTTP__STREAM_BASE_PATH"], "route %s is not that of the streams", r.GetName())
	}
}

// checkHealth: the server is asked whether it is ready.
func (l *laws) checkHealth() {
	checks := l.weir.GetHealthChecks()
	l.demand(len(checks) == 1 && checks[0].GetHttpHealthCheck().GetPath() == "/readyz", "the server is not asked for /readyz")
	l.demand(l.weir.GetType() == clusterv3.Cluster_STRICT_DNS, "addresses of the server are looked up once")
}

func (l *laws) duration(name string) time.Duration {
	n, err := strconv.ParseFloat(l.server[name], 64)
	l.demand(err == nil, "%s=%s is no number", name, l.server[name])
	return time.Duration(n * float64(time.Second))
}

// kib is a size that weir config prints in KiB.
func (l *laws) kib(name string) uint64 {
	n, err := strconv.ParseUint(strings.TrimSuffix(l.server[name], "KiB"), 10, 32)
	l.demand(err == nil, "%s=%s is no number of KiB", name, l.server[name])
	return n
}
