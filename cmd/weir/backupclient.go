package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/weirstreams/weir/cmd/weir/config"
)

// maxRefusal is how much of a refusal is shown, in bytes.
const maxRefusal = 1 << 10

// askForBackup asks the server's admin listener for a backup and returns the
// archive, of which the end may be missing. It ends with ctx.
func askForBackup(ctx context.Context, admin config.Admin) (io.ReadCloser, error) {
	const advice = "set DS_ADMIN__LISTEN, such as 127.0.0.1:9437, for the server and for this command, or stop the server"
	if admin.Listen == "" {
		return nil, errors.New("a server is using it, and DS_ADMIN__LISTEN does not say where to ask it: " + advice)
	}
	if _, port, _ := net.SplitHostPort(admin.Listen); port == "0" {
		return nil, errors.New("a server is using it, and port 0 in DS_ADMIN__LISTEN does not say where to ask it: want the port that its log names")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+admin.Listen+"/backup", nil)
	if err != nil {
		return nil, fmt.Errorf("ask the server: %w", err)
	}
	if admin.Token != "" {
		request.Header.Set("Authorization", "Bearer "+admin.Token)
	}
	// A transport of our own: neither proxies from the environment nor redirects
	// may answer for the server.
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("a server is using it and does not answer at %s (%w): %s", admin.Listen, err, advice)
	}
	if response.StatusCode == http.StatusOK {
		return response.Body, nil
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusUnauthorized {
		return nil, fmt.Errorf("the server at %s answered %s: set DS_ADMIN__TOKEN to what the server has", admin.Listen, response.Status)
	}
	reason, err := io.ReadAll(io.LimitReader(response.Body, maxRefusal))
	if err != nil {
		return nil, fmt.Errorf("ask the server: %w", err)
	}
	return nil, fmt.Errorf("the server at %s answered %s: %s", admin.Listen, response.Status, strings.TrimSpace(string(reason)))
}
