package e2e_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// Headers that several states use.
var (
	closing = wire.Header{"Stream-Closed": "true"}
	farAway = "2199-12-31T23:59:59.250Z"
)

// producer returns the headers of an idempotent producer's request.
func producer(id string, epoch, seq int) wire.Header {
	return wire.Header{
		"Content-Type":   plainText,
		"Producer-Id":    id,
		"Producer-Epoch": strconv.Itoa(epoch),
		"Producer-Seq":   strconv.Itoa(seq),
	}
}

// and returns h with another header.
func and(h wire.Header, name, value string) wire.Header {
	both := wire.Header{name: value}
	for n, v := range h {
		both[n] = v
	}
	return both
}

func fork(source string) wire.Header {
	return wire.Header{"Stream-Forked-From": "/v1/stream/" + source}
}

// arrangeStates makes one stream for each state, and many that are only there,
// and returns their names.
func arrangeStates(a api) []string {
	a.t.Helper()
	arrangeContent(a)
	arrangeClosed(a)
	arrangeWriters(a)
	arrangeLifetimes(a)
	arrangeForks(a)
	streams := []string{
		"bytes", "empty", "json", "json-empty", "big", "many-appends",
		"a/b", "a%2Fb", "caf%C3%A9", "with%20space",
		"closed", "closed-empty", "closed-at-birth", "closed-by-producer",
		"producer", "two-producers", "seq",
		"ttl", "expires", "deleted", "recreated",
		"source", "soft-deleted", "fork", "fork-of-fork", "fork-of-soft-deleted",
	}
	for i := range 200 {
		name := fmt.Sprint("idle/", i)
		a.create(name, plainText, name)
		streams = append(streams, name)
	}
	return streams
}

func arrangeContent(a api) {
	a.t.Helper()
	a.create("bytes", octets, "one\x00")
	a.append("bytes", octets, "two\r\n")
	a.create("empty", octets, "")
	a.create("json", "application/json; charset=utf-8", `[1.0, 12345678901234567890]`)
	a.append("json", jsonType, `{"b": "\u00e9",  "a": [ ]}`)
	a.append("json", jsonType, `[[1,2],[3]]`)
	a.create("json-empty", jsonType, `[]`)
	a.create("big", octets, strings.Repeat("0123456789abcdef", 1<<16))
	for i := range 4 {
		a.append("big", octets, strings.Repeat(strconv.Itoa(i), 1<<20))
	}
	a.create("many-appends", plainText, "")
	for i := range 200 {
		a.append("many-appends", plainText, fmt.Sprintln("line", i))
	}
	for _, name := range []string{"a/b", "a%2Fb", "caf%C3%A9", "with%20space"} {
		a.create(name, plainText, "this is "+name)
	}
}

func arrangeClosed(a api) {
	a.t.Helper()
	a.create("closed", plainText, "first ")
	a.want(204, "POST", "closed", and(closing, "Content-Type", plainText), "last")
	a.create("closed-empty", plainText, "")
	a.want(204, "POST", "closed-empty", closing, "")
	a.want(201, "PUT", "closed-at-birth", and(closing, "Content-Type", plainText), "all of it")
	a.create("closed-by-producer", plainText, "")
	a.want(200, "POST", "closed-by-producer", producer("p", 0, 0), "first ")
	a.want(200, "POST", "closed-by-producer", and(producer("p", 0, 1), "Stream-Closed", "true"), "last")
}

func arrangeWriters(a api) {
	a.t.Helper()
	a.create("producer", plainText, "")
	a.want(200, "POST", "producer", producer("p", 3, 0), "a")
	a.want(200, "POST", "producer", producer("p", 4, 0), "b")
	a.want(200, "POST", "producer", producer("p", 4, 1), "c")
	a.create("two-producers", plainText, "")
	a.want(200, "POST", "two-producers", producer("p", 0, 0), "p0")
	a.want(200, "POST", "two-producers", producer("q", 7, 0), "q0")
	a.want(200, "POST", "two-producers", producer("p", 0, 1), "p1")
	a.create("seq", plainText, "")
	a.want(204, "POST", "seq", wire.Header{"Content-Type": plainText, "Stream-Seq": "b05"}, "b05")
}

func arrangeLifetimes(a api) {
	a.t.Helper()
	a.want(201, "PUT", "ttl", wire.Header{"Content-Type": plainText, "Stream-TTL": "3600"}, "x")
	a.want(201, "PUT", "expires", wire.Header{"Content-Type": plainText, "Stream-Expires-At": farAway}, "x")
	a.create("deleted", plainText, "gone")
	a.want(204, "DELETE", "deleted", nil, "")
	a.create("recreated", plainText, "the old content, longer than the new")
	a.want(200, "POST", "recreated", producer("p", 0, 0), "old")
	a.want(204, "DELETE", "recreated", nil, "")
	a.create("recreated", octets, "new")
}

func arrangeForks(a api) {
	a.t.Helper()
	a.create("source", plainText, "base ")
	a.want(201, "PUT", "fork", fork("source"), "")
	a.append("source", plainText, "after the fork")
	a.append("fork", plainText, "fork")
	a.want(201, "PUT", "fork-of-fork", fork("fork"), " and more")

	a.create("soft-deleted", plainText, "kept for the fork")
	a.want(201, "PUT", "fork-of-soft-deleted", fork("soft-deleted"), "")
	a.append("fork-of-soft-deleted", plainText, ", which goes on")
	a.want(204, "DELETE", "soft-deleted", nil, "")
}
