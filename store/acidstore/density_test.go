package acidstore_test

import (
	"fmt"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// New files are dense, however many shards their streams come from.
func TestReshardMakesDenseFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := acidstore.Open(dir, &acidstore.Options{Shards: 4})
	if err != nil {
		t.Fatal(err)
	}
	f := newFiller(t, s)
	for i := range 2000 {
		f.create(fmt.Sprintf("stream/%d", i), plain, text(fmt.Sprintf("the bytes of stream %d", i)))
	}
	f.wait()
	closeStore(t, s)
	if _, err := acidstore.ReshardFS(t.Context(), dir, vfs.OS(dir), smallPiece, 1, nil); err != nil {
		t.Fatal(err)
	}
	eachFile(t, dir, func(tx *bolt.Tx) {
		for _, bucket := range []string{"names", "streams"} {
			st := tx.Bucket([]byte(bucket)).Stats()
			if dense := float64(st.LeafInuse) / float64(st.LeafAlloc); dense < 0.8 {
				t.Errorf("%s: got leaves of which %.2f is used, want 0.8 at least", bucket, dense)
			}
		}
	})
}
