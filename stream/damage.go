package stream

import (
	"errors"
	"sync"

	"github.com/weirstreams/weir/store"
)

// maxPlaces bounds the memory of what was logged. Beyond it the same places are
// logged again.
const maxPlaces = 1024

// damages remembers which damage was logged. The zero value is ready.
type damages struct {
	mu     sync.Mutex // guards places
	places map[store.CorruptionError]struct{}
}

// first reports whether damage is new.
func (d *damages) first(found *store.CorruptionError) bool {
	place := *found
	place.Reason = "" // may differ from one look to the next
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.places[place]; known {
		return false
	}
	if d.places == nil || len(d.places) >= maxPlaces {
		d.places = make(map[store.CorruptionError]struct{})
	}
	d.places[place] = struct{}{}
	return true
}

// noteDamage logs damage that the tier reports, once for each place: whoever meets
// it meets it again and again. It returns err.
func (e *Engine) noteDamage(err error) error {
	found, damaged := errors.AsType[*store.CorruptionError](err)
	if damaged && e.damages.first(found) {
		e.log.Error().Str("file", found.File).Int64("offset", found.Offset).
			Str("stream", found.Stream).Str("reason", found.Reason).
			Msg("stored bytes are damaged and not served; restore them from a backup, and run weir check to see what else is damaged")
	}
	return err
}

// isDamage reports whether an error comes of stored bytes that are not what was
// written, before or after fromStore.
func isDamage(err error) bool {
	if refusal, ok := errors.AsType[*Error](err); ok {
		return refusal.Code == CodeDamaged
	}
	_, ok := errors.AsType[*store.CorruptionError](err)
	return ok
}
