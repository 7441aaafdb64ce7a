package oracle

// Take is what Advance does with what it read.
func (o *Oracle) Take(read []Transaction) []Transaction {
	o.take(read)
	return o.done
}
