package docker_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
)

// unit is a unit file: section, directive, and its values in their order.
type unit map[string]map[string][]string

// directives are the names that weir.service may use. systemd ignores what it does not
// know, so a slip of the finger would silently open what was meant to be closed.
var directives = map[string]string{
	"Unit": "Description Documentation After Wants StartLimitIntervalSec StartLimitBurst",
	"Service": `Type Environment EnvironmentFile ExecStart WorkingDirectory Restart RestartSec
		RestartPreventExitStatus KillSignal TimeoutStopSec LimitNOFILE OOMScoreAdjust DynamicUser
		StateDirectory StateDirectoryMode UMask ProtectSystem ProtectHome PrivateTmp PrivateDevices
		ProtectClock ProtectHostname ProtectKernelTunables ProtectKernelModules ProtectKernelLogs
		ProtectControlGroups ProtectProc NoNewPrivileges RestrictSUIDSGID RestrictNamespaces
		RestrictRealtime RestrictAddressFamilies LockPersonality MemoryDenyWriteExecute RemoveIPC
		KeyringMode SystemCallArchitectures SystemCallFilter SystemCallErrorNumber
		CapabilityBoundingSet AmbientCapabilities PrivateUsers`,
	"Install": "WantedBy",
}

// demanded are the directives that the unit cannot do without, with their values.
var demanded = map[string]string{
	"DynamicUser": "yes", "StateDirectory": "weir", "ProtectSystem": "strict", "ProtectHome": "yes",
	"NoNewPrivileges": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes", "CapabilityBoundingSet": "",
	"MemoryDenyWriteExecute": "yes", "LimitNOFILE": "1048576", "Restart": "on-failure",
	"RestartPreventExitStatus": "2", "KillSignal": "SIGTERM", "ExecStart": "/usr/local/bin/weir serve",
}

// parseUnit reads a unit file without continued lines, and refuses unknown directives.
func parseUnit(text string) (unit, error) {
	u, section := unit{}, ""
	for n, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if name, ok := strings.CutPrefix(line, "["); ok {
			section = strings.TrimSuffix(name, "]")
			u[section] = map[string][]string{}
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || strings.HasSuffix(line, `\`) || !slices.Contains(strings.Fields(directives[section]), key) {
			return nil, fmt.Errorf("line %d: [%s] %q is not known here", n+1, section, line)
		}
		u[section][key] = append(u[section][key], value)
	}
	return u, nil
}

func weirUnit(t *testing.T) unit {
	t.Helper()
	u, err := parseUnit(read(t, "weir.service"))
	if err != nil {
		t.Fatalf("docker/weir.service: %v", err)
	}
	return u
}

// unitSettings are the variables that the unit sets.
func unitSettings(t *testing.T) map[string]string {
	t.Helper()
	settings := make(map[string]string)
	for _, line := range weirUnit(t)["Service"]["Environment"] {
		name, value, _ := strings.Cut(line, "=")
		settings[name] = value
	}
	return settings
}

func TestUnit(t *testing.T) {
	service := weirUnit(t)["Service"]
	for name, want := range demanded {
		if got := service[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if len(service["EnvironmentFile"]) != 1 {
		t.Errorf("EnvironmentFile: got %q, want one", service["EnvironmentFile"])
	}

	settings := unitSettings(t)
	if got, want := settings["DS_STORAGE__DATA_DIR"], path.Join("/var/lib", service["StateDirectory"][0]); got != want {
		t.Errorf("data directory: got %s, want %s, the only place that the unit can write to", got, want)
	}
	patience, err := time.ParseDuration(service["TimeoutStopSec"][0])
	if err != nil {
		t.Fatal(err)
	}
	if need := stopTime(t, settings); patience <= need {
		t.Errorf("TimeoutStopSec=%s, want more than the %s that the server may take", patience, need)
	}
}

// TestUnitParser: slips are noticed.
func TestUnitParser(t *testing.T) {
	for _, text := range []string{
		"[Service]\nProtectSytem=strict\n", "[Sevice]\nUMask=0027\n", "[Unit]\nUMask=0027\n", "UMask=0027\n",
		"[Service]\nUMask\n", "[Service]\nExecStart=a \\\n",
	} {
		if got, err := parseUnit(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}
