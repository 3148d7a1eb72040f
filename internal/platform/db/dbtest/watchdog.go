// SPDX-License-Identifier: EUPL-1.2

package dbtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// startWatchdog starts a process that will stop the server, unless there is
// one. It is this same program, cut off from the test's terminal and output
// ("go test" waits for whoever holds them).
func startWatchdog(folder string) error {
	guard, err := flock(filepath.Join(folder, "watchdog"), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	}
	if err != nil {
		return err
	}
	defer guard.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), watchdogVariable + "=" + folder}
	cmd.ExtraFiles = []*os.File{guard} // the lock goes with the open file: no instant without a guard
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

// watch stops the server once nobody has used it for as long as it lingers.
func watch(folder string) error {
	var idle time.Time
	for {
		time.Sleep(time.Second)
		stopped, err := stopIfIdle(folder, &idle)
		if stopped || err != nil {
			return err
		}
	}
}

// stopIfIdle never waits for a lock: a test that is starting goes first.
func stopIfIdle(folder string, idle *time.Time) (stopped bool, err error) {
	lock, err := flock(filepath.Join(folder, "lock"), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		*idle = time.Time{}
		return false, onlyBusy(err)
	}
	defer lock.Close()
	users, err := flock(filepath.Join(folder, "users"), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		*idle = time.Time{}
		return false, onlyBusy(err)
	}
	defer users.Close()
	if idle.IsZero() {
		*idle = time.Now()
	}
	if time.Since(*idle) < linger {
		return false, nil
	}
	account, err := postgresAccount()
	if err != nil {
		return false, err
	}
	data := filepath.Join(folder, "data")
	if _, err := os.Stat(filepath.Join(data, "postmaster.pid")); err == nil {
		if err := account.run("pg_ctl", "--pgdata="+data, "--mode=immediate", "--wait", "stop"); err != nil {
			return false, err
		}
	}
	return true, os.RemoveAll(data)
}

func onlyBusy(err error) error {
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	}
	return err
}
