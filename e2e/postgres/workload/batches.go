package workload

import (
	"fmt"
	"strings"
)

// savepoint rolls the middle of a transaction back.
func (p *Plan) savepoint(s *Step) {
	p.insertItem(s)
	s.add(`savepoint a`)
	s.add(`insert into items (id, name) values (%d, 'never seen')`, p.key())
	if key, found := pick(p, &p.docs, false); found {
		s.add(`delete from docs where id = '%s'`, key)
	}
	s.add(`savepoint b`)
	last := p.key()
	s.add(`update items set name = 'never seen either' where id between %d and %d`, last-3, last)
	s.add(`rollback to savepoint a`)
	p.insertItem(s)
}

// prepared is a transfer, and a row, in two phases.
func (p *Plan) prepared(s *Step) {
	p.transfer(s)
	p.insertItem(s)
}

// copyRows brings rows by COPY, which logs many in one record.
func (p *Plan) copyRows(s *Step) {
	var input strings.Builder
	for range 100 {
		fmt.Fprintf(&input, "%d\tcopied %s\t\\N\n", p.key(), p.text(20))
	}
	s.Statements = append(s.Statements, Statement{
		SQL: `copy items (id, name, qty) from stdin`, Input: input.String(),
	})
}

// truncate empties the table scratch, or fills it. Nothing else is written in the
// same transaction: the lock of a truncate must not meet another.
func (p *Plan) truncate(s *Step) {
	if p.random.IntN(2) == 0 {
		s.add(`truncate scratch`)
	}
	first := p.key()
	p.serial += 50
	s.add(`insert into scratch select i, 'row ' || i from generate_series(%d, %d) i`, first, first+50)
	s.add(`update scratch set v = 'second' where id = %d`, first)
	s.add(`delete from scratch where id = %d`, first+1)
}

// manyRows makes rows by the thousand, changes them, and removes them the third
// time.
func (p *Plan) manyRows(s *Step) {
	count := int64(p.options.BulkRows)
	if p.bulk == 0 {
		first := p.key()
		p.serial += p.options.BulkRows
		if !s.Rollback {
			p.bulk = first
		}
		s.add(`insert into items (id, name, qty) select i, 'bulk', i %% 7 from generate_series(%d, %d) i`, first, first+count-1)
		return
	}
	rows := fmt.Sprintf("id between %d and %d", p.bulk, p.bulk+count-1)
	s.add(`update items set qty = qty + 1 where %s`, rows)
	if p.random.IntN(2) == 0 {
		s.add(`delete from items where %s`, rows)
		if !s.Rollback {
			p.bulk = 0
		}
	}
}
