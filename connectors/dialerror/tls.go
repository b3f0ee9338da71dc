package dialerror

import (
	"regexp"
	"strings"
)

// Words are a protocol's words for what can be changed where a server's certificate is not accepted: parameters of its DSN.
type Words struct {
	Authority string // that names a file with the authorities which are trusted
	Host      string // what to do about a certificate for another name
	Offer     string // by which TLS is demanded
	Client    string // that name the client's own certificate
}

// PostgreSQL has the parameters of DSNs as libpq reads them.
var PostgreSQL = Words{
	Authority: "sslrootcert",
	Host:      "write the name that the certificate has as its host, or sslmode=verify-ca, which does not compare names",
	Offer:     "sslmode",
	Client:    "sslcert, sslkey",
}

// clockOf finds the two times in the error over a certificate that has expired or is not valid yet.
var clockOf = regexp.MustCompile(`current time (\S+) is (after|before) (\S+)`)

// TLS is the text for a TLS handshake that failed, "" if err is of another kind. A lasting fault stays until somebody changes something. It goes by
// the standard library's words, since not every driver passes on the errors themselves.
func TLS(err error, w Words) (text string, lasting bool) {
	said := err.Error()
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(said, p) {
				return true
			}
		}
		return false
	}
	const certificate = "the TLS certificate of its server "
	switch {
	case has("signed by unknown authority"):
		return certificate + "is signed by an authority that is not known here: name the authority's own certificate in its DSN (" + w.Authority + ")", true
	case has("certificate is valid for ", "cannot validate certificate for ", "certificate is not valid for any names", "legacy Common Name"):
		return certificate + "is for another host name than its DSN's: " + w.Host, true
	case has("expired or is not yet valid"):
		return certificate + expiry(said), true
	case has("server certificate doesn't match"):
		return certificate + "is not the one that its DSN names (serverCertificate)", true
	case has("x509: "):
		return certificate + "cannot be accepted: it is malformed, not one for servers, or signed in a way that is not allowed", true
	case has("refused TLS connection", "does not support encryption"):
		return "its server does not offer TLS, which its DSN demands (" + w.Offer + ")", true
	case has("remote error: tls: "):
		return "its server broke off the TLS handshake: it may demand a certificate of the client (" + w.Client + "), or another version of TLS", false
	case has("does not look like a TLS handshake"):
		return "what answers at the address in its DSN does not speak TLS (" + w.Offer + ")", false
	case has("tls: ", "tls error", "TLS Handshake failed", "TLS Handshake flush failed"):
		return "the TLS handshake failed (" + w.Offer + ")", false
	}
	return "", false
}

// expiry tells a certificate that has expired from one that is not valid yet. Either can be the clock's fault.
func expiry(said string) string {
	m := clockOf.FindStringSubmatch(said)
	if m == nil {
		return "has expired or is not valid yet: renew it, or set the coordinator's clock"
	}
	if m[2] == "before" {
		return "is not valid before " + m[3] + ", and the coordinator's clock says " + m[1] + ": set the clock, or the certificate is too new"
	}
	return "expired at " + m[3] + ", and the coordinator's clock says " + m[1] + ": renew the certificate, or set the clock"
}
