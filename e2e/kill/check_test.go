package kill_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/kill/ledger"
)

// graves is how many of the buried names a check looks for.
const graves = 16

// check holds every stream against its ledger. No client may be using the
// server.
func (l *lab) check(random *rand.Rand) {
	l.mu.Lock()
	live, buried := slices.Clone(l.live), slices.Clone(l.buried)
	l.mu.Unlock()
	var checks sync.WaitGroup
	for _, i := range live {
		poll := random.IntN(3) == 0
		checks.Go(func() { l.checkStream(i, poll) })
	}
	random.Shuffle(len(buried), func(a, b int) { buried[a], buried[b] = buried[b], buried[a] })
	for _, i := range buried[:min(graves, len(buried))] {
		checks.Go(func() { l.checkGrave(i) })
	}
	checks.Wait()
}

func (l *lab) checkStream(i *incarnation, poll bool) {
	v, err := l.view(i, poll)
	if err == nil {
		err = i.Check(v)
	}
	if err != nil {
		l.broken(i, "%v", err)
	}
}

// view reads the whole stream. poll asks by long-poll as well, which takes as
// long as that may wait.
func (l *lab) view(i *incarnation, poll bool) (ledger.View, error) {
	head, err := l.client.Do(l.ctx, wire.Request{Method: http.MethodHead, Stream: i.name})
	switch {
	case err != nil:
		return ledger.View{}, err
	case head.Status == http.StatusNotFound || head.Status == http.StatusGone:
		return ledger.View{}, nil
	case head.Status != http.StatusOK:
		return ledger.View{}, &wire.StatusError{Asked: "HEAD " + i.name, Status: head.Status}
	}
	v := ledger.View{Found: true}
	end, err := l.readPages(i, &v)
	if err != nil {
		return v, err
	}
	if v.Head, err = tip(head); err != nil || !poll {
		return v, err
	}
	v.Poll, err = l.poll(i.name, end)
	return v, err
}

// readPages sets what the pages tell, and returns the offset of the last one.
func (l *lab) readPages(i *incarnation, v *ledger.View) (end string, err error) {
	err = l.client.Pages(l.ctx, i.name, "-1", func(page wire.Response) error {
		content, err := i.Kind().FromPage(page.Body)
		if err != nil {
			return err
		}
		last, err := tip(page)
		v.Content = append(v.Content, content...)
		v.Tail, v.Closed = last.Tail, last.Closed
		end = page.Offset()
		return err
	})
	return end, err
}

func (l *lab) poll(name, end string) (*ledger.Tip, error) {
	resp, err := l.client.Do(l.ctx, wire.Request{Method: http.MethodGet, Stream: name + "?live=long-poll&offset=" + end})
	if err != nil {
		return nil, err
	}
	if resp.Status != http.StatusNoContent || !resp.UpToDate() {
		return nil, &wire.StatusError{Asked: "long-poll at the tail of " + name, Status: resp.Status, Body: resp.Body}
	}
	t, err := tip(resp)
	return &t, err
}

func tip(resp wire.Response) (ledger.Tip, error) {
	at, err := wire.Position(resp.Offset())
	return ledger.Tip{Tail: at, Closed: resp.Closed()}, err
}

// checkGrave: what was deleted stays deleted. While a fork needs it, a stream is
// gone; afterwards, or if it never had one, it is not found.
func (l *lab) checkGrave(i *incarnation) {
	status, err := l.statusOf(l.ctx, i.name)
	if err != nil {
		l.broken(i, "HEAD of a deleted stream: %v", err)
		return
	}
	l.mu.Lock()
	needed := slices.ContainsFunc(i.forks, func(f *incarnation) bool { return f.Live() })
	forked := len(i.forks) > 0
	l.mu.Unlock()
	switch {
	case needed && status != http.StatusGone:
		l.broken(i, "deleted with live forks: got status %d, want 410", status)
	case !forked && status != http.StatusNotFound:
		l.broken(i, "deleted: got status %d, want 404", status)
	case status != http.StatusNotFound && status != http.StatusGone:
		l.broken(i, "deleted: got status %d, want 404 or 410", status)
	}
}

func (l *lab) statusOf(ctx context.Context, name string) (int, error) {
	resp, err := l.client.Do(ctx, wire.Request{Method: http.MethodHead, Stream: name})
	return resp.Status, err
}

var errStillThere = errors.New("it is kept although no fork needs it")

// checkNothingIsKept deletes every stream that is left, after which no name may
// be held by a fork that was miscounted.
func (l *lab) checkNothingIsKept() {
	l.mu.Lock()
	left, buried := slices.Clone(l.live), slices.Clone(l.buried)
	l.mu.Unlock()
	for _, i := range left {
		resp, err := l.client.Do(context.Background(), wire.Request{Method: http.MethodDelete, Stream: i.name})
		if err != nil || resp.Status != http.StatusNoContent && !i.MayBeGone() {
			l.t.Errorf("%v: DELETE at the end: got status %d, error %v, want 204", i, resp.Status, err)
		}
	}
	for _, i := range append(left, buried...) {
		if err := l.awaitMissing(i); err != nil {
			l.t.Errorf("%v: %v", i, err)
		}
	}
}
