package store

import (
	"strings"
	"sync"
)

// Configs lets streams of the same configuration share one copy of it: most
// streams of a server differ in nothing but their names. The zero value is ready;
// Share may be called at once from many goroutines.
type Configs struct {
	mu     sync.RWMutex // guards shared
	shared map[Config]*Config
}

// maxConfigs bounds what is kept for streams to come.
const maxConfigs = 256

// Share returns a configuration equal to c, which nobody may change. One that is
// hardly ever the same for two streams, with a fixed end or of a fork, is a copy.
func (s *Configs) Share(c Config) *Config {
	if c.Fork != nil || c.ExpiresAt != "" {
		own := c
		return &own
	}
	s.mu.RLock()
	found := s.shared[c]
	s.mu.RUnlock()
	if found != nil {
		return found
	}
	return s.add(c)
}

func (s *Configs) add(c Config) *Config {
	c.ContentType = strings.Clone(c.ContentType) // it may be a part of a whole request
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shared == nil || len(s.shared) >= maxConfigs {
		s.shared = make(map[Config]*Config)
	}
	s.shared[c] = &c
	return &c
}
