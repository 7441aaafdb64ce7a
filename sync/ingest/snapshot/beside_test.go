package snapshot_test

import "testing"

func TestBeside(t *testing.T) {
	w := newWorld(t, postgres.Server(t), "", many, "CREATE TABLE nothing (id int PRIMARY KEY)")
	s := w.stream(w.slotOnly())
	defer s.stop()
	w.exec("UPDATE many SET text = 'changed' WHERE id % 100 = 0")
	if err := s.quiet(); err != nil {
		t.Fatal(err)
	}
	w.same("many", "id")
	w.enclosed("pg/public/nothing", 0)
}
