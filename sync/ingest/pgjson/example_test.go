package pgjson_test

import (
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/pgjson"
)

func ExampleAppend() {
	const priceList, price, numeric = 16_402, 16_401, 1700
	types := pgjson.Catalogue{
		price:     {Name: "shop.price", Local: "price", Base: numeric}, // a domain
		priceList: {Name: "shop._price", Local: "_price", Elem: price},
	}
	column := pgjson.Build(types, priceList, pgjson.Options{NumericNumber: true})
	row, err := pgjson.Append([]byte(`{"prices":`), column, []byte("{1.50,NULL,NaN}"))
	fmt.Println(string(append(row, '}')), err)
	// Output: {"prices":[1.50,null,"NaN"]} <nil>
}
