package workload

// transfer moves money between two accounts. The accounts are touched in the order
// of their keys, so that two transfers never wait for each other.
func (p *Plan) transfer(s *Step) {
	from, to := 1+p.random.IntN(Accounts), 1+p.random.IntN(Accounts)
	amount := 1 + p.random.IntN(100)
	if from > to {
		from, to, amount = to, from, -amount
	}
	s.add(`update accounts set balance = balance - %d where id = %d`, amount, from)
	s.add(`update accounts set balance = balance + %d, note = '%s' where id = %d`, amount, p.odd(), to)
}

// single inserts, updates or deletes one row.
func (p *Plan) single(s *Step) {
	key, found := int64(0), false
	dice := p.random.IntN(10)
	if dice >= 4 {
		key, found = pick(p, &p.items, dice >= 8 && !s.Rollback)
	}
	switch {
	case !found:
		p.insertItem(s)
	case dice >= 8:
		s.add(`delete from items where id = %d`, key)
	default:
		s.add(`update items set qty = qty + 1, price = price * 2, data = '{"n": 1.0, "odd": [null, "é"]}' where id = %d`, key)
	}
}

func (p *Plan) insertItem(s *Step) {
	key := p.key()
	if !s.Rollback {
		p.items = append(p.items, key)
	}
	s.add(`insert into items values (%d, '%s', %d, %d.50, %t, '{"big": 12345678901234567890, "n": %d}',
		'\x00ff%04x', '2026-01-02 03:04:05.%06d+00')`,
		key, p.odd(), p.random.IntN(1000), p.random.IntN(1000), p.random.IntN(2) == 0,
		p.random.IntN(10), p.random.IntN(1<<16), p.random.IntN(1_000_000))
}

// toast writes documents whose bodies are stored out of line, and updates that do
// not touch them.
func (p *Plan) toast(s *Step) {
	table := p.docsTable()
	key, found := pick(p, &p.docs, false)
	dice := p.random.IntN(10)
	switch {
	case !found || dice < 3:
		key = p.name()
		if !s.Rollback {
			p.docs = append(p.docs, key)
		}
		s.add(`insert into docs values ('%s', 'first', '%s')`, key, p.text(3000))
		s.add(`insert into docs_full values ('%s', 'first', '%s')`, key, p.text(3000))
		s.add(`update %s set title = 'in the same transaction' where id = '%s'`, table, key)
	case dice < 8:
		s.add(`update %s set title = '%s' where id = '%s'`, table, p.odd(), key)
	default:
		s.add(`update %s set body = '%s' where id = '%s'`, table, p.text(4000), key)
	}
}

func (p *Plan) docsTable() string {
	return []string{"docs", "docs_full"}[p.random.IntN(2)]
}

// keyChange gives rows new keys: one with a body out of line that stays as it is,
// or one with a key of two columns.
func (p *Plan) keyChange(s *Step) {
	if p.random.IntN(2) == 0 {
		p.changePair(s)
		return
	}
	old, found := pick(p, &p.docs, !s.Rollback)
	if !found {
		p.toast(s)
		return
	}
	key := p.name()
	if !s.Rollback {
		p.docs = append(p.docs, key)
	}
	s.add(`update docs set id = '%s' where id = '%s'`, key, old)
	s.add(`update docs_full set id = '%s', title = 'moved' where id = '%s'`, key, old)
}

func (p *Plan) changePair(s *Step) {
	old, found := pick(p, &p.pairs, !s.Rollback)
	key := p.name()
	if !s.Rollback {
		p.pairs = append(p.pairs, key)
	}
	if !found {
		s.add(`insert into pairs values (%d, '%s', '%s')`, p.session, key, p.odd())
		return
	}
	s.add(`update pairs set a = a + 1000, b = '%s' where b = '%s'`, key, old)
}
