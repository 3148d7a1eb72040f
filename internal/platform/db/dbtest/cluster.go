// SPDX-License-Identifier: EUPL-1.2

package dbtest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The private server is shared by all test programs of a user. Its folder holds
//
//	lock      held while the server is started or stopped
//	users     held shared by every test program for as long as it lives; the
//	          system releases it even when the program is killed
//	watchdog  held by the process that stops the server when nobody holds users
//	data, socket, log
//
// A fixed folder under /tmp: test programs must find each other's server, the
// account "postgres" must reach it, and a socket's path may not pass 107 bytes.
func clusterFolder() string {
	return "/tmp/maillage-test-postgres-" + strconv.Itoa(os.Getuid())
}

// linger is how long the server outlives its last user: "go test ./..." starts
// a package when another ends.
const linger = 20 * time.Second

// watchdogVariable turns this program into the watchdog of a folder.
const watchdogVariable = "MAILLAGE_DBTEST_WATCHDOG"

func init() {
	if folder := os.Getenv(watchdogVariable); folder != "" {
		if err := watch(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// held are the files that stay open, and locked, until this program ends.
var held []*os.File

// privateServer finds or starts the server and returns its address.
func privateServer() (string, error) {
	folder := clusterFolder()
	if err := os.MkdirAll(folder, 0o755); err != nil { // the account "postgres" goes through it
		return "", err
	}
	lock, err := flock(filepath.Join(folder, "lock"), syscall.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer lock.Close() // and unlocks
	users, err := flock(filepath.Join(folder, "users"), syscall.LOCK_SH)
	if err != nil {
		return "", err
	}
	held = append(held, users)
	address := clusterURL(folder)
	if ping(address) != nil {
		if err := startServer(folder); err != nil {
			return "", fmt.Errorf("serveur PostgreSQL d'essai : %w", err)
		}
		if err := ping(address); err != nil {
			return "", fmt.Errorf("serveur PostgreSQL d'essai : %w", err)
		}
	}
	return address, startWatchdog(folder)
}

func clusterURL(folder string) string {
	u := url.URL{Scheme: "postgres", User: url.User("maillage"), Path: "/postgres",
		RawQuery: url.Values{"host": {filepath.Join(folder, "socket")}, "sslmode": {"disable"}}.Encode()}
	return u.String()
}

func ping(address string) error {
	pool, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	defer pool.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return pool.PingContext(ctx)
}

// flock opens a file and locks it.
func flock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, f.Close())
		}
	}
}

// startServer makes a new cluster, for speed and not for keeping, and starts it.
func startServer(folder string) error {
	account, err := postgresAccount()
	if err != nil {
		return err
	}
	data, socket, log := filepath.Join(folder, "data"), filepath.Join(folder, "socket"), filepath.Join(folder, "log")
	for _, old := range []string{data, socket, log} {
		if err := os.RemoveAll(old); err != nil {
			return err
		}
	}
	for _, dir := range []string{data, socket} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		if err := account.own(dir); err != nil {
			return err
		}
	}
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		return err
	}
	if err := account.own(log); err != nil {
		return err
	}
	err = account.run("initdb", "--pgdata="+data, "--username=maillage", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if err != nil {
		return err
	}
	options := "-c listen_addresses='' -k " + socket + " -c fsync=off -c synchronous_commit=off -c full_page_writes=off" +
		" -c max_connections=400 -c shared_buffers=128MB -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=2GB"
	return account.run("pg_ctl", "--pgdata="+data, "--log="+log, "--options="+options, "--wait", "--timeout=60", "start")
}

// account is who runs the server: PostgreSQL refuses to run as root.
type account struct {
	credential *syscall.Credential // nil: the present user
	uid, gid   int
}

func postgresAccount() (account, error) {
	if os.Getuid() != 0 {
		return account{uid: os.Getuid(), gid: os.Getgid()}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return account{}, fmt.Errorf("pas de compte « postgres » : lancez scripts/installer-outils-de-test.sh (%w)", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, err
	}
	return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, int(uid), int(gid)}, nil
}

func (a account) own(path string) error { return os.Chown(path, a.uid, a.gid) }

// run runs one of PostgreSQL's programs.
func (a account) run(tool string, args ...string) error {
	program, err := findTool(tool)
	if err != nil {
		return err
	}
	out, err := os.CreateTemp("", tool)
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := exec.Command(program, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.Stdout, cmd.Stderr = out, out // a file: a pipe would be waited for as long as the server holds it
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential}
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(out.Name()) // only adds to the message
		return fmt.Errorf("%s: %w\n%s", tool, err, bytes.TrimSpace(text))
	}
	return nil
}

// findTool finds a program of the newest PostgreSQL: Debian keeps them out of PATH.
func findTool(tool string) (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + tool) // the pattern is well formed
	slices.SortFunc(found, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	if len(found) > 0 {
		return found[len(found)-1], nil
	}
	program, err := exec.LookPath(tool)
	if err != nil {
		return "", fmt.Errorf("PostgreSQL est introuvable (%s) : lancez scripts/installer-outils-de-test.sh, ou donnez l'adresse d'un serveur dans %s", tool, serverVariable)
	}
	return program, nil
}
