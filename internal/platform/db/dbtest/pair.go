// SPDX-License-Identifier: EUPL-1.2

package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Pair is two PostgreSQL servers of a test: a primary, and a standby that must have
// written a commit to its disk before the primary answers (synchronous replication, both
// with fsync). They take turns: [Pair.Lose], [Pair.Promote], [Pair.Rebuild].
type Pair struct {
	tb      testing.TB
	account account
	folder  string
	primary int // 0 or 1
}

// pairNames are the servers' names, for their folders and for synchronous_standby_names.
var pairNames = [2]string{"un", "deux"}

// NewPair starts both servers; they are killed and removed at the end of the test.
func NewPair(tb testing.TB) *Pair {
	tb.Helper()
	folder, err := os.MkdirTemp("/tmp", "maillage-paire-") // short: the path of a socket may not pass 107 bytes
	if err != nil {
		tb.Fatal(err)
	}
	p := &Pair{tb: tb, folder: folder}
	tb.Cleanup(p.remove)
	if p.account, err = postgresAccount(); err != nil {
		tb.Fatal(err)
	}
	p.must(os.Chmod(folder, 0o755)) // #nosec G302 -- the account "postgres" goes through it
	for i := range pairNames {
		p.must(os.WriteFile(p.path(i, "journal"), nil, 0o600))
		p.must(p.account.own(p.path(i, "journal")))
	}
	p.makeFolders(0)
	p.must(p.account.run("initdb", "--pgdata="+p.path(0, "data"), "--username=maillage", "--auth=trust", "--encoding=UTF8", "--locale=C",
		"--no-sync", "--no-instructions", "--wal-segsize=1")) // small: each server copies some
	p.start(0)
	p.Rebuild()
	return p
}

// URL is the address of the pair, whichever is the primary. More parameters are added as
// they are.
func (p *Pair) URL(more ...string) string {
	return p.url(p.path(0, "prise")+","+p.path(1, "prise"), more...)
}

// StandbyURL is the address of the standby alone.
func (p *Pair) StandbyURL() string { return p.url(p.path(1-p.primary, "prise")) }

func (p *Pair) url(host string, more ...string) string {
	ports := strings.Repeat(",5432", strings.Count(host, ",")+1)[1:]
	q := url.Values{"host": {host}, "port": {ports}, "sslmode": {"disable"}}.Encode()
	return "postgres://maillage@/postgres?" + strings.Join(append([]string{q}, more...), "&")
}

// Lose kills every process of the primary (SIGKILL) and removes its files.
func (p *Pair) Lose() {
	p.tb.Helper()
	p.must(kill(p.path(p.primary, "data")))
	p.must(os.RemoveAll(p.path(p.primary, "data")))
	p.must(os.RemoveAll(p.path(p.primary, "prise"))) // its lock names a process that may not be reaped yet
}

// StopStandby stops the standby as an administrator would.
func (p *Pair) StopStandby() {
	p.tb.Helper()
	p.must(p.account.run("pg_ctl", "--pgdata="+p.path(1-p.primary, "data"), "--mode=fast", "--wait", "stop"))
}

// StartStandby starts it again.
func (p *Pair) StartStandby() { p.tb.Helper(); p.start(1 - p.primary) }

// CancelWait makes the primary stop waiting for the standby, as an administrator can, for every
// commit that waits; it returns once there was one.
func (p *Pair) CancelWait() {
	p.tb.Helper()
	p.until("select count(pg_cancel_backend(pid)) > 0 from pg_stat_activity where wait_event = 'SyncRep'")
}

// Promote makes the standby the primary. It goes on demanding a synchronous copy: until
// [Pair.Rebuild] its commits wait.
func (p *Pair) Promote() {
	p.tb.Helper()
	p.must(p.account.run("pg_ctl", "--pgdata="+p.path(1-p.primary, "data"), "--wait", "--timeout=60", "promote"))
	p.primary = 1 - p.primary
}

// Rebuild makes a new standby where there is none, and returns once commits wait for it.
func (p *Pair) Rebuild() {
	p.tb.Helper()
	standby := 1 - p.primary
	p.makeFolders(standby)
	p.must(p.account.run("pg_basebackup", "--pgdata="+p.path(standby, "data"), "--write-recovery-conf", "--wal-method=stream",
		"--checkpoint=fast", "--no-sync", "--host="+p.path(p.primary, "prise"), "--username=maillage"))
	p.start(standby)
	p.waitSync()
}

