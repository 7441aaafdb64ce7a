package pgjson

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Querier is the part of a pgx connection, pool or transaction that Load needs.
// A replication connection will not do: it takes no parameters.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// loadSQL finds the given types and all that their text consists of: what
// domains are made of, what arrays and composites hold. An array is told by
// being its element's array type: typelem and typcategory are also set for types
// whose text is no array.
const loadSQL = `
WITH RECURSIVE wanted (oid) AS (
	SELECT unnest($1::pg_catalog.oid[])
	UNION
	SELECT inner_type.oid
	FROM wanted
	JOIN pg_catalog.pg_type t ON t.oid = wanted.oid
	CROSS JOIN LATERAL (
		SELECT t.typbasetype
		UNION ALL
		SELECT t.typelem
		UNION ALL
		SELECT a.atttypid
		FROM pg_catalog.pg_attribute a
		WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
	) AS inner_type (oid)
	WHERE inner_type.oid <> 0
)
SELECT t.oid,
	n.nspname::pg_catalog.text,
	t.typname::pg_catalog.text,
	coalesce(x.extname::pg_catalog.text, ''),
	t.typbasetype,
	coalesce(e.oid, 0::pg_catalog.oid),
	t.typdelim::pg_catalog.text,
	t.typtype = 'c',
	coalesce(attributes.names, '{}'),
	coalesce(attributes.types, '{}')
FROM wanted
JOIN pg_catalog.pg_type t ON t.oid = wanted.oid
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
	AND d.objid = t.oid AND d.deptype = 'e'
LEFT JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
CROSS JOIN LATERAL (
	SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attnum) AS names,
		pg_catalog.array_agg(a.atttypid ORDER BY a.attnum) AS types
	FROM pg_catalog.pg_attribute a
	WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
) AS attributes`

// Load reads the facts about the types with the given oids and about the types
// inside them. Oids that the catalogue no longer has are left out, without an
// error: the stream can be behind the DDL that dropped them.
func Load(ctx context.Context, q Querier, oids []uint32) (Catalogue, error) {
	rows, err := q.Query(ctx, loadSQL, oids)
	if err != nil {
		return nil, fmt.Errorf("read types: %w", err)
	}
	defer rows.Close()
	catalogue := Catalogue{}
	for rows.Next() {
		oid, facts, err := scanType(rows)
		if err != nil {
			return nil, fmt.Errorf("read types: %w", err)
		}
		catalogue[oid] = facts
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read types: %w", err)
	}
	return catalogue, nil
}

func scanType(rows pgx.Rows) (uint32, TypeFacts, error) {
	var (
		facts         TypeFacts
		oid           uint32
		schema, delim string
		names         []string
		types         []uint32
	)
	err := rows.Scan(&oid, &schema, &facts.Local, &facts.Extension, &facts.Base,
		&facts.Elem, &delim, &facts.Composite, &names, &types)
	if err != nil {
		return 0, TypeFacts{}, err
	}
	facts.Name = schema + "." + facts.Local
	if len(delim) != 1 {
		return 0, TypeFacts{}, fmt.Errorf("type %s: its delimiter %q is not one byte", facts.Name, delim)
	}
	if len(names) != len(types) {
		return 0, TypeFacts{}, fmt.Errorf("type %s: %d names for %d attributes", facts.Name, len(names), len(types))
	}
	facts.Delim = delim[0]
	for i, name := range names {
		facts.Attributes = append(facts.Attributes, Attribute{Name: name, Type: types[i]})
	}
	return oid, facts, nil
}
