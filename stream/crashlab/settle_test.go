package crashlab_test

// settle makes what a checker found after a crash the past of the clients that
// go on with the server: what they did not know is known now, and what is gone is
// gone for good.
func (c *checker) settle() {
	w := c.w
	w.mu.Lock()
	defer w.mu.Unlock()
	closers := make(map[*found]*post)
	for _, f := range c.streams {
		if by, _ := c.closer(f); f.meta.Closed && by != nil {
			closers[f] = by
		}
	}
	for _, p := range w.posts {
		p.dead = true
	}
	clear(w.names)
	w.journal = nil
	for _, f := range c.streams {
		w.names[f.meta.Name] = []*incarnation{f.in}
		c.settleStream(f, closers[f])
	}
}

func (c *checker) settleStream(f *found, by *post) {
	in := f.in
	in.id, in.created, in.pins = f.meta.ID, past, nil
	in.deleted = event{asked: never, done: never}
	if f.meta.Deleted || f.code != "" && c.now >= c.livesUntil(in) {
		in.deleted = past
	}
	sure, latest := c.livesUntil(in), c.now
	if in.ttl >= 0 {
		in.accesses = []access{{past, sure - in.ttl*1000}, {event{-1, never}, latest}}
	}
	in.posts = nil
	at := in.base()
	for _, p := range f.present {
		p.event, p.at, p.open, p.dead = past, at, true, false
		at += int64(len(p.stored))
		in.posts = append(in.posts, p)
	}
	if by != nil && len(by.stored) == 0 {
		by.event, by.open, by.dead = past, true, false
		in.posts = append(in.posts, by)
	}
	in.sealed = f.meta.Closed
	in.shown = []shown{{0, 0, f.content}}
}
