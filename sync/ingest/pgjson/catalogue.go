package pgjson

// TypeFacts is what the catalogue says about one type, as far as it decides the
// encoding. Enums need nothing but being there: their text is their label.
type TypeFacts struct {
	Name      string // schema-qualified, for messages
	Extension string // the extension that owns the type, or empty
	Local     string // the name without its schema

	// Base is the type a domain is made of, 0 for other types.
	Base uint32

	// Elem is the element type of an array, 0 for other types. Types that only
	// subscript like arrays (int2vector, point) have 0: their text differs.
	Elem uint32

	// Delim separates the elements in an array of this type; 0 means a comma.
	Delim byte

	// Composite is set for row types; Attributes are its live columns in order.
	Composite  bool
	Attributes []Attribute
}

// Attribute is one column of a composite type.
type Attribute struct {
	Name string
	Type uint32
}

// Catalogue holds facts by type oid. Types that are missing are encoded by
// their oid if they are built in, and as strings otherwise.
type Catalogue map[uint32]TypeFacts
