package acidstore

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// valueError is what is wrong with the value at a place in the file.
type valueError struct {
	offset int64
	err    error
	stream string // when the value itself tells
}

func (e *valueError) Error() string { return e.err.Error() }
func (e *valueError) Unwrap() error { return e.err }

// atCursor places an error at the cursor's value.
func atCursor(c *boltfile.Cursor, err error) error {
	if err == nil || isDamage(err) {
		return err
	}
	return &valueError{offset: c.Offset(), err: err}
}

// isDamage reports whether an error has its place already: that of a page.
func isDamage(err error) bool {
	_, is := errors.AsType[*boltfile.Damage](err)
	return is
}

// placeOf is where in the file an error has been met, or -1.
func placeOf(err error) int64 {
	if d, ok := errors.AsType[*boltfile.Damage](err); ok {
		return d.Offset
	}
	if v, ok := errors.AsType[*valueError](err); ok {
		return v.offset
	}
	return -1
}

// badValue places an error at a value of a leaf.
func badValue(bucket []byte, l *boltfile.Leaf, i int, err error) error {
	bad := &valueError{offset: l.Offset(i), err: fmt.Errorf("%s: %w", bucket, err)}
	if name, err := l.Key(i); err == nil && isBucket(bucket, namesBucket) {
		bad.stream = string(name)
	}
	return bad
}

// damagedIn names what cannot be read, as precisely as it is known.
func damagedIn(file, stream string, err error) *store.CorruptionError {
	if v, ok := errors.AsType[*valueError](err); ok && stream == "" {
		stream = v.stream
	}
	return &store.CorruptionError{File: file, Stream: stream, Offset: placeOf(err), Reason: err.Error()}
}

// entry returns the payload of the value under a key, and where the value lies.
// That there is none is only said when the key cannot be there under a flipped
// bit: that is, when all values in its leaf are good, as their checksums cover
// their keys.
func entry(r *boltfile.Reader, bucket, key []byte) (payload []byte, at int64, found bool, err error) {
	l, err := r.Bucket(bucket).Leaf(key)
	if err != nil {
		return nil, -1, false, err
	}
	i, exact, err := l.Search(key)
	if err != nil {
		return nil, -1, false, err
	}
	if !exact {
		return nil, -1, false, unsealLeaf(bucket, l)
	}
	v, err := l.Value(i)
	if err != nil {
		return nil, -1, true, err
	}
	payload, err = unseal(bucket, key, v)
	if err != nil {
		err = &valueError{offset: l.Offset(i), err: err}
	}
	return payload, l.Offset(i), true, err
}

// unsealLeaf verifies all values of a leaf.
func unsealLeaf(bucket []byte, l *boltfile.Leaf) (err error) {
	return eachValue(bucket, l, func(int, []byte, []byte) error { return nil })
}

// eachValue calls f with each key of a leaf and its payload.
func eachValue(bucket []byte, l *boltfile.Leaf, f func(i int, key, payload []byte) error) error {
	begun := sealOf(bucket)
	for i := range l.Len() {
		k, err := l.Key(i)
		if err != nil {
			return err
		}
		v, err := l.Value(i)
		if err != nil {
			return err
		}
		payload, err := begun.unseal(k, v)
		if err == nil {
			err = f(i, k, payload)
		}
		if err != nil && !isDamage(err) {
			return badValue(bucket, l, i, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// each calls f with every key of a bucket and its payload, from the leaf on that
// the key from is in, until f says that it has enough.
func each(r *boltfile.Reader, bucket, from []byte, f func(key, payload []byte) (more bool, err error)) error {
	for {
		l, err := r.Bucket(bucket).Leaf(from)
		if err != nil {
			return err
		}
		more := true
		err = eachValue(bucket, l, func(_ int, key, payload []byte) (err error) {
			if more && bytes.Compare(key, from) >= 0 {
				more, err = f(key, payload)
			}
			return err
		})
		if err != nil || !more || l.Bound == nil {
			return err
		}
		from = l.Bound
	}
}

// numberAt decodes a count or an identity, 0 when there is none.
func numberAt(r *boltfile.Reader, bucket, key []byte) (n uint64, found bool, err error) {
	b, at, found, err := entry(r, bucket, key)
	if err != nil || !found {
		return 0, found, err
	}
	if n, err = decodeCount(b); err != nil {
		err = &valueError{offset: at, err: err}
	}
	return n, true, err
}