// start starts a server; standby.signal in its folder makes it a standby.
func (p *Pair) start(i int) {
	p.tb.Helper()
	other := fmt.Sprintf("host=%s user=maillage application_name=%s", p.path(1-i, "prise"), pairNames[i])
	options := "-c listen_addresses='' -k " + p.path(i, "prise") + " -c shared_buffers=32MB -c max_connections=60" +
		" -c dynamic_shared_memory_type=mmap -c wal_retrieve_retry_interval=100ms" +
		" -c synchronous_commit=on -c synchronous_standby_names='FIRST 1 (" + pairNames[0] + ", " + pairNames[1] + ")'" +
		" -c primary_conninfo='" + other + "'"
	err := p.account.run("pg_ctl", "--pgdata="+p.path(i, "data"), "--log="+p.path(i, "journal"), "--options="+options, "--wait", "--timeout=60", "start")
	if err != nil {
		log, _ := os.ReadFile(p.path(i, "journal")) // only adds to the message
		p.tb.Fatalf("%v\n%s", err, log[max(0, len(log)-2000):])
	}
}

// waitSync waits until the primary counts the standby as synchronous.
func (p *Pair) waitSync() {
	p.tb.Helper()
	p.until("select count(*) = 1 from pg_stat_replication where state = 'streaming' and sync_state = 'sync'")
}

// until asks the primary, for a minute at most, until it answers true.
func (p *Pair) until(query string) {
	p.tb.Helper()
	pool, err := sql.Open("pgx", p.url(p.path(p.primary, "prise")))
	p.must(err)
	defer pool.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for yes := false; !yes; time.Sleep(20 * time.Millisecond) {
		p.must(pool.QueryRowContext(ctx, query).Scan(&yes))
	}
}

func (p *Pair) path(i int, name string) string {
	return filepath.Join(p.folder, pairNames[i]+"-"+name)
}

func (p *Pair) makeFolders(i int) {
	p.tb.Helper()
	for _, name := range []string{"data", "prise"} {
		p.must(os.Mkdir(p.path(i, name), 0o700))
		p.must(p.account.own(p.path(i, name)))
	}
}

func (p *Pair) must(err error) {
	p.tb.Helper()
	if err != nil {
		p.tb.Fatal(err)
	}
}

func (p *Pair) remove() {
	for i := range pairNames {
		if err := kill(p.path(i, "data")); err != nil {
			p.tb.Error(err)
		}
	}
	if err := os.RemoveAll(p.folder); err != nil {
		p.tb.Error(err)
	}
}

// kill ends at once every process of the server whose folder is data, if it runs.
func kill(data string) error {
	content, err := os.ReadFile(filepath.Join(filepath.Clean(data), "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	lines := strings.Split(string(content), "\n")
	postmaster, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return err
	}
	children, err := childrenOf(postmaster)
	if err != nil {
		return err
	}
	for _, pid := range append([]int{postmaster}, children...) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	for syscall.Kill(postmaster, 0) == nil && !zombie(postmaster) {
		time.Sleep(time.Millisecond)
	}
	if len(lines) > 6 { // a few bytes of shared memory outlive the server: « key id »
		if ids := strings.Fields(lines[6]); len(ids) == 2 {
			_ = exec.Command("ipcrm", "-m", ids[1]).Run() // #nosec G204 -- a number the server wrote; it may be gone
		}
	}
	return nil
}

// childrenOf lists the processes whose parent is pid.
func childrenOf(pid int) ([]int, error) {
	out, err := exec.Command("ps", "-o", "pid=", "--ppid", strconv.Itoa(pid)).Output() // #nosec G204 -- a number
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || len(exit.Stderr) > 0) { // ps fails when there is none
		return nil, err
	}
	var pids []int
	for _, field := range strings.Fields(string(out)) {
		child, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		pids = append(pids, child)
	}
	return pids, nil
}

// zombie says that a process has ended and only waits to be counted by its parent.
func zombie(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output() // #nosec G204 -- a number
	return err != nil || strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}
