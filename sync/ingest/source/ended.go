package source

// Ended returns what is closed when the stream has ended, while Next may still have
// frames from before. It is for a consumer that does not call Next for long.
func (r *Receiver) Ended() <-chan struct{} { return r.done }
