package docker_test

import (
	"fmt"
	"testing"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	mutationv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"
	jwtv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/jwt_authn/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	httpv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
)

const upstreamOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

// proxy is what envoy.yaml sets up, with its Any fields opened.
type proxy struct {
	bootstrap *bootstrapv3.Bootstrap
	listener  *listenerv3.Listener
	manager   *managerv3.HttpConnectionManager
	filters   []string // names, in the order in which requests meet them
	mutation  *mutationv3.HeaderMutation
	jwt       *jwtv3.JwtAuthentication
	routes    []*routev3.Route
	weir      *clusterv3.Cluster
	upstream  *httpv3.HttpProtocolOptions
}

// openEnvoy finds the parts in a bootstrap of one listener with one chain.
func openEnvoy(text string) (*proxy, error) {
	b, err := parseEnvoy(text)
	if err != nil {
		return nil, err
	}
	p := &proxy{
		bootstrap: b, manager: new(managerv3.HttpConnectionManager), mutation: new(mutationv3.HeaderMutation),
		jwt: new(jwtv3.JwtAuthentication), upstream: new(httpv3.HttpProtocolOptions),
	}
	listeners := b.GetStaticResources().GetListeners()
	if len(listeners) != 1 || len(listeners[0].GetFilterChains()) != 1 || len(listeners[0].GetFilterChains()[0].GetFilters()) != 1 {
		return nil, fmt.Errorf("want one listener with one chain of one filter")
	}
	p.listener = listeners[0]
	if err := p.listener.GetFilterChains()[0].GetFilters()[0].GetTypedConfig().UnmarshalTo(p.manager); err != nil {
		return nil, err
	}
	if err := p.openFilters(); err != nil {
		return nil, err
	}
	for _, host := range p.manager.GetRouteConfig().GetVirtualHosts() {
		p.routes = append(p.routes, host.GetRoutes()...)
	}
	p.weir = p.cluster("weir")
	return p, p.weir.GetTypedExtensionProtocolOptions()[upstreamOptions].UnmarshalTo(p.upstream)
}

func (p *proxy) openFilters() error {
	for _, f := range p.manager.GetHttpFilters() {
		p.filters = append(p.filters, f.GetName())
		var err error
		switch config := f.GetTypedConfig(); {
		case config.MessageIs(p.mutation):
			err = config.UnmarshalTo(p.mutation)
		case config.MessageIs(p.jwt):
			err = config.UnmarshalTo(p.jwt)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cluster returns a cluster by its name, or nil.
func (p *proxy) cluster(name string) *clusterv3.Cluster {
	for _, c := range p.bootstrap.GetStaticResources().GetClusters() {
		if c.GetName() == name {
			return c
		}
	}
	return nil
}

// provider is the one whose tokens are let in.
func (p *proxy) provider() *jwtv3.JwtProvider { return p.jwt.GetProviders()["tokens"] }

// subjectHeader is the header that carries the claim sub, or "".
func (p *proxy) subjectHeader() string {
	for _, c := range p.provider().GetClaimToHeaders() {
		if c.GetClaimName() == "sub" {
			return c.GetHeaderName()
		}
	}
	return ""
}

// route returns a route by its name, and its place.
func (p *proxy) route(name string) (*routev3.Route, int) {
	for i, r := range p.routes {
		if r.GetName() == name {
			return r, i
		}
	}
	return nil, -1
}

// upstreamAddress is where Weir is expected.
func (p *proxy) upstreamAddress() (host, port string) {
	endpoint := p.weir.GetLoadAssignment().GetEndpoints()[0].GetLbEndpoints()[0].GetEndpoint()
	address := endpoint.GetAddress().GetSocketAddress()
	return address.GetAddress(), fmt.Sprint(address.GetPortValue())
}

func localProxy(t *testing.T) *proxy {
	t.Helper()
	p, err := openEnvoy(read(t, "envoy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
