// SPDX-License-Identifier: EUPL-1.2

package files_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"maillage/internal/platform/files"
)

// FuzzRecognise: whatever is given, the answer is a type of the list or a refusal in French, and
// what is recognised begins as its type does.
func FuzzRecognise(f *testing.F) {
	for ext, text := range map[string][]byte{
		"pdf": pdf("x"), "odt": odf(f, "text"), "ods": odf(f, "spreadsheet"), "docx": docx(f), "xlsx": ooxml(f, ooxmlType+"spreadsheetml.sheet.main+xml"),
		"png": pngImage(f), "jpg": jpegImage(f), "webp": []byte(webp), "csv": []byte("a;b\n1;\xe9"), "txt": []byte("\xff\xfea\x00"),
	} {
		f.Add("a."+ext, text)
	}
	starts := map[string]string{"application/pdf": "%PDF-", "application/vnd": "PK\x03\x04", "image/png": "\x89PNG", "image/jpeg": "\xff\xd8\xff", "image/webp": "RIFF", "text/": ""}
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		media, err := files.Recognise(files.CleanName(name), text)
		if err != nil {
			if _, ok := errors.AsType[*files.Refusal](err); !ok || media != "" {
				t.Errorf("%q, %v; want a refusal", media, err)
			}
			return
		}
		for kind, start := range starts {
			if strings.HasPrefix(media, kind) && bytes.HasPrefix(text, []byte(start)) {
				return
			}
		}
		t.Errorf("recognised as %q", media)
	})
}
