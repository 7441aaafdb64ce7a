package tracing

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

const (
	tracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	anyEndpoint    = "OTEL_EXPORTER_OTLP_ENDPOINT"
	tracesProtocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
	anyProtocol    = "OTEL_EXPORTER_OTLP_PROTOCOL"
)

// asked reports whether the environment asks for traces. What the SDK would pass
// over, and then send to where nobody is, is an error.
func asked() (bool, error) {
	name, endpoint := firstSet(tracesEndpoint, anyEndpoint)
	if endpoint == "" || isWord("OTEL_SDK_DISABLED", "true") || isWord("OTEL_TRACES_EXPORTER", "none") {
		return false, nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		// The value is not repeated: it may hold a password.
		return false, fmt.Errorf("%s is no URL such as http://collector:4318", name)
	}
	if name, protocol := firstSet(tracesProtocol, anyProtocol); protocol == "grpc" {
		return false, fmt.Errorf("%s=grpc: traces are sent by HTTP, which collectors take at a port of its own, commonly 4318; want http/protobuf", name)
	}
	return true, nil
}

// firstSet returns the first of these variables that is not empty, and its value.
func firstSet(names ...string) (name, value string) {
	for _, name := range names {
		if value := strings.TrimSpace(os.Getenv(name)); value != "" {
			return name, value
		}
	}
	return "", ""
}

func isWord(name, word string) bool {
	return strings.EqualFold(strings.TrimSpace(os.Getenv(name)), word)
}
