package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	// maxPassword bounds what a file or a command may give, in bytes. Cloud
	// tokens run to a few KiB.
	maxPassword = 64 << 10

	// commandTime bounds one run of the password command.
	commandTime = 15 * time.Second
)

// errPasswordSize says that the source of the password is not a password.
var errPasswordSize = fmt.Errorf("password longer than %d bytes", maxPassword)

// passwordSource yields the password for the next connection. Nil: the
// password of the connection string stays.
type passwordSource func(ctx context.Context) (string, error)

// newPasswordSource checks the options; it reads and runs nothing yet.
func newPasswordSource(o Options) (passwordSource, error) {
	switch {
	case o.PasswordFile != "":
		return func(context.Context) (string, error) { return passwordFromFile(o.PasswordFile) }, nil
	case o.PasswordCommand != "":
		words, err := splitWords(o.PasswordCommand)
		if err != nil {
			return nil, fmt.Errorf("password command: %w", err)
		}
		return func(ctx context.Context) (string, error) { return passwordFromCommand(ctx, words) }, nil
	}
	return nil, nil
}

func passwordFromFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read password file: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxPassword+1))
	if err != nil {
		return "", fmt.Errorf("read password file: %w", err)
	}
	return trimPassword(text)
}

// passwordFromCommand runs words. Neither the words nor what the command wrote
// to its error output appear in an error: both may hold secrets.
func passwordFromCommand(ctx context.Context, words []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	out := boundedBuffer{left: maxPassword + 1}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stdout = &out
	// A grandchild may keep the pipe open after the command is dead.
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", fmt.Errorf("password command: %w", ctx.Err())
	}
	if err != nil {
		return "", fmt.Errorf("password command: %w", err)
	}
	return trimPassword(out.kept)
}

// trimPassword drops one line end, which editors and echo add.
func trimPassword(text []byte) (string, error) {
	if len(text) > maxPassword {
		return "", errPasswordSize
	}
	password := strings.TrimSuffix(string(text), "\n")
	password = strings.TrimSuffix(password, "\r")
	if password == "" {
		return "", errors.New("the password is empty")
	}
	return password, nil
}

// boundedBuffer keeps the first left bytes written to it and drops the rest.
type boundedBuffer struct {
	kept []byte
	left int
}

// Write never fails, so that a talkative command is not killed by its pipe.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	taken := p[:min(len(p), b.left)]
	b.left -= len(taken)
	b.kept = append(b.kept, taken...)
	return len(p), nil
}
