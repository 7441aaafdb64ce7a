package weirtest

import (
	"os"
	"strconv"
	"strings"
)

// environment is the caller's environment with every DS_* variable replaced by
// those of cfg. Without a port the server's own default is left alone.
func environment(cfg Config, port int) []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DS_") {
			env = append(env, v)
		}
	}
	env = append(env, "DS_STORAGE__MODE="+cfg.Mode)
	if cfg.Dir != "" {
		env = append(env, "DS_STORAGE__DATA_DIR="+cfg.Dir)
	}
	env = append(env, "DS_SERVER__PORT="+strconv.Itoa(port))
	for name, value := range cfg.Env {
		env = append(env, name+"="+value)
	}
	return env
}
