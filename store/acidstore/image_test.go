package acidstore_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"slices"
)

// image is what a shard file holds at one moment. Pages of zeros are nil, and
// images share the pages that are the same.
type image struct {
	size  int64
	pages [][]byte
}

var zeroPage [pageBytes]byte

// takeImage reads a file. What it has in common with an earlier image is shared.
func takeImage(path string, earlier image) (image, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return image{}, err
	}
	im := image{size: int64(len(b))}
	for i := 0; len(b) > 0; i++ {
		page := b[:min(pageBytes, len(b))]
		b = b[len(page):]
		switch {
		case i < len(earlier.pages) && bytes.Equal(page, earlier.pages[i]):
			im.pages = append(im.pages, earlier.pages[i])
		case bytes.Equal(page, zeroPage[:len(page)]):
			im.pages = append(im.pages, nil)
		default:
			im.pages = append(im.pages, bytes.Clone(page))
		}
	}
	return im, nil
}

// page returns a page, nil for one of zeros or behind the end.
func (im image) page(i int) []byte {
	if i >= len(im.pages) {
		return nil
	}
	return im.pages[i]
}

// with returns the image with other content in some pages.
func (im image) with(pages map[int][]byte) image {
	im.pages = slices.Clone(im.pages)
	for i, p := range pages {
		for len(im.pages) <= i {
			im.pages = append(im.pages, nil)
		}
		im.pages[i] = p
		im.size = max(im.size, int64(i+1)*pageBytes)
	}
	return im
}

// metaBytes is how much of a meta page counts: a header, and what ends with its
// checksum. Of the latter the transaction's number is the last but one.
const metaBytes = 80

// transaction is the number of the last one that a file holds.
func (im image) transaction() uint64 {
	return max(binary.LittleEndian.Uint64(im.page(0)[metaBytes-16:]), binary.LittleEndian.Uint64(im.page(1)[metaBytes-16:]))
}

// sameMetas reports whether the last transaction of a file is the image's.
func (im image) sameMetas(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	for i := range 2 {
		var meta, want [metaBytes]byte
		copy(want[:], im.page(i))
		if _, err := f.ReadAt(meta[:], int64(i)*pageBytes); err != nil || meta != want {
			return false, err
		}
	}
	return true, nil
}

// disk is a file that becomes one image after the other.
type disk struct {
	path string
	last image
}

// put makes the file the image. A store may have opened it since the last time.
func (d *disk) put(im image) (err error) {
	if same, err := d.last.sameMetas(d.path); err != nil || !same {
		d.last = image{}
		if err := os.Truncate(d.path, 0); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(d.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for i := range max(len(im.pages), len(d.last.pages)) {
		was, is := d.last.page(i), im.page(i)
		if len(was) == len(is) && (len(was) == 0 || &was[0] == &is[0]) {
			continue
		}
		if is == nil {
			is = zeroPage[:]
		}
		if _, err := f.WriteAt(is, int64(i)*pageBytes); err != nil {
			return err
		}
	}
	d.last = im
	return f.Truncate(im.size)
}
