package pgserver

import (
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
	credential *syscall.Credential // nil: whoever runs this process
}

func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return account{}, fmt.Errorf("find who runs Postgres in place of root: %w", err)
	}
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	if uidErr != nil || gidErr != nil {
		return account{}, fmt.Errorf("user postgres has the ids %q and %q, want numbers", u.Uid, u.Gid)
	}
	return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// tempDir makes a directory below base that belongs to the account. Its name is short,
// because the path of a Unix socket may have 107 bytes.
func (a account) tempDir(base string) (string, error) {
	dir, err := os.MkdirTemp(base, "weir-pg-")
	if err != nil || a.credential == nil {
		return dir, err
	}
	return dir, os.Chown(dir, int(a.credential.Uid), int(a.credential.Gid))
}

// command prepares a program that ends with this process. A signal from the terminal
// does not reach it. It starts in the root directory, because the present one may be
// closed to the account.
func (a account) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential, Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	return cmd
}

// initdb makes a database cluster in the directory.
func (a account) initdb(bin, dir string) error {
	cmd := a.command(filepath.Join(bin, "initdb"), "-D", dir, "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}
