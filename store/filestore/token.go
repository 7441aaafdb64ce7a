package filestore

// token is a lock for work that may take as long as the disk does. Whoever waits
// for it waits at a channel, as for everything else that takes time.
type token chan struct{}

func newToken() token { return make(token, 1) }

func (t token) lock()   { t <- struct{}{} }
func (t token) unlock() { <-t }

func (t token) tryLock() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}
