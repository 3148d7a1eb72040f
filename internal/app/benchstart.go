// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const mebibyte = 1 << 20

// freshStart times a service from an empty folder to its first page.
func (b *bencher) freshStart(ctx context.Context) error {
	memory := []float64{}
	times, err := measure(ctx, b.size(7, 1), 60*time.Second, func(int) (float64, error) {
		dir, err := b.folder()
		if err != nil {
			return 0, err
		}
		took, resident, err := b.start(ctx, dir)
		memory = append(memory, resident)
		return took.Seconds(), err
	})
	if err != nil {
		return err
	}
	b.report("première page, base neuve", times, 2, "s", under(2))
	if memory[0] > 0 {
		b.report("mémoire résidente après elle", memory, 0, "Mio", under(200))
	}
	return nil
}

// laterStart times a service on a database that an earlier one made.
func (b *bencher) laterStart(ctx context.Context) error {
	dir, err := b.folder()
	if err != nil {
		return err
	}
	if _, _, err := b.start(ctx, dir); err != nil {
		return err
	}
	times, err := measure(ctx, b.size(15, 1), 60*time.Second, func(int) (float64, error) {
		took, _, err := b.start(ctx, dir)
		return milliseconds(took), err
	})
	if err != nil {
		return err
	}
	b.report("première page, base existante", times, 0, "ms", under(300))
	return nil
}

// start runs the service in a process of its own until it has answered its first page, and
// says how long that took and its resident memory then, in MiB (0 when the system does not say).
func (b *bencher) start(ctx context.Context, dir string) (time.Duration, float64, error) {
	began := time.Now()
	cmd, out, err := b.child(ctx, "serve", "--addr", "127.0.0.1:0", "--dir", dir, "--reseau", "non")
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = cmd.Wait() }() // stopped just below; its exit tells nothing
	defer func() { _ = cmd.Process.Signal(syscall.SIGTERM) }()
	url := ""
	for lines := bufio.NewScanner(out); url == "" && lines.Scan(); {
		if _, after, ok := strings.Cut(lines.Text(), "http://"); ok {
			url = "http://" + after
		}
	}
	if url == "" {
		return 0, 0, fmt.Errorf("le service n'a pas démarré : %v", cmd.Wait())
	}
	if err := fetch(ctx, url+"/"); err != nil {
		return 0, 0, err
	}
	took := time.Since(began)
	return took, memoryOf(cmd.Process.Pid, "VmRSS"), nil
}

// child starts this same program with other arguments, free of the settings of the caller:
// a bench must never touch a real database.
func (b *bencher) child(ctx context.Context, args ...string) (*exec.Cmd, io.Reader, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, self, args...) // #nosec G204 -- our own program and arguments
	cmd.Args[0] = os.Args[0]
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "MAILLAGE_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	return cmd, out, cmd.Start()
}

// fetch asks for a page and reads it whole.
func fetch(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req) // #nosec G704 -- the loopback address that our own child printed
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // only read
	n, err := io.Copy(io.Discard, res.Body)
	if err == nil && (res.StatusCode != http.StatusOK || n == 0) {
		err = fmt.Errorf("%s a répondu %s", url, res.Status)
	}
	return err
}

// memoryOf reads one figure of /proc/PID/status, in MiB: VmRSS is the resident memory, VmHWM
// its peak. It is 0 on a system that has no such file, and once the process has ended.
func memoryOf(pid int, name string) float64 {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				return 0
			}
			return kib * 1024 / mebibyte
		}
	}
	return 0
}
