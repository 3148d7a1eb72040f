// SPDX-License-Identifier: EUPL-1.2

package files_test

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// s3Server is an S3 server of one bucket, in memory. It recomputes the signature of each request
// from Amazon's text ("Authenticating Requests, AWS Signature Version 4"), with no code of a
// client, and refuses everything that it does not know.
type s3Server struct {
	key, secret, region, bucket string

	mu      sync.Mutex
	objects map[string][]byte
	seen    map[string]int // requests, by method
	fail    int            // how many requests are answered 503 first
	wrong   func(string, ...any)
}

// s3Error is an answer of S3.
type s3Error struct {
	status        int
	code, message string
}

func (e *s3Error) Error() string { return e.code + ": " + e.message }

func (s *s3Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[r.Method]++
	if s.fail > 0 {
		s.fail--
		s.answer(w, r, &s3Error{503, "SlowDown", "Please reduce your request rate."})
		return
	}
	body, err := s.authenticate(r)
	if err == nil {
		err = s.serve(w, r, body)
	}
	if err != nil {
		s.answer(w, r, err)
	}
}

func (s *s3Server) answer(w http.ResponseWriter, r *http.Request, err error) {
	told, ok := err.(*s3Error)
	if !ok {
		s.wrong("%s %s: %v", r.Method, r.URL, err)
		told = &s3Error{400, "InvalidRequest", err.Error()}
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(told.status)
	if r.Method != http.MethodHead {
		_, _ = fmt.Fprintf(w, "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>%s</Message></Error>", told.code, told.message)
	}
}

func (s *s3Server) serve(w http.ResponseWriter, r *http.Request, body []byte) error {
	bucket, object, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if bucket != s.bucket {
		return &s3Error{404, "NoSuchBucket", "The specified bucket does not exist"}
	}
	if r.Method == http.MethodGet && object == "" && r.URL.Query().Get("list-type") == "2" {
		return s.list(w, r.URL.Query())
	}
	if len(r.URL.Query()) != 0 {
		return fmt.Errorf("query %q", r.URL.RawQuery)
	}
	content, there := s.objects[object]
	switch {
	case r.Method == http.MethodHead && object == "":
	case object == "":
		return fmt.Errorf("%s of the bucket", r.Method)
	case r.Method == http.MethodPut:
		s.objects[object] = body
		sum := md5.Sum(body)
		w.Header().Set("Etag", `"`+hex.EncodeToString(sum[:])+`"`)
	case r.Method == http.MethodDelete:
		delete(s.objects, object)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet && !there:
		return &s3Error{404, "NoSuchKey", "The specified key does not exist."}
	case r.Method == http.MethodGet:
		sum := md5.Sum(content)
		w.Header().Set("Etag", `"`+hex.EncodeToString(sum[:])+`"`)
		w.Header().Set("Last-Modified", "Mon, 23 Nov 2026 10:00:00 GMT")
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		_, _ = w.Write(content)
	default:
		return fmt.Errorf("method %s", r.Method)
	}
	return nil
}

// list answers ListObjectsV2, two objects a page.
func (s *s3Server) list(w http.ResponseWriter, q url.Values) error {
	for name := range q {
		if !slices.Contains([]string{"list-type", "prefix", "delimiter", "max-keys", "fetch-owner", "encoding-type", "continuation-token"}, name) || q.Get("delimiter") != "" {
			return fmt.Errorf("list with %s=%s", name, q.Get(name))
		}
	}
	var names []string
	for name := range s.objects {
		if strings.HasPrefix(name, q.Get("prefix")) && name > q.Get("continuation-token") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	more := len(names) > 2
	names = names[:min(2, len(names))]
	_, _ = fmt.Fprintf(w, "<ListBucketResult><Name>%s</Name><EncodingType>url</EncodingType><IsTruncated>%t</IsTruncated>", s.bucket, more)
	for _, name := range names {
		_, _ = fmt.Fprintf(w, "<Contents><Key>%s</Key><LastModified>2026-11-23T10:00:00.000Z</LastModified><Size>%d</Size></Contents>", url.QueryEscape(name), len(s.objects[name]))
	}
	if more {
		_, _ = fmt.Fprintf(w, "<NextContinuationToken>%s</NextContinuationToken>", names[1])
	}
	_, _ = io.WriteString(w, "</ListBucketResult>")
	return nil
}

// authenticate checks the signature and returns the body it covers.
func (s *s3Server) authenticate(r *http.Request) ([]byte, error) {
	algorithm, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	date := r.Header.Get("X-Amz-Date")
	at, err := time.Parse("20060102T150405Z", date)
	if err != nil || algorithm != "AWS4-HMAC-SHA256" {
		return nil, fmt.Errorf("authorization %q, date %q", r.Header.Get("Authorization"), date)
	}
	if d := time.Since(at); d > 15*time.Minute || d < -15*time.Minute {
		return nil, &s3Error{403, "RequestTimeTooSkewed", "The difference between the request time and the server's time is too large."}
	}
	scope := date[:8] + "/" + s.region + "/s3/aws4_request"
	if !strings.HasPrefix(fields["Credential"], s.key+"/") {
		return nil, &s3Error{403, "InvalidAccessKeyId", "The access key ID you provided does not exist in our records."}
	}
	if fields["Credential"] != s.key+"/"+scope {
		return nil, &s3Error{400, "AuthorizationHeaderMalformed", "the region is wrong; expecting " + s.region}
	}
	canonical, err := canonicalRequest(r, fields["SignedHeaders"])
	if err != nil {
		return nil, err
	}
	key := []byte("AWS4" + s.secret)
	for _, step := range []string{date[:8], s.region, "s3", "aws4_request"} {
		key = mac(key, step)
	}
	want := hex.EncodeToString(mac(key, "AWS4-HMAC-SHA256\n"+date+"\n"+scope+"\n"+hexSum([]byte(canonical))))
	if !hmac.Equal([]byte(want), []byte(fields["Signature"])) {
		return nil, &s3Error{403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."}
	}
	return s.body(r, want, func(previous string, chunk []byte) string {
		return hex.EncodeToString(mac(key, "AWS4-HMAC-SHA256-PAYLOAD\n"+date+"\n"+scope+"\n"+previous+"\n"+hexSum(nil)+"\n"+hexSum(chunk)))
	})
}

// body reads what was signed: a whole under one hash, or pieces each under a signature of its own.
// A body that nothing covers passes only under TLS, and with its MD5.
func (s *s3Server) body(r *http.Request, seed string, sign func(previous string, chunk []byte) string) (body []byte, err error) {
	declared := r.Header.Get("X-Amz-Content-Sha256")
	switch declared {
	case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD":
		body, err = pieces(bufio.NewReader(r.Body), seed, sign)
		if err == nil && r.Header.Get("X-Amz-Decoded-Content-Length") != strconv.Itoa(len(body)) {
			err = fmt.Errorf("%d bytes, %s announced", len(body), r.Header.Get("X-Amz-Decoded-Content-Length"))
		}
	case "UNSIGNED-PAYLOAD":
		if body, err = io.ReadAll(r.Body); err == nil && (r.TLS == nil || len(body) > 0 && r.Header.Get("Content-Md5") == "") {
			err = fmt.Errorf("a body that nothing covers")
		}
	default:
		if body, err = io.ReadAll(r.Body); err == nil && hexSum(body) != declared {
			err = &s3Error{400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."}
		}
	}
	if sum := md5.Sum(body); err == nil && r.Header.Get("Content-Md5") != "" && r.Header.Get("Content-Md5") != base64.StdEncoding.EncodeToString(sum[:]) {
		err = &s3Error{400, "BadDigest", "The Content-MD5 you specified did not match what we received."}
	}
	if err == nil && r.Method == http.MethodPut && r.Header.Get("Content-Md5") == "" {
		err = fmt.Errorf("no Content-MD5")
	}
	return body, err
}

// pieces reads "length;chunk-signature=…" and its bytes, up to an empty one.
func pieces(r *bufio.Reader, previous string, sign func(string, []byte) string) (body []byte, err error) {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		length, signature, found := strings.Cut(strings.TrimSuffix(line, "\r\n"), ";chunk-signature=")
		n, err := strconv.ParseUint(length, 16, 24)
		if err != nil || !found {
			return nil, fmt.Errorf("piece %q", line)
		}
		chunk := make([]byte, n+2)
		if _, err := io.ReadFull(r, chunk); err != nil || string(chunk[n:]) != "\r\n" {
			return nil, fmt.Errorf("end of a piece: %w", err)
		}
		chunk = chunk[:n]
		if want := sign(previous, chunk); signature != want {
			return nil, &s3Error{403, "SignatureDoesNotMatch", "The signature of a piece does not match."}
		}
		if n == 0 {
			return body, nil
		}
		previous, body = signature, append(body, chunk...)
	}
}

// canonicalRequest is task 1 of Amazon's text.
func canonicalRequest(r *http.Request, signed string) (string, error) {
	var b bytes.Buffer
	b.WriteString(r.Method + "\n" + awsEscape(r.URL.Path) + "\n")
	var query []string
	for name, values := range r.URL.Query() {
		for _, v := range values {
			query = append(query, url.QueryEscape(name)+"="+strings.ReplaceAll(url.QueryEscape(v), "+", "%20"))
		}
	}
	slices.Sort(query)
	b.WriteString(strings.Join(query, "&") + "\n")
	names := strings.Split(signed, ";")
	if !slices.IsSorted(names) || !slices.Contains(names, "host") {
		return "", fmt.Errorf("signed headers %q", signed)
	}
	for name := range r.Header {
		if low := strings.ToLower(name); (strings.HasPrefix(low, "x-amz-") || low == "content-md5") && !slices.Contains(names, low) {
			return "", fmt.Errorf("header %s is not signed", name)
		}
	}
	for _, name := range names {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = strconv.FormatInt(r.ContentLength, 10)
		}
		b.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	b.WriteString("\n" + signed + "\n" + r.Header.Get("X-Amz-Content-Sha256"))
	return b.String(), nil
}

// awsEscape escapes all but unreserved characters and slashes.
func awsEscape(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			_, _ = fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text))
	return h.Sum(nil)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
