package sse

// ChunkFor is a batch as one chunk.
func (b *Batch) ChunkFor(cursor int64) []byte {
	var scratch []byte
	chunk, _ := b.chunkFor(cursor, &scratch)
	return chunk
}
