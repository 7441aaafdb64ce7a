package memstore_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSuite(t *testing.T) { storetest.Run(t, harness) }

func TestModel(t *testing.T) { storetest.Model(t, harness) }

func harness(storetest.TB) *storetest.Harness {
	return &storetest.Harness{
		Open: func() store.Store { return memstore.New(nil) },
		Fill: func(s store.Store) func() {
			s.(*memstore.Store).SetMax(1)
			return func() { s.(*memstore.Store).SetMax(0) }
		},
	}
}
