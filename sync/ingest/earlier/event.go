package earlier

import "errors"

// Operation is what an event does to its key.
type Operation uint8

// The operations. None is that of a message which says nothing of any key: control
// events other than a reset, and messages that are no events.
const (
	None   Operation = iota
	Insert           // of the operation "insert"
	Update           // of the operation "update"
	Delete           // of the operation "delete"
	Reset            // of the control event "reset": it removes all keys of all types
)

var operations = [...]string{Insert: "insert", Update: "update", Delete: "delete"}

// Event is what a message says. Its bytes alias the message wherever they can.
type Event struct {
	Operation Operation
	Type, Key []byte // as they are without escapes; of Insert, Update and Delete only
	Message   []byte // the message without what separates it from others
}

// ErrDamaged says that bytes are no messages each followed by a comma.
var ErrDamaged = errors.New("the messages are damaged")

// Scan calls f with each message in data, and with the index where it begins. It
// returns the length of the messages that are whole: what is behind them is the
// beginning of one. Data that cannot be messages is ErrDamaged.
func Scan(data []byte, f func(at int, e Event)) (int, error) {
	at := 0
	for {
		e, n, err := parse(data[at:])
		if n == 0 || err != nil {
			return at, err
		}
		f(at, e)
		at += n
	}
}

// parse reads the first message. Its length includes the comma; 0 says that the
// message is not whole yet.
func parse(d []byte) (e Event, n int, err error) {
	from := skipSpace(d, 0)
	if from < len(d) && d[from] == '{' {
		if e, end := parseObject(d, from); end > 0 {
			e.Message = d[from:end]
			if end = skipSpace(d, end); end < len(d) && d[end] == ',' {
				return e, end + 1, nil
			}
		}
	}
	end, err := frame(d, from)
	if end < 0 || err != nil {
		return Event{}, 0, err
	}
	return Event{Message: trimSpace(d[from:end])}, end + 1, nil
}

// frame returns the index of the comma that ends the message at i, whatever the
// message is, or -1 if the comma is not there yet.
func frame(d []byte, i int) (int, error) {
	start, depth := i, 0
	for i < len(d) {
		switch classes[d[i]] {
		case quote:
			if i = skipString(d, i); i < 0 {
				return -1, nil
			}
			continue
		case opening:
			depth++
		case closing:
			depth--
		case comma:
			if depth == 0 && i > start {
				return i, nil
			}
		}
		if depth < 0 || (i == start && d[i] == ',') {
			return -1, ErrDamaged
		}
		i++
	}
	return -1, nil
}

func trimSpace(d []byte) []byte {
	for len(d) > 0 && classes[d[len(d)-1]] == space {
		d = d[:len(d)-1]
	}
	return d
}

// parseObject reads the object at i and returns the index behind it. Of members of
// one name the last one counts, as everywhere in JSON.
func parseObject(d []byte, i int) (Event, int) {
	var typ, key, headers []byte
	end := members(d, i, func(name, value []byte) {
		switch {
		case says(name, "type"):
			typ = value
		case says(name, "key"):
			key = value
		case says(name, "headers"):
			headers = value
		}
	})
	if end < 0 || len(headers) == 0 || headers[0] != '{' {
		return Event{}, end
	}
	e := Event{Operation: operation(headers)}
	if e.Operation == None || e.Operation == Reset {
		return e, end
	}
	var isText, isKey bool
	e.Type, isText = text(typ)
	e.Key, isKey = text(key)
	if !isText || !isKey {
		return Event{}, end
	}
	return e, end
}

// operation reads an event's headers. A control event has no operation.
func operation(headers []byte) Operation {
	var control, op []byte
	members(headers, 0, func(name, value []byte) {
		switch {
		case says(name, "control"):
			control = value
		case says(name, "operation"):
			op = value
		}
	})
	if control != nil {
		if control[0] == '"' && says(control, "reset") {
			return Reset
		}
		return None
	}
	if len(op) == 0 || op[0] != '"' {
		return None
	}
	for o := Insert; o <= Delete; o++ {
		if says(op, operations[o]) {
			return o
		}
	}
	return None
}
