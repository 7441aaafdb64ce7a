package acidstore

import (
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// origin is a shard that streams are copied from. It has one read transaction
// open all the time: nobody writes, so that keeps no page from being used again.
type origin struct {
	sh     *shard
	shards int // of its generation
	tx     *bolt.Tx

	// The entry that is copied next; key is nil at the end of the bucket.
	cursor     *bolt.Cursor
	key, value []byte

	last owner // found last
}

// owner is the stream that an entry belongs to.
type owner struct {
	id   uint64
	name string
	gone bool // the stream is deleted and its bytes are not yet removed
}

// begin opens the transaction, after which there must be a rollback.
func (o *origin) begin() error {
	tx, err := o.sh.db.Begin(false)
	if err != nil {
		return fmt.Errorf("read %s: %w", o.sh.file, err)
	}
	o.tx = tx
	if err := o.sh.verifyAll(); err != nil {
		return o.damage("", nil, err)
	}
	if k, _ := tx.Bucket(journalBucket).Cursor().First(); k != nil {
		return fmt.Errorf("read %s: the journal was not emptied when the file was closed", o.sh.file)
	}
	return nil
}

func (o *origin) rollback() {
	if o.tx != nil {
		_ = o.tx.Rollback() // reading leaves nothing to take back
	}
}

// enter goes to the beginning of a bucket.
func (o *origin) enter(bucket []byte) {
	o.cursor = o.tx.Bucket(bucket).Cursor()
	o.key, o.value = o.cursor.First()
}

// owner returns the stream that the present entry belongs to. A name that leads
// to no stream is damage, and so is an entry of a stream that is not there.
func (o *origin) owner(bucket []byte) (owner, error) {
	name := ""
	if isBucket(bucket, namesBucket) {
		name = string(o.key)
	}
	id, err := o.entryID(bucket)
	if err != nil {
		return owner{}, o.damage(name, o.value, fmt.Errorf("%s: %w", bucket, err))
	}
	if id != o.last.id {
		if o.last, err = o.stream(id); err != nil {
			return owner{}, o.damage(name, nil, fmt.Errorf("%s: %w", bucket, err))
		}
	}
	if name != "" && (o.last.gone || o.last.name != name) {
		return owner{}, o.damage(name, o.value, errors.New("the name leads to another stream"))
	}
	return o.last, nil
}

// entryID returns the identity of the stream that the present entry belongs to.
func (o *origin) entryID(bucket []byte) (uint64, error) {
	switch {
	case isBucket(bucket, namesBucket):
		return decodeNumber(namesBucket, o.key, o.value)
	case isBucket(bucket, streamsBucket) && len(o.key) > idBytes, isBucket(bucket, sourcesBucket) && len(o.key) == idBytes:
		return keyID(o.key), nil
	case isBucket(bucket, dueBucket) && len(o.key) == 2*idBytes, isBucket(bucket, forksBucket) && len(o.key) == 2*idBytes:
		return keyID(o.key[idBytes:]), nil
	default:
		return 0, errMalformed
	}
}

// stream looks up the owner with the given identity.
func (o *origin) stream(id uint64) (owner, error) {
	key := stateKey(id)
	v := o.tx.Bucket(streamsBucket).Get(key)
	if v == nil && o.tx.Bucket(trashBucket).Get(key[:idBytes]) != nil {
		return owner{id: id, gone: true}, nil
	}
	if v == nil {
		return owner{}, fmt.Errorf("stream %d: %w", id, errStateMissing)
	}
	m, err := decodeState(key, v)
	if err != nil {
		return owner{}, fmt.Errorf("state of stream %d: %w", id, err)
	}
	return owner{id: id, name: m.Name}, nil
}

// damage names what cannot be copied.
func (o *origin) damage(stream string, value []byte, err error) error {
	d := o.sh.damage(stream, err)
	if d.Offset < 0 {
		d.Offset = o.sh.offset(value)
	}
	return d
}

// isBucket reports whether a name of a bucket is the given one of ours.
func isBucket(name, ours []byte) bool { return &name[0] == &ours[0] }
