package pgoutput_test

const (
	slotName        = "pgoutput_test"
	publicationName = `"Wéird ""x"", y"`
)

// schema is what exists before the slot. Tables differ in replica identity.
var schema = []string{
	`CREATE TYPE mood AS ENUM ('calm', 'cross')`,
	`CREATE DOMAIN positive AS int CHECK (VALUE > 0)`,
	`CREATE TABLE by_key (id int PRIMARY KEY, note varchar(32), body text, feel mood, amount positive)`,
	`ALTER TABLE by_key ALTER body SET STORAGE EXTERNAL`,
	`CREATE TABLE by_row (a int, b text, body text)`,
	`ALTER TABLE by_row REPLICA IDENTITY FULL, ALTER body SET STORAGE EXTERNAL`,
	`CREATE TABLE by_index (id int PRIMARY KEY, code text NOT NULL UNIQUE, kept bool, hidden text)`,
	`ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_code_key`,
	`CREATE TABLE "Order ""Lines""" (no bigserial PRIMARY KEY, "of" int REFERENCES by_key)`,
	`CREATE TABLE split (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)`,
	`CREATE TABLE split_old (at date NOT NULL, id int NOT NULL)`,
	`ALTER TABLE split ATTACH PARTITION split_old FOR VALUES FROM (MINVALUE) TO ('2000-01-01')`,
	`CREATE TABLE split_new PARTITION OF split FOR VALUES FROM ('2000-01-01') TO (MAXVALUE)`,
	`CREATE PUBLICATION ` + publicationName + ` FOR TABLE by_key, by_row, by_index (code, kept),
		"Order ""Lines""", split WITH (publish_via_partition_root = true)`,
	`SELECT pg_create_logical_replication_slot('` + slotName + `', 'pgoutput')`,
}

// workload is decoded. Each string is a transaction.
var workload = []string{
	`INSERT INTO by_key VALUES (1, 'one', repeat('x', 5000), 'calm', 7), (2, '', NULL, NULL, NULL)`,
	`UPDATE by_key SET note = 'uno' WHERE id = 1`,
	`UPDATE by_key SET id = 10 WHERE id = 1`,
	`UPDATE by_key SET body = 'short', feel = 'cross' WHERE id = 10`,
	`DELETE FROM by_key WHERE id = 10`,

	`INSERT INTO by_row VALUES (NULL, 'b', repeat('y', 5000))`,
	`UPDATE by_row SET b = 'c'`,
	`DELETE FROM by_row`,

	`INSERT INTO by_index VALUES (1, 'k1', true, 'secret')`,
	`UPDATE by_index SET kept = false`,
	`UPDATE by_index SET code = E'k\n2 "é" \\'`,
	`DELETE FROM by_index`,

	// Rows that move between partitions whose columns are in another order.
	`INSERT INTO split VALUES (1, '1999-12-31'); UPDATE split SET at = '2000-01-01'`,

	`BEGIN; INSERT INTO by_key (id) VALUES (3); SAVEPOINT s; INSERT INTO by_key (id) VALUES (4);
		ROLLBACK TO s; INSERT INTO by_key (id) VALUES (5); COMMIT`,
	`INSERT INTO by_key (id) VALUES (6); DELETE FROM by_key WHERE id = 6`,
	`INSERT INTO "Order ""Lines""" ("of") VALUES (3)`,
	`TRUNCATE by_row`,
	`TRUNCATE by_key, by_index RESTART IDENTITY CASCADE; INSERT INTO by_key (id) VALUES (7)`,

	// The shape changes between rows of one transaction, and once more after it.
	`INSERT INTO by_row VALUES (1); ALTER TABLE by_row ADD d numeric DEFAULT 1.50; UPDATE by_row SET a = 2`,
	`ALTER TABLE by_row DROP b, REPLICA IDENTITY NOTHING; INSERT INTO by_row VALUES (3, 'z', 0)`,

	`SELECT pg_logical_emit_message(true, 'ds:outbox', '{"a":1}')`,
	`BEGIN; SELECT pg_logical_emit_message(false, 'at once', ''); ROLLBACK`,

	`SELECT pg_replication_origin_create('north'); SELECT pg_replication_origin_session_setup('north')`,
	`BEGIN; SELECT pg_replication_origin_xact_setup('0/ABCD', '2020-02-02 02:02:02.020202+00');
		INSERT INTO by_key (id) VALUES (8); COMMIT`,
}
