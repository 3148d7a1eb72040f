// SPDX-License-Identifier: EUPL-1.2

//go:build !linux

package main

import (
	"errors"
	"io"
)

func serveDisk([]string, io.Reader, io.Writer) error {
	return errors.New("le disque d'épreuve demande Linux")
}
