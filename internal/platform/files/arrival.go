// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"syscall"

	"maillage/internal/platform/french"
)

// arrival is a file on its way in, on the local disk.
type arrival struct {
	path string
	name string // clean
	ours bool   // to be removed by us

	media  string
	size   int64
	sha256 string
	scan   Scan
}

func (a *arrival) remove() {
	if a.ours {
		_ = os.Remove(a.path) // Sweep does, if this cannot
	}
}

// receive writes a stream to the local disk, no more of it than the limit.
func (s *Store) receive(in io.Reader, name string) (*arrival, error) {
	tmp, err := os.CreateTemp(s.arrival, "recu-*")
	if err != nil {
		return nil, explain(err)
	}
	a := &arrival{path: tmp.Name(), name: CleanName(name), ours: true}
	n, err := io.Copy(tmp, io.LimitReader(in, s.maxSize+1))
	if err = closing(tmp, err); err == nil && n > s.maxSize {
		err = s.tooLarge(a.name)
	}
	if err != nil {
		a.remove()
		return nil, explain(err)
	}
	return a, nil
}

func (s *Store) tooLarge(name string) error {
	return &Refusal{Message: fmt.Sprintf("Le fichier « %s » dépasse la limite de %s. Réduisez-le (un PDF de moindre résolution, des images plus petites) ou coupez-le en plusieurs fichiers.",
		name, frenchSize(s.maxSize)), status: http.StatusRequestEntityTooLarge, title: "Fichier trop volumineux"}
}

// frenchSize is a size as people read it.
func frenchSize(n int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1 << 20, " Mio"}, {1 << 10, " Kio"}} {
		if n < unit.size {
			continue
		}
		decimals := 1
		if n%unit.size == 0 {
			decimals = 0
		}
		return french.Number(float64(n)/float64(unit.size), decimals) + unit.name
	}
	return fmt.Sprintf("%d octets", n)
}

// explain tells the person what the machine lacks.
func explain(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &Refusal{Message: "Le dépôt de fichiers est plein : rien n'a été enregistré. Prévenez l'administrateur du service, puis recommencez.",
			status: http.StatusInsufficientStorage, title: "Dépôt de fichiers plein", err: err}
	}
	return err
}

// examine looks at a file that has arrived: size, type, SHA-256, antivirus. It opens it once, so
// that all look at the same bytes.
func (s *Store) examine(ctx context.Context, a *arrival) error {
	f, err := os.Open(a.path) // #nosec G304 -- a file this program has received
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if a.size = st.Size(); a.size > s.maxSize {
		return s.tooLarge(a.name)
	}
	c := content{ReaderAt: f, size: a.size, head: make([]byte, min(headLen, a.size))}
	if _, err := f.ReadAt(c.head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if a.media, err = recognise(a.name, c); err != nil {
		return err
	}
	h := sha256.New()
	if n, err := io.Copy(h, f); err != nil || n != a.size {
		return errors.Join(fmt.Errorf("files: %d bytes read of %d", n, a.size), err)
	}
	a.sha256 = hex.EncodeToString(h.Sum(nil))
	return s.scan(ctx, a, io.NewSectionReader(f, 0, a.size))
}

// scan asks the antivirus; without its answer nothing is let in.
func (s *Store) scan(ctx context.Context, a *arrival, r io.Reader) error {
	a.scan = NotScanned
	if s.clamd == nil {
		return nil
	}
	err := s.clamd.Scan(ctx, r)
	if virus, ok := errors.AsType[errInfected](err); ok {
		s.Log.WarnContext(ctx, "virus refused", "virus", string(virus), "sha256", a.sha256)
		return refuse("L'antivirus a trouvé un virus dans le fichier « %s » (%s) : rien n'a été gardé. Contrôlez la machine d'où il vient avant de l'envoyer à qui que ce soit.",
			a.name, string(virus))
	}
	if errors.Is(err, errScanLimit) {
		return &Refusal{Message: fmt.Sprintf("Le fichier « %s » (%s) est trop volumineux pour l'antivirus du service : il n'a pas été gardé. Réduisez-le, ou demandez à l'administrateur du service de relever la limite de l'antivirus (StreamMaxLength).",
			a.name, frenchSize(a.size)), status: http.StatusRequestEntityTooLarge, title: "Fichier trop volumineux", err: err}
	}
	if err != nil {
		return &Refusal{Message: fmt.Sprintf("L'antivirus ne répond pas : le fichier « %s » n'a pas été gardé, par sécurité. Réessayez dans quelques minutes ; si cela dure, prévenez l'administrateur du service.", a.name),
			status: http.StatusServiceUnavailable, title: "Antivirus indisponible", err: err}
	}
	a.scan = Clean
	return nil
}
