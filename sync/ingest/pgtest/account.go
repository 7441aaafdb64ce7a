package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is who runs the servers: Postgres refuses to run as root.
type account struct {
	credential *syscall.Credential // nil: whoever runs the test
}

func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return account{}, fmt.Errorf("find who runs Postgres in place of root: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, err
	}
	return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// tempDir makes a directory that belongs to the account. Its path is short,
// because that of a Unix socket may have 107 bytes.
func (a account) tempDir() (string, error) {
	dir, err := os.MkdirTemp("", "weir-pg-")
	if err != nil || a.credential == nil {
		return dir, err
	}
	return dir, os.Chown(dir, int(a.credential.Uid), int(a.credential.Gid))
}

// command prepares a program that ends with the test, however that ends. It
// starts in the root directory, because the test's may be closed to the account.
func (a account) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential, Pdeathsig: syscall.SIGQUIT}
	return cmd
}

// initdb makes a database cluster in the directory.
func (a account) initdb(bin, dir string) error {
	cmd := a.command(filepath.Join(bin, "initdb"),
		"-D", dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// binaries returns the directory that Postgres' programs are in.
func binaries() (string, error) {
	places := []string{os.Getenv("WEIR_PG_BIN"), "/usr/lib/postgresql/15/bin"}
	if path, err := exec.LookPath("initdb"); err == nil {
		places = append(places, filepath.Dir(path))
	}
	for _, dir := range places {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); dir != "" && err == nil {
			return dir, nil
		}
	}
	return "", errors.New("no Postgres found: run apt-get install postgresql, or set WEIR_PG_BIN to the directory of initdb")
}
